"""ALOE at a million rows: time, memory, and what the clustering costs.

Run: OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 python benchmarks/bench_aloe.py [--rows 1000000] [--batch 1000]

Rows are a Gaussian mixture in 256 dimensions, in single precision; there are 100 classes. Time is that of one
selection, on the wall and of the processor; memory is the most that the process ever held, data and all.
"""

from __future__ import annotations

import argparse
import resource
from time import perf_counter, process_time

import numpy as np

from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies.aloe import Aloe

D, CLASSES, LABELLED = 256, 100, 2000


def view(n_rows: int) -> Round:
    """A round over the rows, some of them labelled."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(500, D)).astype(np.float32)
    X = rng.standard_normal((n_rows, D), dtype=np.float32)
    for start in range(0, n_rows, 1 << 16):
        part = X[start : start + (1 << 16)]
        part += centres[rng.integers(500, size=len(part))]
    proba = rng.exponential(size=(n_rows, CLASSES)).astype(np.float32)
    proba /= proba.sum(axis=1, keepdims=True)
    pool = Pool.fresh(n_rows, range(CLASSES))
    pool.state[rng.choice(n_rows, LABELLED, replace=False)] = np.arange(LABELLED) % CLASSES
    return Round.of(pool, Signals(n_rows, {"embedding": X, "proba": proba}), Aloe.needs)


def main() -> None:
    """One selection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=1000)
    given = parser.parse_args()
    round = view(given.rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wall, processor = perf_counter(), process_time()
    chosen = Aloe().select(round, given.batch, np.random.default_rng(0))
    wall, processor = perf_counter() - wall, process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"N={given.rows} d={D} B={given.batch}: {wall:.0f} s, {processor:.0f} s of the processor; ", end="")
    print(f"at most {peak:.1f} GiB, of that data {before:.1f}")
    print(chosen.memory)


if __name__ == "__main__":
    main()
