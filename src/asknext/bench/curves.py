"""Tidy rows as arrays: one metric of every run, on the rounds that all runs share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    n_labelled : (p,) answers bought at each shared round, or what they cost.
    values : (s, r, p) by strategy, seed and round.
    dropped : rounds left out because the runs do not share them.
    """

    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    n_labelled: Array
    values: Array
    dropped: int


Run = dict[tuple[int, int], float]
"""The values of a run, by round and answers bought."""


def quantities(measures: Sequence[Measure], strategies: Sequence[str]) -> list[tuple[str, str]]:
    """What has curves: pairs of metric and subset that every run has in two shared rounds or more, sorted.

    A metric that some runs lack, such as the accuracy on rare classes where a seed has none, has no curves.
    """
    seeds = {row.seed for row in measures}
    found: dict[tuple[str, str], dict[tuple[str, int], Run]] = defaultdict(lambda: defaultdict(dict))
    for row in measures:
        found[row.metric, row.subset][row.strategy, row.seed][row.round, row.n_labelled] = row.value
    every = {(strategy, seed) for strategy in strategies for seed in seeds}
    return sorted(pair for pair, runs in found.items() if every <= runs.keys() and not _too_few(runs))


def _too_few(runs: Mapping[tuple[str, int], Run]) -> bool:
    return len(_shared(runs)) < min(2, max(map(len, runs.values())))


def _shared(runs: Mapping[tuple[str, int], Run]) -> list[tuple[int, int]]:
    return sorted(set.intersection(*(set(run) for run in runs.values())))


def curves(measures: Sequence[Measure], metric: str, subset: str, strategies: Sequence[str]) -> Curves:
    """One metric of every run on the common grid: rounds at which all runs have bought equally many answers.

    Runs may differ in length, or in the last round of a pool that ran empty; a mean over rounds is fair only
    on the grid that they share, so what lies off it is left out and counted.

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
    runs: dict[tuple[str, int], Run] = {}
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
    shared = _shared(runs)
    longest = max(len(run) for run in runs.values())
    if _too_few(runs):
        raise AskNextError(
            f"the runs share {len(shared)} of {longest} rounds with equal budgets, too few to compare; "
            "give all strategies the same initial, batch and rounds."
        )
    values = np.array([[[runs[s, r][point] for point in shared] for r in seeds] for s in strategies])
    if not np.isfinite(values).all():
        raise AskNextError(f"some {subset} {metric} is not finite; check the learner's predictions.")
    n_labelled = np.array([n for _, n in shared], dtype=float)
    return Curves(tuple(strategies), seeds, n_labelled, values, longest - len(shared))


def at_equal_cost(measures: Sequence[Measure]) -> list[Measure]:
    """The same curves by what the answers cost, on straight lines between the rounds.

    Where an answer out of scope costs more or less than a label, equally many answers are no equal budgets.
    The grid has as many points as there are rounds, from the first cost at which every run has a model to the
    last that every run has paid. What is known of batches ends with the last one, whose value holds to the
    end.

    Parameters
    ----------
    measures : all rows, the metric `cost` of what was asked among them.

    Returns
    -------
    Rows whose `n_labelled` is the cost, to the whole unit, and whose `round` is the place on the grid.

    Raises
    ------
    AskNextError : some run has paid nothing beyond what another paid first.
    """
    costs: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    curves: dict[tuple[Any, ...], dict[int, float]] = defaultdict(dict)
    for row in measures:
        if (row.metric, row.subset) == ("cost", "asked"):
            costs[row.strategy, row.seed][row.round] = row.value
        curves[row.dataset, row.strategy, row.seed, row.metric, row.subset][row.round] = row.value
    low = max(min(paid.values()) for paid in costs.values())
    high = min(max(paid.values()) for paid in costs.values())
    points = max(map(len, costs.values()))
    if high <= low:
        raise AskNextError(
            f"there is no cost at which all runs compare: one has paid {low:g} with its first labels, "
            f"another only {high:g} in the end; give a larger --ood-cost."
        )
    grid = np.linspace(low, high, points)
    found = []
    for (dataset, strategy, seed, metric, subset), values in curves.items():
        rounds = sorted(values)
        x = np.array([costs[strategy, seed][number] for number in rounds])
        y = np.interp(grid, x, [values[number] for number in rounds])
        for place, (paid, value) in enumerate(zip(grid, y, strict=True)):
            if x[0] - 1e-9 <= paid:
                where = (dataset, strategy, seed, place, round(paid))
                found.append(Measure(*where, metric, subset, float(value)))
    return found
