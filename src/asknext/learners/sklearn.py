"""Any scikit-learn classifier or pipeline as a learner."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from asknext import rows
from asknext.errors import AskNextError
from asknext.learners.logits import has_logits, logits
from asknext.signals import softmax
from asknext.types import Array


@dataclass(frozen=True)
class SklearnLearner:
    """Fits a clone of the classifier on the classes that have labels, and hands out probabilities.

    Parameters
    ----------
    estimator : a scikit-learn classifier or a pipeline that ends in one. It is cloned, never changed.
        Without `predict_proba`, its decision values are turned into probabilities by a softmax (a logistic
        function for two classes): right in order, not calibrated.
    fitted : take the estimator as it is, fitted elsewhere; its classes are then the first ones that the pool
        knows, in its own order.

    Raises
    ------
    AskNextError : not a classifier, or one that is said to be fitted and is not.
    """

    estimator: Any
    fitted: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.estimator, type) or not hasattr(self.estimator, "fit"):
            raise AskNextError(
                f"{self.estimator!r} is no fitted classifier; give one, such as GaussianNB().fit(X, y)."
                if self.fitted
                else f"{self.estimator!r} is no learner; give a name such as 'logistic-regression', "
                "or a scikit-learn classifier object such as LogisticRegression()."
            )
        if self.fitted and not _has(self.estimator, "classes_"):
            raise AskNextError(f"{type(self.estimator).__name__} has not been fitted; fit it first.")
        if not (_has(self.estimator, "predict_proba") or _has(self.estimator, "decision_function")):
            raise AskNextError(
                f"{type(self.estimator).__name__} has neither predict_proba nor decision_function, "
                "so it cannot say how sure it is; wrap it in sklearn's CalibratedClassifierCV."
            )

    @property
    def needs_labels(self) -> bool:
        """Whether there is a model only after the first label."""
        return not self.fitted

    @property
    def provides(self) -> frozenset[str]:
        """`proba`; also `samples` (one draw a tree) for forests, `logits` where `proba` is their softmax."""
        kinds = {kind.__name__ for kind in type(self.estimator).__mro__}
        more = {"samples": bool(kinds & _ENSEMBLES), "logits": has_logits(self.estimator)}
        return frozenset({"proba", *(name for name, there in more.items() if there)})

    @cached_property
    def key(self) -> str:
        """Fingerprint of the estimator's parameters and of scikit-learn's version."""
        return rows.fingerprint(sklearn.__version__, self.estimator)

    def fit(self, X: Any, y: NDArray[np.int32], seed: int) -> SklearnModel | ConstantModel:
        """Fit a seeded clone; with a single class the model is certain of that class."""
        if self.fitted:
            return SklearnModel(self.estimator, np.arange(len(self.estimator.classes_), dtype=np.int32))
        classes = np.unique(y)
        if len(classes) == 1:
            return ConstantModel(classes)
        estimator = _seeded(clone(self.estimator), seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", "The number of unique classes")  # few labels, many classes
            with _explained(estimator, f"be fitted on {len(y)} labelled items of {len(classes)} classes"):
                estimator.fit(X, y)
        return SklearnModel(estimator, np.asarray(estimator.classes_, dtype=np.int32))


@dataclass(frozen=True)
class SklearnModel:
    """A fitted scikit-learn classifier. `classes` : the class positions it was fitted on."""

    estimator: Any
    classes: NDArray[np.int32]

    def signal(self, name: str, X: Any) -> Array:
        """`proba` (m, k), `logits` (m, k) or `samples` (m, members, k).

        Raises
        ------
        AskNextError : the classifier refuses these rows.
        """
        with _explained(self.estimator, f"predict {rows.count(X)} items"):
            if name == "samples":
                features = rows.matrix(X)  # the members were fitted on an array, not on a data frame
                return np.stack([tree.predict_proba(features) for tree in self.estimator.estimators_], axis=1)
            if name == "logits":
                return logits(self.estimator, X)
            if _has(self.estimator, "predict_proba"):
                return np.asarray(self.estimator.predict_proba(X))
            return decision_proba(self.estimator.decision_function(X))


@dataclass(frozen=True)
class ConstantModel:
    """What can be learnt from one class: everything is of that class."""

    classes: NDArray[np.int32]

    def signal(self, name: str, X: Any) -> Array:
        """Probability 1 for the one class; its logit could be any number."""
        n = rows.count(X)
        return np.ones((n, 1, 1) if name == "samples" else (n, 1))


def decision_proba(values: Array) -> Array:
    """Probabilities (m, k) from decision values (m, k), or (m,) for two classes, by a softmax."""
    return softmax(np.stack([np.zeros_like(values), values], axis=1) if values.ndim == 1 else values)


_ENSEMBLES = {"BaseForest"}  # by name, so that asking does not import them


def _seeded(estimator: Any, seed: int) -> Any:
    """Sets every open `random_state` of a clone, at all levels, also in its cross-validation splitters."""
    for name, value in estimator.get_params().items():
        if name.split("__")[-1] == "random_state" and value is None:
            estimator.set_params(**{name: seed})
        elif not hasattr(value, "get_params") and getattr(value, "random_state", 0) is None:
            value.random_state = seed
    return estimator


@contextmanager
def _explained(estimator: Any, deed: str) -> Iterator[None]:
    """Turns what scikit-learn raises into one sentence."""
    try:
        yield
    except (ValueError, TypeError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise AskNextError(f"the learner {type(estimator).__name__} cannot {deed}: {reason}") from error


def _has(estimator: Any, method: str) -> bool:
    try:
        return hasattr(estimator, method)
    except ValueError:  # some meta-estimators raise while they are not fitted
        return False
