"""Arrays in, rows out: one selection without a campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from asknext import rows, strategies
from asknext.answers import as_classes, as_ids, as_whole
from asknext.detectors import Detector, with_ood
from asknext.errors import AskNextError
from asknext.pool import ANSWER_CODES, PENDING_CODE, Answer, Pool
from asknext.randomness import spawn
from asknext.round import Round
from asknext.signals import Signals, given_columns
from asknext.strategies import Selection, Strategy
from asknext.types import Array


def select(
    X: Any,
    n: int,
    strategy: str | Strategy = "auto",
    *,
    labelled: Sequence[int] | Array = (),
    y: Sequence[Any] | Array = (),
    proba: Any = None,
    out_of_scope: Sequence[int] | Array = (),
    pending: Sequence[int] | Array = (),
    signals: Mapping[str, Any] | None = None,
    detector: str | Detector = "auto",
    memory: Mapping[str, Any] | None = None,
    index: int = 0,
    seed: int = 0,
) -> Selection:
    """Choose which n rows of X to label next.

    Parameters
    ----------
    X : (N, …) the pool; it serves as the signal `embedding` where it is numeric.
    n : rows wanted; fewer come back when fewer are left.
    strategy : a name, or an object such as `asknext.strategies.TypiClust(neighbours=20)`.
    labelled : (l,) rows that carry a label, with `y` : (l,) their labels.
    proba : (N, k) class probabilities of every row, a column for each class in `np.unique(y)`. Before the
        first label they may be left out: all classes are then equally likely.
    out_of_scope : (o,) rows known to belong to no class.
    pending : (p,) rows already asked and not answered.
    signals : further columns by name: `embedding` (N, d), `logits` (N, k), `samples` (N, draws, k) …
    detector : what computes the signal `ood` where the strategy needs it and it is not given: a name, an
        object such as `asknext.detectors.Knn(k=5)`, or "auto" for the one that an audit of the labels finds
        best.
    memory : the `memory` of the last selection, for strategies that learn between rounds.
    index : number of batches asked before.
    seed : the only source of randomness.

    Returns
    -------
    The selection: `ids` (positions in X, best first), `scores`, `parts`, `memory`.

    Raises
    ------
    AskNextError : lengths that differ, ids that are no rows or stand in two lists, a label that is none, a
        missing signal, NaN, probabilities that are none, a seed or number that is no whole number.
    """
    X, seed, index = rows.load(X), as_whole("seed", seed), as_whole("index", index)
    size = rows.count(X)
    groups = [as_ids(ids, size) for ids in (labelled, out_of_scope, pending)]
    together = np.concatenate(groups)
    if len(np.unique(together)) < len(together):
        raise AskNextError("a row stands in two of labelled, out_of_scope and pending; it can be only one.")
    classes, positions = as_classes(y, len(groups[0]))
    pool = Pool.fresh(size, classes)
    pool.state[groups[0]] = positions
    pool.state[groups[1]] = ANSWER_CODES[Answer.OUT_OF_SCOPE]
    pool.state[groups[2]] = PENDING_CODE

    for name, given in (("signals", signals), ("memory", memory)):
        if not isinstance(given, Mapping | None):
            raise AskNextError(f"{name} is {type(given).__name__}; give a dict.")
    if proba is None and not len(groups[0]) and not {"proba", "logits"} & set(signals or {}):
        proba = np.ones((size, 1))
    columns = given_columns(X, {**(signals or {}), **({} if proba is None else {"proba": proba})})
    sources = Signals(size, columns)
    for name, width in sources.widths.items():
        if classes and width != len(classes):
            raise AskNextError(
                f"{name} has {width} class columns, but y holds {len(classes)} classes; give one column for "
                "each class in np.unique(y)."
            )
    chosen = strategies.get(strategy)
    view = with_ood(Round.of(pool, sources, chosen.needs, index, memory), detector)
    return strategies.choose(chosen, view, n, spawn(seed, index, "select"))
