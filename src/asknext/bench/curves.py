"""Tidy rows as arrays: one metric of every run, on the rounds that all runs share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asknext.bench.results import Measure
from asknext.errors import AskNextError
from asknext.types import Array


@dataclass(frozen=True)
class Curves:
    """One metric of every run.

    Parameters
    ----------
    strategies : names, in the order given by the user.
    seeds : ascending.
    n_labelled : (p,) labelled items at each shared round.
    values : (s, r, p) by strategy, seed and round.
    dropped : rounds left out because the runs do not share them.
    """

    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    n_labelled: Array
    values: Array
    dropped: int


def quantities(measures: Sequence[Measure]) -> list[tuple[str, str]]:
    """What was measured: pairs of metric and subset, sorted."""
    return sorted({(row.metric, row.subset) for row in measures})


def curves(measures: Sequence[Measure], metric: str, subset: str, strategies: Sequence[str]) -> Curves:
    """One metric of every run on the common grid: rounds at which all runs have equally many labels.

    Runs may differ in length, or in labels where some answers were out of scope; a mean over rounds is fair
    only on the grid that they share, so what lies off it is left out and counted.

    Parameters
    ----------
    measures : all rows.
    metric, subset : which rows to take.
    strategies : the order of the result.

    Raises
    ------
    AskNextError : a strategy lacks a seed that another has, a value is not finite, or the runs share
        fewer than two rounds although they have more than one.
    """
    runs: dict[tuple[str, int], dict[tuple[int, int], float]] = {}
    for row in measures:
        if (row.metric, row.subset) == (metric, subset):
            runs.setdefault((row.strategy, row.seed), {})[row.round, row.n_labelled] = row.value
    seeds = tuple(sorted({seed for _, seed in runs}))
    for strategy in strategies:
        for seed in seeds or (0,):
            if (strategy, seed) not in runs:
                raise AskNextError(
                    f"there is no {subset} {metric} of '{strategy}' with seed {seed}; "
                    "run the same command again to finish the comparison."
                )
    shared = sorted(set.intersection(*(set(run) for run in runs.values())))
    longest = max(len(run) for run in runs.values())
    if len(shared) < min(2, longest):
        raise AskNextError(
            f"the runs share {len(shared)} of {longest} rounds with equally many labels, too few to compare; "
            "give all strategies the same initial, batch and rounds."
        )
    values = np.array([[[runs[s, r][point] for point in shared] for r in seeds] for s in strategies])
    if not np.isfinite(values).all():
        raise AskNextError(f"some {subset} {metric} is not finite; check the learner's predictions.")
    n_labelled = np.array([n for _, n in shared], dtype=float)
    return Curves(tuple(strategies), seeds, n_labelled, values, longest - len(shared))
