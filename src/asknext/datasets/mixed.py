"""Two data sets in one space of features: the items of the second belong to no class of the first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from asknext.datasets.base import Dataset
from asknext.datasets.items import Items, dataset
from asknext.datasets.published import PUBLISHED, Published
from asknext.datasets.sources import numbered
from asknext.errors import AskNextError
from asknext.plugins import find


def load_mixed(inside: str, outside: str) -> Dataset:
    """A pool as it really is: items of some classes among others that belong to none of them.

    The features are made of the raw items of both, so that the two differ by what they show and not by how
    they were treated. The items of the second follow those of the first.

    Parameters
    ----------
    inside : the published data set whose classes are asked for, perhaps with `:N` (`mnist:10000`).
    outside : one of the same kind, whose items are all out of scope, perhaps with `:N` (`kmnist:2000`).

    Returns
    -------
    The data set, called "mnist-10000+kmnist-2000", with `out_of_scope`.

    Raises
    ------
    AskNextError : there is no such published data set, it is absent, the two are the same, or their items
        cannot lie in one space: texts and images, images of different sizes, or tables of different columns.
    """
    why = "--ood-data mixes published data sets alone"
    (first, n), (second, m) = published(inside, why), published(outside, why)
    if first is second:
        raise AskNextError(f"'{inside}' and '{outside}' are the same data set; name another one as outside.")
    if first.kind != second.kind:
        raise AskNextError(
            f"'{first.name}' holds items of the kind {first.kind} and '{second.name}' of the kind "
            f"{second.kind}; name two data sets of one kind."
        )
    return dataset(
        f"{first.called(n)}+{second.called(m)}",
        first.kind,
        first.d,
        lambda: joined(first.items(n), second.items(m), first.name, second.name),
        lambda: (first.made_of(n), second.made_of(m)),
    )


def published(source: str, why: str) -> tuple[Published, int | None]:
    """The data set that a source such as "mnist:10000" names, and how many of its items.

    Raises
    ------
    AskNextError : there is none; `why` stands before the reason.
    """
    name, colon, number = source.partition(":")
    try:
        entry = find("published data set", name, PUBLISHED)
    except AskNextError as error:
        raise AskNextError(f"{why}: {error}") from error
    return entry, numbered(source, entry.load, number)["first"] if colon else None


def joined(inside: Items, outside: Items, name: str, other: str) -> Items:
    """The items of both, the second out of scope."""
    n, m = len(inside.y), len(outside.y)
    out_of_scope = np.ones(n + m, dtype=bool)
    out_of_scope[:n] = False if inside.out_of_scope is None else inside.out_of_scope
    y = np.concatenate([inside.y, np.resize(inside.y[:1], m)])  # the labels of the second are not looked at
    notes = (*inside.notes, *(f"{other}: {note}" for note in outside.notes))
    return Items(_concatenated(inside.values, outside.values, name, other), y, notes, out_of_scope)


def _concatenated(first: Any, second: Any, name: str, other: str) -> Any:
    if isinstance(first, pd.DataFrame):
        if list(first.columns) != list(second.columns):
            raise AskNextError(f"'{name}' and '{other}' have different columns; mix tables of the same ones.")
        return pd.concat([first, second], ignore_index=True)
    if first.shape[1:] != second.shape[1:]:
        sizes = [" × ".join(map(str, values.shape[1:3])) for values in (first, second)]
        raise AskNextError(f"'{name}' has images of {sizes[0]} pixels and '{other}' of {sizes[1]}.")
    return np.concatenate([first, second])
