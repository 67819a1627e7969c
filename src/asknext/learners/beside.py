"""What a learner may read beside labelled rows: it says so by `reads_…`, and gets it when it is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asknext.learners.base import Learner
from asknext.pool import Pool
from asknext.types import Ids, Label

OUTSIDE = -1
"""Stands in the place of a class position for an item out of scope."""


def reads(learner: Learner | None, what: str) -> bool:
    """Whether a learner reads something that most do not: its attribute `reads_…` says so.

    Parameters
    ----------
    what : "images" or "texts" in place of features; "names" of the classes; "outside", items that belong to
        none of them; "pool", all its items.
    """
    return bool(getattr(learner, f"reads_{what}", False))


def answered(learner: Learner, pool: Pool) -> tuple[Ids, NDArray[np.int32]]:
    """The items that a learner is fitted on.

    Returns
    -------
    Positions in the pool, and class positions: of the labelled items and, after them, of those out of scope
    where the learner reads these, with `OUTSIDE` as their class.
    """
    if not reads(learner, "outside"):
        return pool.labelled, pool.y
    ids = np.concatenate([pool.labelled, pool.out_of_scope])
    return ids, np.concatenate([pool.y, np.full(len(pool.out_of_scope), OUTSIDE, dtype=np.int32)])


def names_read(learner: Learner, classes: Sequence[Label]) -> tuple[Label, ...]:
    """The names of the classes where the learner reads them, else none."""
    return tuple(classes) if reads(learner, "names") else ()


def beside(learner: Learner, X: Any, classes: Sequence[Label]) -> dict[str, Any]:
    """What `fit` of a learner gets by name beside labelled rows.

    Parameters
    ----------
    X : (n, …) all items of the pool; `others`.
    classes : the names of the classes, in the order of their positions; `names`.
    """
    given: dict[str, Any] = {"names": names} if (names := names_read(learner, classes)) else {}
    return given | ({"others": X} if reads(learner, "pool") else {})
