"""Learning features from a pool without labels: what it is worth, to neighbours and to the first few labels.

Run: ASKNEXT_DATA=DIR OMP_NUM_THREADS=1 python benchmarks/bench_ssl.py [--more] [--out DIR]

The first 2,000 photographs of CIFAR-10, unaltered (`cifar10-original:2000`), one thread. Features: the
offline dictionary of patches, the same fitted to views, SimCLR with a ResNet-18 of width 16 for 20 epochs
(with --more also in smaller batches and at another temperature), and the last two side by side. Each
is judged by how often the 5, 10, 20 and 50 nearest other images, by cosine, name the class; and by TypiClust
against random sampling with one to five labels a class, `asknext compare` with ten seeds on each: the gain in
accuracy at each number of labels, paired by seed, with Student's 95 % interval. Last, how well MQ-Net's
purity, the largest cosine to a labelled image, tells images of four classes from those of the others, in the
five splits of its authors: AUROC with 100 labels drawn at random from the four. Nothing is done twice.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score

from asknext.deep.self_supervised import SelfSupervision, features, learn
from asknext.encoders import patches
from asknext.encoders.views import view
from asknext.kernels.distances import unit
from asknext.kernels.neighbours import leave_one_out, most_alike
from asknext.studio.encodable import Encodable, read

SEEDS, BATCH, ROUNDS = 10, 10, 5
SPLITS = ((4, 2, 5, 7), (7, 1, 2, 5), (6, 4, 3, 2), (8, 9, 1, 3), (2, 9, 5, 3))
LEARNER = "logistic-regression(C=100)"  # at C=1 rows of unit length say next to nothing
NEIGHBOURS = (5, 10, 20, 50)
SHORT = SelfSupervision("simclr", epochs=20, batch=256, temperature=0.2, width=16)
SMALL = SelfSupervision("simclr", epochs=20, batch=64, temperature=0.5, width=16, rate=0.4)


def simclr(pool: Encodable, how: SelfSupervision, out: Path) -> np.ndarray:
    """Features of a network that was taught by the pool."""
    name = f"simclr-{how.epochs}-{how.batch}.safetensors"
    return features(learn(pool.values, how, checkpoint=out / name), pool.values)


def embeddings(pool: Encodable, out: Path, more: bool) -> dict[str, np.ndarray]:
    """Unit rows by name, from the disk where they are there."""
    makers: dict[str, Callable[[], np.ndarray]] = {
        "offline": lambda: patches.embed(pool.values, 100),
        "discriminants, 1 view": lambda: patches.embed(pool.values, 100, change=view),
        "discriminants, 4 views": lambda: patches.embed(pool.values, 100, change=view, copies=4),
        "simclr, 20 epochs": lambda: simclr(pool, SHORT, out),
    }
    if more:
        makers["simclr, small batches"] = lambda: simclr(pool, SMALL, out)
    found = {}
    for name, make in makers.items():
        path = out / f"{name.replace(', ', '-').replace(' ', '-')}.npz"
        if not path.exists():
            start = time.process_time()
            X = unit(make().astype(np.float32))
            print(f"{name}: {time.process_time() - start:.0f} s of processor time", flush=True)
            np.savez(path, X=X, y=pool.y, encoder=np.array(name))
        with np.load(path) as archive:
            found[name] = archive["X"]
    both = "discriminants beside simclr"
    found[both] = unit(np.hstack([found["discriminants, 4 views"], found["simclr, 20 epochs"]]))
    return found


def gains(path: Path, out: Path) -> dict[int, tuple[float, float, float, float]]:
    """Mean accuracy of random and TypiClust by labels, and the interval of the difference, in points."""
    command = [
        sys.executable, "-m", "asknext", "compare", str(path), "--strategies", "random,typiclust",
        "--initial", "0", "--batch", str(BATCH), "--rounds", str(ROUNDS), "--seeds", str(SEEDS),
        "--learner", LEARNER, "--jobs", "1", "--out", str(out),
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    table: dict[tuple[str, int], list[float]] = {}
    with (out / "results.csv").open() as file:
        for row in csv.DictReader(file):
            if row["metric"] == "accuracy" and row["subset"] == "test" and row["n_labelled"] != "0":
                table.setdefault((row["strategy"], int(row["n_labelled"])), []).append(float(row["value"]))
    told = {}
    for n in range(BATCH, BATCH * ROUNDS + 1, BATCH):
        one, other = (100 * np.array(table[name, n]) for name in ("random", "typiclust"))
        error = stats.t.ppf(0.975, SEEDS - 1) * stats.sem(other - one)
        told[n] = (one.mean(), other.mean(), *((other - one).mean() + np.array([-error, error])))
    return told


def purity(X: np.ndarray, y: np.ndarray, labels: int = 100) -> np.ndarray:
    """(5,) AUROC of the largest cosine to a labelled image, by split."""
    found = []
    for seed, scope in enumerate(SPLITS):
        inside = np.isin(y, scope)
        known = np.random.default_rng(seed).choice(np.flatnonzero(inside), labels, replace=False)
        left = np.setdiff1d(np.arange(len(y)), known)
        found.append(roc_auc_score(inside[left], most_alike(X[left], X[known])[1]))
    return np.array(found)


def main() -> None:
    """Print a table of neighbours, one of labels, and one of purity."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--more", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("bench-ssl"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    pool = read("cifar10-original:2000")
    y = np.unique(pool.y, return_inverse=True)[1]
    made = embeddings(pool, options.out, options.more)
    print("\n| features | dimensions | " + " | ".join(f"k = {k}" for k in NEIGHBOURS) + " |")
    print("| --- | ---: |" + " ---: |" * len(NEIGHBOURS))
    for name, X in made.items():
        shares = [f"{100 * leave_one_out(X, y, k):.1f}" for k in NEIGHBOURS]
        print(f"| {name} | {X.shape[1]} | " + " | ".join(shares) + " |", flush=True)
    print("\n| features | labels | random, % | typiclust, % | gain, points | 95 % interval |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, X in made.items():
        stem = name.replace(", ", "-").replace(" ", "-")
        path = options.out / f"{stem}.npz"
        np.savez(path, X=X, y=pool.y, encoder=np.array(name))
        for n, (one, other, low, high) in gains(path, options.out / f"compare-{stem}").items():
            gain = f"{other - one:+.1f} | {low:+.1f} to {high:+.1f}"
            print(f"| {name} | {n} | {one:.1f} | {other:.1f} | {gain} |", flush=True)
    print("\n| features | AUROC of purity, mean | lowest to highest split | above offline, 95 % interval |")
    print("| --- | ---: | ---: | ---: |")
    base = purity(made["offline"], y)
    for name, X in made.items():
        each = purity(X, y)
        error = stats.t.ppf(0.975, len(each) - 1) * stats.sem(each - base)
        lead = (each - base).mean()
        span = f"{each.min():.3f} to {each.max():.3f} | {lead - error:+.3f} to {lead + error:+.3f}"
        print(f"| {name} | {each.mean():.3f} | {span} |", flush=True)


if __name__ == "__main__":
    main()
