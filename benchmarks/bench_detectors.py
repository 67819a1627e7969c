"""How well detectors tell unknown classes from known ones on real data, and what the audit's choice is worth.

Run: OMP_NUM_THREADS=1 ASKNEXT_DATA=… python benchmarks/bench_detectors.py [--seeds 10]

Half of the classes, drawn by the seed, are known, with 5 or 20 labels each; 0 or 50 items of the others were
answered "out of scope". AUROC on 3000 other items of the data set, all classes as they come; mean and
standard deviation over the seeds. The model whose probabilities and logits are read is a softmax head on the
features. `auto` is the choice of the audit, `seconds` the time that it takes (processor, one thread).
`best` is the detector that turns out best in each run, which nobody knows beforehand.
"""

from __future__ import annotations

import argparse
from collections import Counter
from time import process_time
from typing import Any

import numpy as np

from asknext import datasets, detectors
from asknext.detectors.audit import auroc
from asknext.kernels.softmax_head import softmax_head
from asknext.kernels.threads import one_thread
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals

DATA = {"letter": 13, "newsgroups": 10, "mnist": 5}
LABELS = (5, 20)
ANSWERS = (0, 50)
JUDGED = 3000


def situation(data: Any, known: int, labels: int, answers: int, seed: int) -> tuple[Round, Any]:
    """A round of labelled, answered and judged items, and which of the judged ones are out of scope."""
    rng = np.random.default_rng(seed)
    y = np.unique(data.y, return_inverse=True)[1]
    classes = rng.permutation(y.max() + 1)[:known]
    rows = rng.permutation(len(y))
    labelled = np.concatenate([rows[y[rows] == c][:labels] for c in classes])
    others = rows[~np.isin(rows, labelled)]
    answered = others[~np.isin(y[others], classes)][:answers]
    judged = others[~np.isin(others, answered)][:JUDGED]
    pool = Pool.fresh(len(labelled) + answers + JUDGED, tuple(range(known)))
    pool.state[: len(labelled)] = np.repeat(np.arange(known), labels)
    pool.state[len(labelled) : len(labelled) + answers] = ANSWER_CODES[OUT_OF_SCOPE]
    X = data.X[np.concatenate([labelled, answered, judged])]
    head = softmax_head(X[: len(labelled)], pool.y, known)
    signals = Signals(len(X), {"embedding": X, "logits": head.logits(X)})
    return Round.of(pool, signals, signals.names), ~np.isin(y[judged], classes)


def run(data: Any, known: int, labels: int, answers: int, seed: int) -> tuple[dict[str, float], str, float]:
    """AUROC of each detector, of the choice and of the best; the choice; seconds of the audit."""
    round, strange = situation(data, known, labels, answers, seed)
    found = {}
    for name in detectors.names():
        if name != "auto":
            told = detectors.scores(detectors.get(name), round, round.candidates)
            found[name] = auroc(told[strange], told[~strange])
    start = process_time()
    chosen = detectors.choose(round).name
    seconds = process_time() - start
    return {**found, "auto": found[chosen], "best": max(found.values())}, chosen, seconds


def main() -> None:
    """The table, a column for each situation, and what was chosen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    columns, notes = {}, []
    for source, known in DATA.items():
        data = datasets.load(source)
        for labels in LABELS:
            for answers in ANSWERS:
                with one_thread():
                    runs = [run(data, known, labels, answers, seed) for seed in range(seeds)]
                title = f"{source} {labels}/{answers}"
                columns[title] = [found for found, _, _ in runs]
                picks = ", ".join(f"{n} {name}" for name, n in Counter(r[1] for r in runs).most_common())
                notes.append(f"{title}: {np.median([r[2] for r in runs]):.1f} s; {picks}")
    print("labels a class / answers out of scope".ljust(22), *(f"{title:>18}" for title in columns))
    for name in next(iter(columns.values()))[0]:
        cells = [np.array([found[name] for found in each]) for each in columns.values()]
        print(name.ljust(22), *(f"{cell.mean():>12.3f} ±{cell.std():.2f}" for cell in cells))
    print("\nSeconds of the audit, and what it chose:")
    print("\n".join(notes))


if __name__ == "__main__":
    main()
