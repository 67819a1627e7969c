"""A skorch classifier as a learner: the network, the optimiser and the loop are the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from asknext import rows
from asknext.errors import AskNextError
from asknext.learners.sklearn import ConstantModel
from asknext.types import Array


@dataclass(frozen=True)
class SkorchLearner:
    """Fits a clone of the net with seeded weights, and hands out probabilities.

    Parameters
    ----------
    net : a `skorch.NeuralNetClassifier`. It gets single precision and the classes numbered from 0, in the
        order of the pool; where its module has more outputs than there are classes with labels, the last ones
        are left out.
    """

    net: Any

    needs_labels: ClassVar[bool] = True
    provides: ClassVar[frozenset[str]] = frozenset({"proba"})

    @cached_property
    def key(self) -> str:
        """Fingerprint of the net's parameters."""
        return rows.fingerprint("skorch", self.net)

    def fit(self, X: Any, y: NDArray[np.int32], seed: int) -> SkorchModel | ConstantModel:
        """Fit a clone; with a single class the model is certain of that class.

        Raises
        ------
        AskNextError : the net refuses these rows.
        """
        from asknext.deep.training import best_device, reproducible

        classes, places = np.unique(y, return_inverse=True)
        if len(classes) == 1:
            return ConstantModel(classes)
        net = clone(self.net)
        with reproducible(best_device(), seed):
            _explained(net.fit, _single(X), places.astype(np.int64))
        return SkorchModel(net, classes.astype(np.int32))


@dataclass(frozen=True)
class SkorchModel:
    """A fitted net. `classes` : the class positions it was fitted on."""

    net: Any
    classes: NDArray[np.int32]

    def signal(self, name: str, X: Any) -> Array:  # noqa: ARG002
        """`proba` (m, k)."""
        found = np.asarray(_explained(self.net.predict_proba, _single(X)), dtype=np.float64)
        found = found[:, : len(self.classes)]
        return found / np.maximum(found.sum(axis=1, keepdims=True), 1e-300)


def is_skorch(estimator: Any) -> bool:
    """Whether something is a net of skorch, without importing it."""
    return any(kind.__module__.partition(".")[0] == "skorch" for kind in type(estimator).__mro__)


def _single(X: Any) -> Any:
    found = rows.numbers(X)
    return X if found is None else found.astype(np.float32)


def _explained(method: Any, *given: Any) -> Any:
    try:
        return method(*given)
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise AskNextError(f"the skorch net cannot {method.__name__}: {reason}") from error
