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
from asknext.kernels.threads import one_thread
from asknext.types import Array

ItemKind = Literal["table", "grey image", "text"]
GREY_DIMENSIONS = 64


@dataclass(frozen=True)
class Items:
    """What a publisher's files hold, before anything is computed from it.

    Parameters
    ----------
    values : n of them: a data frame without labels, (n, height, width) bytes of grey images, or a list of
        texts.
    y : (n,) labels.
    notes : what was done in reading, one sentence each.
    out_of_scope : (n,) which items belong to no class; None where all belong to one.
    """

    values: Any
    y: Array
    notes: tuple[str, ...] = ()
    out_of_scope: NDArray[np.bool_] | None = None

    def first(self, n: int | None) -> Items:
        """The first n items; None: all."""
        outside = None if self.out_of_scope is None else self.out_of_scope[:n]
        return replace(self, values=self.values[:n], y=self.y[:n], out_of_scope=outside)


def dataset(name: str, kind: ItemKind, read: Callable[[], Items], made_of: Callable[[], Any]) -> Dataset:
    """The features of items, fitted on all of them without labels, and their labels.

    Parameters
    ----------
    name : what to call the data set.
    kind : what the items are. The features of texts are kept in the user's cache.
    read : reads the items.
    made_of : all that the items depend on, see `kept.kept`.
    """

    def make() -> Dataset:
        items = read()
        X, notes = _FEATURES[kind](items.values)
        inside = items.y if items.out_of_scope is None else items.y[~items.out_of_scope]
        labels, classes = clean(inside.tolist(), name)
        y = labels if items.out_of_scope is None else items.y
        return Dataset(name, X, y, classes, (*items.notes, *notes), out_of_scope=items.out_of_scope)

    if kind not in _SLOW:
        return make()
    code = [inspect.getsource(module) for module in _SLOW[kind]]
    return kept(name, (made_of(), code, sklearn.__version__), make)


def _table(frame: Any) -> tuple[Array, tuple[str, ...]]:
    return features.build(nw.from_native(frame), "the table")


def _grey(images: Array) -> tuple[Array, tuple[str, ...]]:
    """Principal components of the pixels, not whitened, in rows of unit length."""
    X = images.reshape(len(images), -1) / 255.0
    dimensions = min(GREY_DIMENSIONS, *X.shape)
    with one_thread():
        X = normalize(PCA(dimensions, svd_solver="covariance_eigh").fit_transform(X))
    note = f"pixel values divided by 255, reduced by PCA to {dimensions} dimensions, rows of unit length"
    return X, (note,)


def _text(texts: list[str]) -> tuple[Array, tuple[str, ...]]:
    X = features.text(texts)
    note = f"TF-IDF of words and word pairs, reduced by truncated SVD to {X.shape[1]} dimensions, "
    return X, (note + "rows of unit length",)


_FEATURES: dict[ItemKind, Callable[[Any], tuple[Array, tuple[str, ...]]]] = {
    "table": _table,
    "grey image": _grey,
    "text": _text,
}
_SLOW: dict[ItemKind, tuple[ModuleType, ...]] = {"text": (features, columns)}
"""Kinds whose features are kept in the cache, with the modules that make them."""
