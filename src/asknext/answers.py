"""What users hand in — ids, labels, answers — checked and brought into one form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.pool import Answer
from asknext.types import Array, Ids, Label


def as_ids(ids: Sequence[int] | Array, n: int) -> Ids:
    """Positions in a pool of n items, distinct.

    Raises
    ------
    AskNextError : not whole numbers, outside 0 … n-1, or one twice.
    """
    given = np.asarray(ids)
    if given.size == 0:
        return np.empty(0, dtype=np.intp)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise AskNextError(f"ids must be a flat list of whole numbers, not {given.dtype} {given.shape}.")
    outside = given[(given < 0) | (given >= n)]
    if len(outside):
        raise AskNextError(f"id {outside[0]} is no position in the pool of {n} items (0 to {n - 1}).")
    values, counts = np.unique(given, return_counts=True)
    if len(values) < len(given):
        raise AskNextError(f"id {values[counts > 1][0]} stands twice; give each item once.")
    return given.astype(np.intp)


def as_label(value: Any) -> Label:
    """A class label: a text, a number or a truth value, as plain Python.

    Raises
    ------
    AskNextError : None, NaN or anything else.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str | int | float | bool) and not (isinstance(value, float) and math.isnan(value)):
        return value
    raise AskNextError(
        f"{value!r} is no class label; give a text or a number, or OUT_OF_SCOPE, UNSURE or SKIPPED."
    )


def as_answers(answers: Sequence[Any] | Array, n: int) -> list[Label | Answer]:
    """One answer for each of n items.

    Raises
    ------
    AskNextError : another number of answers, or one that is neither a label nor an `Answer`.
    """
    if isinstance(answers, str) or len(answers) != n:
        raise AskNextError(f"there are {n} ids and {len(answers)} answers; give one answer for each id.")
    return [a if isinstance(a, Answer) else as_label(a) for a in answers]
