"""BatchBALD against scikit-activeml: the same estimate, by sampled joint labellings.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_batchbald.py

One thread, processor seconds; "extra" is the peak of memory allocated during the call. 20,000 items, 20
members, 10 classes, 10 picks, 1000 joint samples; scikit-activeml is run once, if it can be imported.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bench_kernels import extra, seconds

from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies.batchbald import BatchBald


def draws(n: int = 20_000, members: int = 20, classes: int = 10) -> Any:
    """(n, members, classes) class probabilities of members that agree more or less."""
    r = np.random.default_rng(0)
    shared = r.standard_normal((n, 1, classes))
    odds = np.exp(1.5 * shared + r.standard_normal((n, members, classes)))
    return (odds / odds.sum(axis=2, keepdims=True)).astype(np.float32)


def scikit_activeml(P: Any, n: int) -> Any:
    """Its estimate of the same; None where it is not installed."""
    try:
        from skactiveml.pool import batch_bald
    except ImportError:
        return None
    members = P.transpose(1, 0, 2)
    return lambda: np.nanargmax(batch_bald(members, n, n_MC_samples=1000, random_state=0), axis=1)


def main() -> None:
    """Measure both in one run."""
    P, n = draws(), 10
    round = Round.of(Pool.fresh(len(P), range(P.shape[2])), Signals(len(P), {"samples": P}), {"samples"})

    def ours() -> Any:
        return BatchBald().select(round, n, np.random.default_rng(0)).ids

    spent, ids = seconds(ours)
    print(f"BatchBALD {P.shape}, {n} picks: {spent:.2f} s, extra {extra(ours):.0f} MB", end="")
    theirs = scikit_activeml(P, n)
    if theirs is None:
        print("; scikit-activeml is not installed")
        return
    reference, found = seconds(theirs, 1)
    print(f"; scikit-activeml {reference:.1f} s, {reference / spent:.0f} times; "
          f"{len(np.intersect1d(ids, found))} picks in common")  # fmt: skip


if __name__ == "__main__":
    main()
