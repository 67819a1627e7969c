"""Two data sets in one space of features: the items of the second belong to no class of the first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from asknext.datasets.base import Dataset
from asknext.datasets.files import archived_images, encoded_from
from asknext.datasets.items import Items, dataset
from asknext.datasets.picture_files import SIDE
from asknext.datasets.picture_folder import squares
from asknext.datasets.published import PUBLISHED, Published
from asknext.datasets.sources import numbered, place
from asknext.errors import AskNextError
from asknext.plugins import find
from asknext.types import Array, Progress


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
    (first, n), (second, m) = _published(inside, why), _published(outside, why)
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
        lambda: _joined(first.items(n), second.items(m), first.name, second.name),
        lambda: (first.made_of(n), second.made_of(m)),
    )


def images(
    inside: str, outside: str | None = None, side: int = SIDE, progress: Progress | None = None
) -> Array:
    """The images that the rows of a published data set, an archive, a folder, or a mixed pool were made of.

    Parameters
    ----------
    inside, outside : as for `load_mixed`; without the second, as for `asknext.datasets.load`. Of an embedding
        that `asknext encode` made of a published data set, it is that one's images.
    side : of the squares that the pictures of a folder are read as, pixels; others are as they are.
    progress : told how far the reading of pictures is.

    Returns
    -------
    (n, h, w, 3) or (n, h, w) bytes.

    Raises
    ------
    AskNextError : there is no such published data set, it is absent, or its items are no images.
    """
    path = place(inside) if outside is None else None
    if path is not None and path.is_dir():
        return squares(path, side, progress).images
    places = "folders, .npz files and published data sets"
    if path is None or path.suffix.lower() != ".npz":
        return _raw(inside, outside, "image", places)
    encoded = encoded_from(path)
    if encoded is None:
        return archived_images(path)
    source, n = encoded
    found = _raw(source, None, "image", places)
    if len(found) != n:
        raise AskNextError(f"{path.name} has {n} rows and {source} {len(found)} images; encode it again.")
    return found


def texts(inside: str, outside: str | None = None) -> Array:
    """The texts, (n,) of them, that the rows of a published data set or of a mixed pool were made of.

    Parameters, raises : as for `images`.
    """
    return _raw(inside, outside, "text", "published data sets")


def _raw(inside: str, outside: str | None, kind: str, places: str) -> Array:
    why = f"a learner that reads {kind}s finds them in {places} alone"
    (entry, n), *others = [_published(source, why) for source in (inside, outside) if source is not None]
    if kind not in entry.kind:
        raise AskNextError(f"the items of '{entry.name}' are no {kind}s; choose another learner.")
    found = entry.items(n)
    for other, m in others:
        found = _joined(found, other.items(m), entry.name, other.name)
    return found.values


def _published(source: str, why: str) -> tuple[Published, int | None]:
    """The data set that a source such as "mnist:10000" names, and how many of its items."""
    name, colon, number = source.partition(":")
    try:
        entry = find("published data set", name, PUBLISHED)
    except AskNextError as error:
        raise AskNextError(f"{why}: {error}") from error
    return entry, numbered(source, entry.load, number)["first"] if colon else None


def _joined(inside: Items, outside: Items, name: str, other: str) -> Items:
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
