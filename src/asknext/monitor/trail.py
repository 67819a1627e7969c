"""A metric along the log of a project that somebody labels: no truth, no test items, nothing trained."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from asknext.log import ColumnStore, Event
from asknext.monitor.looks import Look, looks, stored
from asknext.monitor.metrics import Metric, compute
from asknext.monitor.view import View
from asknext.types import Array, Ids

SUBSETS = ("pool", "batch", "labelled")
"""What a project has: items not asked yet, those asked next, and those labelled so far."""


class Point(NamedTuple):
    """A metric's value on a subset at one moment."""

    round: int
    n_labelled: int
    metric: str
    subset: str
    value: float


def trail(
    events: Sequence[Event],
    columns: ColumnStore,
    metrics: Mapping[str, Metric],
    subsets: Collection[str],
    X: Any = None,
) -> Iterator[Point]:
    """The metrics of every moment with a model.

    Parameters
    ----------
    events : the log of a campaign; columns : its column cache.
    metrics : by name.
    subsets : of `SUBSETS`.
    X : (n, d) features of the pool, for metrics of distance.

    Raises
    ------
    AskNextError : the probabilities of the present are not kept, or a metric needs the truth or features.
    """
    before: Look | None = None
    for look in looks(events, stored(events, columns)):
        if not len(look.pool.labelled):
            continue
        for subset in subsets:
            parts = {"pool": look.pool.candidates, "batch": look.batch, "labelled": look.pool.labelled}
            if not len(parts[subset]):
                continue
            view = _view(look, before, parts[subset], X)
            for name, metric in metrics.items():
                value = compute(name, metric, view)
                if value is not None:
                    yield Point(look.round, len(look.pool.labelled), name, subset, value)
        before = look


def _view(look: Look, before: Look | None, ids: Ids, X: Any) -> View:
    known = look.pool.labelled
    return View(
        proba=look.proba(ids),
        y=None,
        previous=None if before is None else _aligned(before.proba(ids), before, look),
        X=None if X is None else X[ids],
        known=None if X is None else X[known],
        labels=look.pool.y.astype(np.intp),
        new=None if before is None else ~np.isin(known, before.pool.labelled),
    )


def _aligned(proba: Array, before: Look, look: Look) -> Array:
    """Earlier probabilities in the classes of now: those of merged classes add up, new ones have zeros."""
    out = np.zeros((len(proba), len(look.numbers)), dtype=proba.dtype)
    for column, place in enumerate(look.places[before.numbers]):
        out[:, place] += proba[:, column]
    return out
