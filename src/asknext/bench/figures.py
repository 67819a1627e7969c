"""Figures that papers sum a run up by, and how far their means over runs are said to be off."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from asknext.bench.curves import curves
from asknext.bench.results import Measure
from asknext.types import Array, Floats


class Figure(NamedTuple):
    """A number that sums up a run.

    Parameters
    ----------
    name, plural : for people.
    metric, subset : what it is made of, round by round.
    over : from the (s, r, p) values of s strategies, r runs and p rounds to (s, r) figures.
    """

    name: str
    plural: str
    metric: str
    subset: str
    over: Callable[[Array], Array]


class Spread(NamedTuple):
    """A mean over runs in [0, 1], and how far it is said to be off; None where there is one run."""

    mean: float
    off: float | None


class Deviation(NamedTuple):
    """How far a mean over runs is said to be off.

    Parameters
    ----------
    key : its name in JSON.
    plural, short : for people.
    of : from (r,) figures of runs to one number.
    """

    key: str
    plural: str
    short: str
    of: Callable[[Floats], float]


def _mean(values: Array) -> Array:
    return values.mean(axis=2)


def _last(values: Array) -> Array:
    return values[:, :, -1]


FIGURES = {
    "auc": Figure("AUC", "AUCs", "accuracy", "test", _mean),
    "final": Figure("final accuracy", "final accuracies", "accuracy", "test", _last),
    "nsr": Figure("NSR", "NSRs", "noisy-ratio", "labelled", _last),
    "rba": Figure("RBA", "RBAs", "easiness", "batch", _mean),
}
"""Mean accuracy over the rounds, accuracy after the last one, noisy share of the final labels, and reverse
batch accuracy: the share of a batch that a reference model gets right, its mean over the batches."""

def _deviation(runs: Floats) -> float:
    return float(runs.std(ddof=1))


def _error(runs: Floats) -> float:
    return _deviation(runs) / sqrt(len(runs))


DEVIATIONS = {
    "standard deviation": Deviation("std", "standard deviations", "stds", _deviation),
    "standard error": Deviation("se", "standard errors", "std errors", _error),
}
"""Of a run, and of the mean over all runs."""


def measured(figure: str, deviation: str, names: list[str], measures: list[Measure]) -> list[Spread]:
    """A figure of each strategy: mean over runs, and how far it is off.

    Parameters
    ----------
    figure, deviation : keys of `FIGURES` and `DEVIATIONS`.
    names : strategies.
    measures : all rows of the results.
    """
    if not names:
        return []
    _, _, metric, subset, over = FIGURES[figure]
    runs = over(curves(measures, metric, subset, names).values)
    off = DEVIATIONS[deviation].of
    return [Spread(float(row.mean()), off(row) if len(row) > 1 else None) for row in runs]
