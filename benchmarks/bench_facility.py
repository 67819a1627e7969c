"""MaxHerding and UHerding against plain greedy with a table of all pairs, and against scikit-activeml.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_facility.py [--large]

One thread, medians of processor seconds; "extra" is the peak of memory allocated during the call. The data
are unit vectors of a Gaussian mixture, d = 64; sigma is 1. Each ratio is taken in one run. scikit-activeml is
taken if it can be imported; it and the plain form are run once.
"""

from __future__ import annotations

import argparse
import resource
from typing import Any

import numpy as np
from bench_kernels import extra, mixture, seconds

from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import MaxHerding, Strategy, UHerding, choose
from asknext.strategies.margin import closeness


def plain(U: Any, L: Any, n: int, weights: Any) -> Any:
    """Greedy as in a textbook: similarities of all pairs in one table, all gains at every step."""
    norms, known = np.einsum("ij,ij->i", U, U), np.einsum("ij,ij->i", L, L)
    table = np.exp(-np.maximum(norms[:, None] + norms - 2 * (U @ U.T), 0))
    covered = np.zeros(len(U), U.dtype)
    if len(L):
        covered = np.exp(-np.maximum(norms[:, None] + known - 2 * (U @ L.T), 0)).max(axis=1)
    taken: list[int] = []
    for _ in range(n):
        gain = np.maximum(table - covered, 0) @ weights
        gain[taken] = -1
        taken.append(int(gain.argmax()))
        covered = np.maximum(covered, table[taken[-1]])
    return np.array(taken)


def scikit_activeml(X: Any, known: Any, n: int) -> Any:
    """Its MaxHerding with the same kernel; None where it is not installed."""
    try:
        from skactiveml.pool import MaxHerding as Theirs
    except ImportError:
        return None
    return lambda: Theirs(random_state=0, metric_dict={"gamma": 1.0}).query(X, known, batch_size=n)


def main() -> None:
    """Measure with and without labelled rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="1000 picks from a million rows, ours alone")
    options = parser.parse_args()
    if options.large:
        large()
        return
    X, y, labelled, _ = mixture(options.items)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    proba = np.random.default_rng(0).dirichlet(np.ones(10), len(X)).astype(np.float32)
    for title, ids in (("100 labelled", labelled), ("none labelled", labelled[:0])):
        state = np.full(len(X), -1, dtype=np.int32)
        state[ids] = y[ids]
        free = np.setdiff1d(np.arange(len(X)), ids)
        ones = np.ones(len(free), np.float32)
        tried = {MaxHerding(sigma=1.0): ones, UHerding(sigma=1.0): closeness(proba[free])}
        spent = [measure(s, title, X, proba, state, free, weights, options) for s, weights in tried.items()]
        theirs = scikit_activeml(X, np.where(state < 0, np.nan, y), options.batch)
        if theirs is not None:
            reference, _ = seconds(theirs, 1)
            times = reference / spent[0]
            print(f"scikit-activeml MaxHerding, {title}: {reference:.1f} s, {times:.0f} times", flush=True)


def large(n: int = 1_000_000, batch: int = 1000) -> None:
    """Seconds and memory of both strategies, with defaults, on a pool for which no table of pairs exists."""
    X, y, labelled, _ = mixture(n)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    proba = np.random.default_rng(0).dirichlet(np.ones(10), n).astype(np.float32)
    pool = Pool.fresh(n, range(10))
    pool.state[labelled] = y[labelled]
    round = Round.of(pool, Signals(n, {"embedding": X, "proba": proba}), ())
    for strategy in (MaxHerding(), UHerding()):
        spent, _ = seconds(lambda s=strategy: choose(s, round, batch, np.random.default_rng(0)), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        told = f"{strategy.name}, {n} × 64, {batch} picks: {spent:.0f} s"
        print(f"{told}, the process at most {peak:.1f} GiB, data and all", flush=True)


def measure(
    strategy: Strategy, title: str, X: Any, proba: Any, state: Any, free: Any, weights: Any, options: Any
) -> float:
    """One line: ours, the plain form, and how many picks they share; returns our seconds."""
    signals = Signals(len(X), {"embedding": X, "proba": proba})
    round = Round.of(Pool(state, tuple(range(10))), signals, ())

    def ours() -> Any:
        return choose(strategy, round, options.batch, np.random.default_rng(0)).ids

    spent, ids = seconds(ours, options.repeats)
    L = X[np.flatnonzero(state >= 0)]
    reference, rows = seconds(lambda: plain(X[free], L, options.batch, weights), 1)
    same = len(np.intersect1d(ids, free[rows]))
    print(
        f"{strategy.name}, {len(X)} × {X.shape[1]}, {options.batch} picks, {title}: {spent:.2f} s, "
        f"extra {extra(ours):.0f} MB; plain {reference:.1f} s, {reference / spent:.0f} times; "
        f"{same} of {options.batch} picks the same",
        flush=True,
    )
    return spent


if __name__ == "__main__":
    main()
