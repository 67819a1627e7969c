"""What a learner is: it is fitted on labelled rows and yields a model that hands out signals."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import getattr_static
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from asknext import rows
from asknext.errors import AskNextError
from asknext.signals import check_axes
from asknext.types import Array


class Model(Protocol):
    """A fitted learner."""

    @property
    def classes(self) -> NDArray[np.int32]:
        """The class positions that it knows, in the order of the columns of its signals."""
        ...

    def signal(self, name: str, X: Any) -> Array:
        """Rows of a signal for rows of X; class columns in the order of `classes`."""
        ...


@runtime_checkable
class OnePass(Protocol):
    """A model that computes several signals in one pass over the rows."""

    def signals(self, name: str, X: Any) -> Mapping[str, Array]:
        """A signal for rows of X, with all others that come of the same pass."""
        ...


@runtime_checkable
class Learner(Protocol):
    """Anything that can be fitted on labelled rows and then hands out signals."""

    @property
    def provides(self) -> frozenset[str]:
        """The signals that its models hand out."""
        ...

    @property
    def needs_labels(self) -> bool:
        """False where the signals are there before the first label."""
        ...

    @property
    def key(self) -> str:
        """A fingerprint of the learner and its parameters, for the column cache."""
        ...

    def fit(self, X: Any, y: NDArray[np.int32], seed: int) -> Model:
        """Fit on rows X (l, …) with class positions y (l,); all randomness from `seed`.

        A learner that reads more than that says so; see `asknext.learners.beside`.
        """
        ...


def is_learner(thing: Any) -> bool:
    """Whether something has all that a learner has; unlike `isinstance` it computes no `key` to find out."""
    return all(getattr_static(thing, name, None) is not None for name in _PARTS)


_PARTS = ("provides", "needs_labels", "key", "fit")

CLASS_AXIS = {"proba": 0.0, "logits": -1e9, "samples": 0.0}
"""Signals whose last axis is the classes, with the value of a class that the model does not know. Signals are
finite, so the logit of such a class is merely so low that its softmax is 0."""


def aligned_signal(model: Model, name: str, X: Any, n_classes: int) -> Array:
    """A model's signal with one column for each of `n_classes` classes; see `aligned`."""
    return aligned(model, name, model.signal(name, X), rows.count(X), n_classes)


def aligned(model: Model, name: str, values: Array, m: int, n_classes: int) -> Array:
    """A signal that a model handed out, with one column for each of `n_classes` classes.

    A model knows the classes it was fitted on; the pool may know more. Columns are placed by class, and a
    class unknown to the model gets probability 0.

    Parameters
    ----------
    model : a fitted learner.
    name : the signal.
    values : the signal, as the model hands it out.
    m : rows that there should be.
    n_classes : classes the pool knows.

    Returns
    -------
    (m, …) array; (m, n_classes) for `proba` and `logits`, (m, draws, n_classes) for `samples`.

    Raises
    ------
    AskNextError : the model speaks of more classes than the pool knows, or has no column for each of them, or
        no row for each item.
    """
    if len(values) != m:
        raise AskNextError(
            f"the learner's signal '{name}' has {len(values)} rows for {m} items; choose a learner that "
            "predicts each row."
        )
    check_axes(name, values)
    missing = CLASS_AXIS.get(name)
    if missing is None:
        return values
    if values.shape[-1] != len(model.classes):
        raise AskNextError(
            f"the learner's signal '{name}' has {values.shape[-1]} columns for {len(model.classes)} classes; "
            "choose a learner with one column for each class (an SVC: decision_function_shape='ovr')."
        )
    if np.array_equal(model.classes, np.arange(n_classes)):
        return values
    if len(model.classes) > n_classes:
        raise AskNextError(
            f"the signal '{name}' has {len(model.classes)} class columns, but only {n_classes} classes are "
            "known; declare them with classes=, in the order of the columns."
        )
    out = np.full((*values.shape[:-1], n_classes), missing, dtype=values.dtype)
    out[..., model.classes] = values
    return out
