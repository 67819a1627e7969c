"""What a second network, taught by CSI, is worth on real photographs: to purity, to detectors and to CCAL.

Run: ASKNEXT_DATA=DIR OMP_NUM_THREADS=1 python benchmarks/bench_csi.py [--epochs 10] [--out DIR]

2,000 photographs of CIFAR-10, unaltered: 800 of the four classes of the first split of MQ-Net's authors, and
1,200 of the other six, which are out of scope. A ResNet-18 of width 16 learns from all of them by CSI, in
batches of 64, at temperature 0.5, on one thread. Then, for ten draws of 100 labelled photographs in scope and
of none or 50 answers "out of scope", the AUROC of what each detector tells of the others; and the share in
scope of the 100 that CCAL asks next, with one embedding for both of its parts and with two, and of those that
purity alone asks. Killed, the training goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from scipy import stats

import asknext
from asknext import detectors
from asknext.deep.self_supervised import Contrast, SelfSupervision, features, learn, turns
from asknext.detectors.audit import auroc
from asknext.encoders import patches
from asknext.encoders.views import view
from asknext.kernels.distances import unit
from asknext.kernels.softmax_head import softmax_head
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import CCAL, Purity, Strategy
from asknext.studio.encodable import read

SCOPE, INSIDE, OUTSIDE = (4, 2, 5, 7), 800, 1200
DRAWS, LABELS, ANSWERS, ASKED = 10, 100, (0, 50), 100


def photographs() -> tuple[np.ndarray, np.ndarray]:
    """Images, and the class of each among those in scope; -1 out of scope."""
    pool = read("cifar10-original:4000")
    classes = np.unique(pool.y, return_inverse=True)[1]
    y = np.array([SCOPE.index(c) if c in SCOPE else -1 for c in classes])
    rng = np.random.default_rng(0)
    parts = [(np.flatnonzero(y >= 0), INSIDE), (np.flatnonzero(y < 0), OUTSIDE)]
    ids = np.sort(np.concatenate([rng.choice(part, size, replace=False) for part, size in parts]))
    return pool.values[ids], y[ids]


def embeddings(images: np.ndarray, epochs: int, out: Path) -> dict[str, np.ndarray]:
    """What each encoder makes of the images, and what CSI's score reads."""
    how = SelfSupervision("csi", epochs, batch=64, temperature=0.5, width=16, rate=0.4)
    start = time.process_time()
    module: Contrast = learn(
        images, how, checkpoint=out / f"csi-{epochs}.safetensors",
        progress=lambda done, due: print(f"\r{done} of {due} updates", end="", flush=True),
    )  # fmt: skip
    print(f"\nCSI: {time.process_time() - start:.0f} s of processor time in this run", flush=True)
    told = turns(module, images)
    return {
        "csi": told.projections, "csi_turns": told.logits, "features": unit(features(module, images)),
        "offline": patches.embed(images, 100),
        "discriminants": patches.embed(images, 100, change=view, copies=4),
    }  # fmt: skip


def told(made: dict[str, np.ndarray], y: np.ndarray, answers: int, seed: int) -> dict[str, float]:
    """AUROC of each detector among the items that nobody has answered."""
    rng = np.random.default_rng(seed)
    known = np.sort(rng.choice(np.flatnonzero(y >= 0), LABELS, replace=False))
    strange = rng.choice(np.flatnonzero(y < 0), answers, replace=False)
    pool = Pool.fresh(len(y), ("0", "1", "2", "3"))
    pool.state[known], pool.state[strange] = y[known], ANSWER_CODES[OUT_OF_SCOPE]
    left = np.setdiff1d(np.arange(len(y)), np.concatenate([known, strange]))

    def score(name: str, embedding: np.ndarray, everything: bool = False) -> float:
        columns = {"embedding": embedding}
        if everything or name == "csi":
            columns |= {"csi": made["csi"], "csi_turns": made["csi_turns"]}
        if everything:
            columns["logits"] = softmax_head(embedding[known], y[known], len(SCOPE)).logits(embedding)
        detector = detectors.get(name)
        round = Round.of(pool, Signals(len(y), columns), columns.keys())
        if name == "auto":
            detector = detectors.choose(round)
        found = detectors.scores(detector, round, left)
        return auroc(found[y[left] < 0], found[y[left] >= 0])

    projections, offline, other = made["csi"][:, 0], made["offline"], made["discriminants"]
    found = {
        "CSI's score": score("csi", projections),
        "cosine, projections of CSI (MQ-Net)": score("cosine", projections),
        "cosine, features of CSI": score("cosine", made["features"]),
        "kNN contrast, features of CSI": score("knn-contrast", made["features"]),
        "cosine, offline": score("cosine", offline),
        "kNN contrast, offline": score("knn-contrast", offline),
        "cosine, discriminants": score("cosine", other),
        "kNN contrast, discriminants": score("knn-contrast", other),
        "auto, offline, with all of these signals": score("auto", offline, True),
        "auto, discriminants, with all of these signals": score("auto", other, True),
    }
    both = {"csi": made["csi"], "projection": made["csi"][:, 0]}
    ways: dict[str, tuple[np.ndarray, Strategy]] = {
        "CCAL, one embedding, offline": (offline, CCAL()),
        "CCAL, one embedding, discriminants": (other, CCAL()),
        "CCAL, discriminants and CSI": (other, CCAL(distinctive="csi")),
        "CCAL, CSI and CSI": (other, CCAL(semantic="projection", distinctive="csi")),
        "purity by kNN contrast, offline": (offline, Purity()),
        "purity by kNN contrast, discriminants": (other, Purity()),
    }
    for way, (X, strategy) in ways.items():
        given = {name: both[name] for name in strategy.needs & both.keys()}
        picked = asknext.select(
            X, ASKED, strategy, labelled=known, y=y[known], out_of_scope=strange, signals=given,
            detector="knn-contrast", seed=seed,
        ).ids
        found[way] = float(np.mean(y[picked] >= 0))
    return found


def main() -> None:
    """Train, or go on, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("bench-csi"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    images, y = photographs()
    made = embeddings(images, options.epochs, options.out)
    rows: dict[str, list[str]] = {}
    for answers in ANSWERS:
        runs = [told(made, y, answers, seed) for seed in range(DRAWS)]
        for name in runs[0]:
            values = np.array([run[name] for run in runs])
            half = stats.t.ppf(0.975, DRAWS - 1) * stats.sem(values)
            rows.setdefault(name, []).append(f"{values.mean():.3f} ± {half:.3f}")
    print("| | " + " | ".join(f"{answers} answers out of scope" for answers in ANSWERS) + " |")
    print("| --- |" + " ---: |" * len(ANSWERS))
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
