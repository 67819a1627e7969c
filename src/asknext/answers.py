"""What users hand in — numbers, ids, labels, answers — checked and brought into one form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from asknext import rows
from asknext.errors import AskNextError
from asknext.pool import Answer
from asknext.types import Array, Ids, Label


def as_whole(name: str, value: Any, least: int = 0) -> int:
    """A whole number of at least `least`, as plain Python.

    Raises
    ------
    AskNextError : anything else.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise AskNextError(f"{name} is {value!r}; give a whole number of at least {least}.")


def as_ids(ids: Sequence[int] | Array, n: int) -> Ids:
    """Positions in a pool of n items, distinct.

    Raises
    ------
    AskNextError : not whole numbers, outside 0 … n-1, or one twice.
    """
    try:
        given = np.asarray(rows.load(ids) if rows.is_tensor(ids) else ids)
    except ValueError as error:
        raise AskNextError("ids must be a flat list of whole numbers, not a list of lists.") from error
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
    AskNextError : None, NaN, infinity or anything else.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise AskNextError(
        f"{value!r} is no class label; give a text or a number (an answer to a question may also be "
        "OUT_OF_SCOPE, UNSURE or SKIPPED)."
    )


def as_answers(answers: Sequence[Any] | Array, n: int) -> list[Label | Answer]:
    """One answer for each of n items.

    Raises
    ------
    AskNextError : another number of answers, or one that is neither a label nor an `Answer`.
    """
    return [a if isinstance(a, Answer) else as_label(a) for a in _one_each("answers", answers, n)]


def as_classes(y: Sequence[Any] | Array, n: int) -> tuple[list[Label], Ids]:
    """The classes among n labels, sorted as `np.unique` does, and the place of each label in them.

    Raises
    ------
    AskNextError : another number of labels, or one that is no class label.
    """
    labels = [as_label(label) for label in _one_each("y", y, n)]
    classes, places = np.unique(np.asarray(labels), return_inverse=True)
    return classes.tolist(), places


def _one_each(name: str, values: Any, n: int) -> list[Any]:
    if rows.is_tensor(values):
        values = rows.load(values)
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise AskNextError(f"{name} is {values!r}; give a list with one value for each item.")
    if len(values) != n:
        raise AskNextError(f"{name} holds {len(values)} values for {n} items; give one for each item.")
    return list(values)
