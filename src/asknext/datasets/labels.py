"""Which column holds the labels, and whether they can be labels at all."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.types import Array, Label

TARGET_NAMES = frozenset({"target", "label", "labels", "class", "y"})
"""Column names that mean "the label" where the user names none; case does not matter."""

FEWEST_ROWS = 4
MOST_CLASSES = 50  # more distinct values than this are looked at with suspicion
_SHOWN = 12  # column names listed in a message


def choose_target(columns: Sequence[str], target: str | None, where: str) -> str:
    """The name of the label column.

    Parameters
    ----------
    columns : the names of all columns.
    target : the name the user gave; None: the only column with a name in `TARGET_NAMES`.
    where : what the columns belong to, for the message.

    Raises
    ------
    AskNextError : no such column, or no name was given and it cannot be told from the names.
    """
    listed = ", ".join(columns[:_SHOWN]) + (f" and {len(columns) - _SHOWN} more" * (len(columns) > _SHOWN))
    if target is None:
        likely = [name for name in columns if name.lower() in TARGET_NAMES]
        if len(likely) == 1:
            return likely[0]
        raise AskNextError(
            f"{where}: which column holds the labels? Say so with --target NAME (target= in Python); "
            f"the columns are: {listed}."
        )
    if target in columns:
        return target
    same = [name for name in columns if name.lower() == target.lower()]
    near = same or get_close_matches(target, columns, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"the columns are: {listed}."
    raise AskNextError(f"{where} has no column '{target}'; {hint}")


def look_alikes(classes: Sequence[Label]) -> list[str]:
    """A sentence for each group of classes whose names differ only by spaces or case: likely slips."""
    groups: dict[str, list[str]] = {}
    for label in classes:
        groups.setdefault(str(label).strip().casefold(), []).append(repr(label))
    return [
        f"the classes {' and '.join(names)} differ only by spaces or case; they count as {len(names)} classes"
        for names in groups.values()
        if len(names) > 1
    ]


def clean(values: Sequence[Any], name: str) -> tuple[Array, tuple[Label, ...]]:
    """Labels as the user names them, in one type, and the sorted classes.

    Whole numbers stay whole, and so do whole numbers written as fractions (1.0); true/false stays; text
    is kept letter by letter; a mixture of types becomes text.

    Parameters
    ----------
    values : (n,) Python values; None, NaN or blanks where there is no label.
    name : the column, for messages.

    Returns
    -------
    (n,) array of labels, and the distinct ones in ascending order.

    Raises
    ------
    AskNextError : fewer than 4 rows, a row without a label, a single class, or values that are no classes
        (more than 50 distinct fractions; a different value in nearly every row).
    """
    n = len(values)
    if n < FEWEST_ROWS:
        raise AskNextError(f"there are only {n} rows of data; give at least {FEWEST_ROWS}.")
    missing = sum(value is None or value != value or not str(value).strip() for value in values)
    if missing:
        raise AskNextError(
            f"the label column '{name}' is empty in {missing} of {n} rows; drop these rows or fill them in."
        )
    y = _one_type(values)
    classes = np.unique(y).tolist()
    if len(classes) == 1:
        raise AskNextError(
            f"the label column '{name}' holds a single class, '{classes[0]}'; give one with at least two."
        )
    if len(classes) > MOST_CLASSES and y.dtype.kind == "f":
        raise AskNextError(
            f"the label column '{name}' holds {len(classes)} different numbers, so it looks like a quantity "
            "and not like classes; choose another column, or group the numbers into classes first."
        )
    if len(classes) > max(MOST_CLASSES, 0.9 * n):
        raise AskNextError(
            f"the label column '{name}' holds {len(classes)} different values in {n} rows, so it looks like "
            "an identifier or a text and not like classes; choose another column with --target."
        )
    return y, tuple(classes)


def _one_type(values: Sequence[Any]) -> Array:
    """The labels as an array of bool, int64, float64 or text."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float} and all(float(value).is_integer() for value in values):
        values, kinds = [int(value) for value in values], {int}
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):
        return np.array(values, dtype=np.int64)
    if kinds <= {int, float} and float in kinds:
        return np.array(values, dtype=np.float64)
    return np.array([v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values])
