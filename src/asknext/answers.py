"""What users hand in — numbers, ids, labels, answers — checked and brought into one form."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any
from uuid import uuid4

import numpy as np

from asknext import rows
from asknext.errors import AskNextError
from asknext.pool import Answer
from asknext.types import Array, Ids, Label

_LARGEST = 2**63  # what databases and other programs still read as a whole number


def as_whole(name: str, value: Any, least: int = 0) -> int:
    """A whole number of at least `least`, as plain Python.

    Raises
    ------
    AskNextError : anything else.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise AskNextError(f"{name} is {_shown(value)}; give a whole number of at least {least}.")


def as_share(name: str, value: Any) -> float:
    """A share: a number from 0 to 1.

    Raises
    ------
    AskNextError : anything else.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if number and 0 <= value <= 1:
        return float(value)
    raise AskNextError(f"{name} is {_shown(value)}; give a number from 0 to 1, such as 0.2.")


def as_text(name: str, value: Any) -> str:
    """A text that a file can hold.

    Raises
    ------
    AskNextError : no text, or one with a lone surrogate, which is no Unicode.
    """
    if not isinstance(value, str):
        raise AskNextError(f"{name} is {_shown(value)}; give a text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise AskNextError(f"{name} is {value!r}, which is no Unicode text ({error.reason}).") from error
    return str.__str__(value)


def as_name(id: str | None) -> str:
    """The user's own name for a delivery, or a new one.

    Raises
    ------
    AskNextError : it is no text.
    """
    return uuid4().hex if id is None else as_text("id", id)


def as_ids(ids: Sequence[int] | Array, n: int) -> Ids:
    """Positions in a pool of n items, distinct.

    Raises
    ------
    AskNextError : not whole numbers, outside 0 … n-1, one twice, or one masked.
    """
    rows.check_unmasked("ids", ids)
    try:
        given = np.asarray(rows.load(ids) if rows.is_tensor(ids) else ids)
    except ValueError as error:
        raise AskNextError("ids must be a flat list of whole numbers, not a list of lists.") from error
    if given.size == 0:
        return np.empty(0, dtype=np.intp)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        what = f"{given.dtype} {given.shape}" if given.ndim else type(ids).__name__
        raise AskNextError(f"ids must be a flat list of whole numbers, not {what}.")
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
    AskNextError : None, NaN, infinity, a number of more than 64 bits, a text that is blank or no Unicode (a
        lone surrogate), or anything else.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str) and value.strip():
        return as_text("a label", value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if -_LARGEST <= value < _LARGEST:
            return int(value)
        raise AskNextError("a label is a number of more than 64 bits; give it as a text.")
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    raise AskNextError(
        f"{_shown(value)} is no class label; give a text or a number (an answer to a question may also be "
        "OUT_OF_SCOPE, UNSURE or SKIPPED; select() takes items out of scope as out_of_scope=)."
    )


def as_answers(answers: Sequence[Any] | Array, n: int) -> list[Label | Answer]:
    """One answer for each of n items; a text is always a class, also "out-of-scope" and "unsure".

    Raises
    ------
    AskNextError : another number of answers, or one that is neither a label nor an `Answer`.
    """
    return [a if isinstance(a, Answer) else as_label(a) for a in _one_each("answers", answers, n)]


def as_classes(y: Sequence[Any] | Array, n: int) -> tuple[list[Label], Ids]:
    """The classes among n labels, sorted as `np.unique` does, and the place of each label in them.

    Raises
    ------
    AskNextError : another number of labels, one that is no class label, or texts among numbers.
    """
    labels = [as_label(label) for label in _one_each("y", y, n)]
    classes = sorted_classes(labels)
    place = {label: j for j, label in enumerate(classes)}
    return classes, np.array([place[label] for label in labels], dtype=np.intp)


def sorted_classes(labels: Iterable[Label]) -> list[Label]:
    """The different ones among labels, in ascending order.

    Labels that Python calls equal — 1, 1.0 and True — are one class, under the name that comes first.

    Raises
    ------
    AskNextError : texts among numbers, which have no common order.
    """
    classes = list(dict.fromkeys(labels))
    texts = [label for label in classes if isinstance(label, str)]
    if 0 < len(texts) < len(classes):
        number = next(label for label in classes if not isinstance(label, str))
        raise AskNextError(
            f"the labels mix texts and numbers, such as {texts[0]!r} and {number!r}; make all of them texts "
            "or all numbers."
        )
    return sorted(classes)


def _shown(value: Any) -> str:
    """A value in a message: on one line, and short."""
    return " ".join(reprlib.repr(value).split())


def _one_each(name: str, values: Any, n: int) -> list[Any]:
    if rows.is_tensor(values):
        values = rows.load(values)
    rows.check_unmasked(name, values)
    shape = getattr(values, "shape", (n,))  # a table would be listed by its rows or the names of its columns
    if len(shape) != 1:
        raise AskNextError(
            f"{name} is a table of the shape {shape}; give a flat list with one value for each item."
        )
    if isinstance(values, str | bytes | Mapping | Set) or not hasattr(values, "__len__"):
        raise AskNextError(f"{name} is {_shown(values)}; give a list with one value for each item.")
    listed = list(values)
    if len(listed) != n:
        raise AskNextError(f"{name} holds {len(listed)} values for {n} items; give one for each item.")
    return listed
