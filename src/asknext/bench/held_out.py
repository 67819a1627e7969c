"""Which items a comparison is tested on: a share drawn anew for each seed, or the publisher's test part."""

from __future__ import annotations

import math
from collections.abc import Iterable

from asknext.datasets import Dataset
from asknext.errors import AskNextError
from asknext.types import Array, Ids

PUBLISHED = "published"
"""The test share that keeps the publisher's own test part."""


def as_share(value: str | float) -> float | str:
    """A test share from what users write: a number between 0 and 1, or "published".

    Raises
    ------
    AskNextError : something else.
    """
    if value == PUBLISHED:
        return value
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise AskNextError(f"--test-share is {value}; it must lie between 0 and 1, or be '{PUBLISHED}'.")
    return share


def published_rows(data: Dataset, y: Array, scopes: Iterable[Ids]) -> int:
    """How many of the last rows are the publisher's test part.

    Parameters
    ----------
    data : the data set.
    y : (n,) class positions.
    scopes : positions of the classes in scope, for each seed that may have others.

    Raises
    ------
    AskNextError : there is no such part, or nothing of some class in scope is in it.
    """
    if not data.test:
        raise AskNextError(
            f"{data.name} has no test part of its own, or nothing is left of it; give another --test-share."
        )
    tested = set(y[-data.test :].tolist())
    for scope in scopes:
        if absent := set(scope.tolist()) - tested:
            raise AskNextError(
                f"the publisher's test part of {data.name} holds no item of the class "
                f"'{data.classes[min(absent)]}'; give a --test-share such as 0.3."
            )
    return data.test
