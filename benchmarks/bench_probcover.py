"""ProbCover against a plain form with a list of all edges, and against scikit-activeml.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_probcover.py [--items N] [--large]

One thread, medians of processor seconds; "extra" is the peak of memory allocated during the call. The data
are unit vectors of a Gaussian mixture, d = 64, 100 of them labelled; delta is 1. Each ratio is taken in one
run. scikit-activeml is taken if it can be imported; it and the plain form are run once. `--large` runs 500
picks from 100,000 items, ours alone.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from bench_kernels import extra, mixture, seconds

from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import ProbCover, choose


def plain(X: Any, labelled: Any, n: int, delta: float) -> Any:
    """The edges of all balls in one list; an edge goes once its end is covered."""
    norms = np.einsum("ij,ij->i", X, X)
    pieces = []
    for start in range(0, len(X), 500):
        part = slice(start, start + 500)
        near = norms[part, None] + norms - 2 * (X[part] @ X.T) < delta**2
        pieces.append(np.argwhere(near).astype(np.int32) + np.array([start, 0], np.int32))
    edges = np.concatenate(pieces)
    taken, asked = [], list(labelled)
    for step in range(n + 1):
        new = asked if step == 0 else taken[-1:]
        covered = np.zeros(len(X), dtype=bool)
        covered[edges[np.isin(edges[:, 0], new), 1]] = True
        edges = edges[~covered[edges[:, 1]]]
        if step < n:
            degree = np.bincount(edges[:, 0], minlength=len(X))
            degree[[*asked, *taken]] = -1
            taken.append(int(degree.argmax()))
    return np.array(taken)


def covered_by(X: Any, ids: Any, delta: float) -> int:
    """How many rows lie in the balls around the given ones."""
    return int(((2 - 2 * (X @ X[ids].T)).min(axis=1) < delta**2).sum())


def scikit_activeml(X: Any, known: Any, n: int, delta: float) -> Any:
    """Its ProbCover with the same radius; None where it is not installed."""
    try:
        from skactiveml.pool import ProbCover as Theirs
    except ImportError:
        return None
    return lambda: Theirs(random_state=0, n_classes=10, deltas=[delta]).query(X, known, batch_size=n)


def main() -> None:
    """Measure, and say how many items are covered in the end: ties make picks differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    items, batch = (100_000, 500) if options.large else (options.items, options.batch)
    X, y, labelled, _ = mixture(items)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    state = np.full(len(X), -1, dtype=np.int32)
    state[labelled] = y[labelled]
    round = Round.of(Pool(state, tuple(range(10))), Signals(len(X), {"embedding": X}), ())

    def ours() -> Any:
        return choose(ProbCover(delta=1.0), round, batch, np.random.default_rng(0))

    spent, found = seconds(ours, 1 if options.large else options.repeats)
    line = f"probcover, {items} × 64, {batch} picks: {spent:.2f} s, extra {extra(ours):.0f} MB, "
    print(f"{line}covers {covered_by(X, [*labelled, *found.ids], 1.0)}, over {found.parts['over'][0]}")
    if options.large:
        return
    reference, rows = seconds(lambda: plain(X, labelled, batch, 1.0), 1)
    size = extra(lambda: plain(X, labelled, batch, 1.0))
    line = f"plain {reference:.1f} s, {reference / spent:.0f} times, extra {size:.0f} MB, "
    print(f"{line}covers {covered_by(X, [*labelled, *rows], 1.0)}")
    theirs = scikit_activeml(X, np.where(state < 0, np.nan, y), batch, 1.0)
    if theirs is not None:
        spent_theirs, ids = seconds(theirs, 1)
        line = f"scikit-activeml {spent_theirs:.1f} s, {spent_theirs / spent:.0f} times, "
        print(f"{line}covers {covered_by(X, [*labelled, *ids], 1.0)}")


if __name__ == "__main__":
    main()
