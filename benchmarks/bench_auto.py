"""What `auto` costs, how that grows with the pool, and what looking at a sample loses.

    OMP_NUM_THREADS=2 python benchmarks/bench_auto.py [--largest 1000000] [--batch 1000]

Pools of 64 features in clusters of very different sizes, a model of ten classes that is in doubt near their
borders, 500 answers. The loss is that of the covered weight, over all items and by the kernel of the exact
form, against the exact form, where both can run.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from asknext import select
from asknext.kernels.coverage import gathered
from asknext.kernels.self_tuning import SelfTuning, local_scale, spaces
from asknext.strategies.auto import Auto
from asknext.types import Array

CLASSES, ANSWERED = 10, 500


def pool(n: int, d: int = 64) -> dict[str, Any]:
    """A pool with a model and answers, as `select` takes it."""
    rng = np.random.default_rng(0)
    centres = 2.0 * rng.standard_normal((200, d), dtype=np.float32)
    sizes = rng.dirichlet(np.full(200, 0.5))
    X = centres[rng.choice(200, size=n, p=sizes)]
    for start in range(0, n, 1 << 16):
        part = X[start : start + (1 << 16)]
        part += rng.standard_normal(part.shape, dtype=np.float32)
    logits = X @ rng.standard_normal((d, CLASSES), dtype=np.float32) / 4
    proba = np.exp(logits - logits.max(axis=1, keepdims=True))
    proba /= proba.sum(axis=1, keepdims=True)
    labelled = np.sort(rng.choice(n, size=ANSWERED, replace=False))
    return {"X": X, "proba": proba, "labelled": labelled, "y": proba[labelled].argmax(axis=1)}


def seconds(
    of: dict[str, Any], n: int, strategy: Auto, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, Array]:
    """The time of one batch, and the batch."""
    given = dict(of)
    start = clock()
    picked = select(given.pop("X"), n=n, strategy=strategy, **given)
    return clock() - start, picked.ids


def covered(of: dict[str, Any], picked: Array, n: int) -> float:
    """The objective: the weight of all candidates that answers and picks cover, by the exact kernel."""
    X, labelled = of["X"], of["labelled"]
    candidates = np.setdiff1d(np.arange(len(X)), labelled)
    top = np.sort(of["proba"][candidates], axis=1)
    doubt = 1.0 - (top[:, -1] - top[:, -2])
    reach = max(1, round(len(X) * doubt.mean() / (len(labelled) + n)))
    both = spaces(X, X)
    scales = [local_scale(rows, rows, np.arange(len(X)), reach, 0.05) for _, rows in both]
    similar = SelfTuning([rows for _, rows in both], scales, 1.0)
    weights = np.zeros(len(X))
    weights[candidates] = doubt
    before = gathered(similar, labelled, np.maximum)
    return float((np.maximum(gathered(similar, picked, np.maximum), before) - before) @ weights)


def main() -> None:
    """Measure and print."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=1000)
    given = parser.parse_args()
    small = pool(4000)
    took = sorted(seconds(small, 40, Auto(), time.process_time)[0] for _ in range(7))[3]
    print(f"4,000 items, 40 asked: {took:.2f} s of a processor (median of 7)", flush=True)
    middle = pool(5000)
    for n in (40, 200):
        exact = covered(middle, seconds(middle, n, Auto(sample=5000))[1], n)
        for sample in (4000, 2000, 1000):
            loss = 1 - covered(middle, seconds(middle, n, Auto(sample=sample))[1], n) / exact
            print(f"5,000 items, {n} asked, {sample} looked at: {100 * loss:.2f} % lost", flush=True)
    size = 10_000
    while size <= given.largest:
        took, picked = seconds(pool(size), given.batch, Auto())
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        growth = 1e6 * took / (size * np.log(size))
        print(f"{size:9,} items, {len(picked)} asked: {took:6.1f} s, {memory:.1f} GiB at most, "
              f"{growth:.1f} µs per N log N", flush=True)  # fmt: skip
        size *= 10


if __name__ == "__main__":
    main()
