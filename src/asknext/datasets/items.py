"""Raw items with their labels, and how each kind of item becomes features."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Literal

import narwhals as nw
import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from asknext.datasets import columns, features
from asknext.datasets.base import Dataset
from asknext.datasets.kept import kept
from asknext.datasets.labels import clean
from asknext.datasets.pictures import shrunk
from asknext.encoders import gradients, patches, usual, views
from asknext.kernels.threads import one_thread
from asknext.types import Array, Ids, Label

ItemKind = Literal["table", "grey image", "colour image", "large image", "picture", "text"]
SMALL = 32  # pixels of a side
BLOCK = 1024  # large images averaged at a time
OUTSIDE = "out of scope"
"""The label of items that belong to no class, where classes are texts; else it is one less than the least."""


@dataclass(frozen=True)
class Items:
    """What a publisher's files hold, before anything is computed from it.

    Parameters
    ----------
    values : n of them: a data frame without labels, (n, height, width) bytes of grey images,
        (n, height, width, 3) bytes of colour images, large ones or a user's own pictures, or (n,) texts.
    y : (n,) labels; those of items out of scope are not looked at.
    notes : what was done in reading, one sentence each.
    out_of_scope : (n,) which items belong to no class; None where all belong to one.
    test : how many of the last items are the publisher's own test part; 0 where he has none.
    """

    values: Any
    y: Array
    notes: tuple[str, ...] = ()
    out_of_scope: NDArray[np.bool_] | None = None
    test: int = 0

    def take(self, ids: Ids) -> Items:
        """The items at these positions, ascending."""
        values = self.values.iloc[ids] if hasattr(self.values, "iloc") else self.values[ids]
        outside = None if self.out_of_scope is None else self.out_of_scope[ids]
        test = int(np.sum(ids >= len(self.y) - self.test))
        return replace(self, values=values, y=self.y[ids], out_of_scope=outside, test=test)


def dataset(
    name: str, kind: ItemKind, dimensions: int, read: Callable[[], Items], made_of: Callable[[], Any]
) -> Dataset:
    """The features of items, fitted on all of them without labels, and their labels.

    Parameters
    ----------
    name : what to call the data set.
    kind : what the items are. The features of texts, colour images and pictures are kept in the user's cache.
    dimensions : how many features to reduce images and texts to, at most.
    read : reads the items.
    made_of : all that the items depend on, see `kept.kept`.
    """

    def make() -> Dataset:
        items = read()
        X, notes = _FEATURES[kind](items.values, dimensions)
        y, classes = _labels(items, name)
        notes = (*items.notes, *notes)
        if items.out_of_scope is not None:
            notes = (*notes, f"{np.sum(items.out_of_scope)} of {len(y)} rows belong to no class")
        return Dataset(name, X, y, classes, notes, out_of_scope=items.out_of_scope, test=items.test)

    if kind not in _SLOW:
        return make()
    code = [inspect.getsource(module) for module in _SLOW[kind]]
    return kept(name, (made_of(), dimensions, code, sklearn.__version__), make)


def _labels(items: Items, name: str) -> tuple[Array, tuple[Label, ...]]:
    """The labels, of one type, and the classes of the items in scope."""
    if items.out_of_scope is None:
        return clean(items.y.tolist(), name)
    inside = ~items.out_of_scope
    found, classes = clean(items.y[inside].tolist(), name)
    outside = np.array(OUTSIDE if found.dtype.kind == "U" else found.min() - 1)
    y = np.full(len(inside), outside, dtype=np.result_type(found, outside))
    y[inside] = found
    return y, classes


def _table(frame: Any, dimensions: int) -> tuple[Array, tuple[str, ...]]:  # noqa: ARG001
    return features.build(nw.from_native(frame), "the table")


def _grey(images: Array, dimensions: int) -> tuple[Array, tuple[str, ...]]:
    """Principal components of the pixels, not whitened, in rows of unit length."""
    X = images.reshape(len(images), -1) / 255.0
    dimensions = min(dimensions, *X.shape)
    with one_thread():
        X = normalize(PCA(dimensions, svd_solver="covariance_eigh").fit_transform(X))
    note = f"pixel values divided by 255, reduced by PCA to {dimensions} dimensions, rows of unit length"
    return X, (note,)


def _colour(images: Array, dimensions: int) -> tuple[Array, tuple[str, ...]]:
    X = patches.embed(images, dimensions)
    reduced = f"reduced to {X.shape[1]} discriminants of moved images, rows of unit length"
    return X, (f"{_words(images)}, {reduced}",)


def _pictures(images: Array, dimensions: int) -> tuple[Array, tuple[str, ...]]:
    """As on the labelling page."""
    X, name = usual.embed(images, dimensions)
    told = {
        "gradients": "edges and colours",
        "discriminants": f"{_words(images)}, reduced to discriminants of other views",
    }
    note = f"squares of {images.shape[1]} pixels from the middle of each picture as {told[name]}"
    return X, (f"{note}, {X.shape[1]} dimensions, rows of unit length",)


def _words(images: Array) -> str:
    count = patches.words_of(len(images))
    return f"{count} words of whitened patches (Coates, Lee & Ng 2011), pooled in quadrants"


def _large(images: Array, dimensions: int) -> tuple[Array, tuple[str, ...]]:
    """As of colour images, of the photographs averaged to small ones."""
    small = np.concatenate([shrunk(images[i : i + BLOCK], SMALL) for i in range(0, len(images), BLOCK)])
    X, notes = _colour(small, dimensions)
    side = images.shape[1]
    return X, (f"{side} × {side} pixels averaged to {SMALL} × {SMALL} for the features", *notes)


def _text(texts: Array, dimensions: int) -> tuple[Array, tuple[str, ...]]:
    X = features.text(texts.tolist(), dimensions)
    note = f"TF-IDF of words and word pairs, reduced by truncated SVD to {X.shape[1]} dimensions, "
    return X, (note + "rows of unit length",)


_FEATURES: dict[ItemKind, Callable[[Any, int], tuple[Array, tuple[str, ...]]]] = {
    "table": _table,
    "grey image": _grey,
    "colour image": _colour,
    "picture": _pictures,
    "large image": _large,
    "text": _text,
}
_SLOW: dict[ItemKind, tuple[ModuleType, ...]] = {
    "text": (features, columns),
    "colour image": (patches,),
    "large image": (patches,),
    "picture": (usual, gradients, patches, views),
}
"""Kinds whose features are kept in the cache, with the modules that make them."""
