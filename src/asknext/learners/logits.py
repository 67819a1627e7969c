"""Logits: what a scikit-learn classifier computes before the softmax, where its probabilities are one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from asknext.types import Array

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda values: values,
    "logistic": expit,
    "tanh": np.tanh,
    "relu": lambda values: np.maximum(values, 0.0),
}
"""What scikit-learn's hidden layers make of their sums."""


def has_logits(estimator: Any) -> bool:
    """Whether the probabilities of a classifier are the softmax of something that it computes.

    That holds of logistic regression, of networks, and of pipelines that end in one. Other classifiers have
    probabilities alone. Their logarithms would have the same softmax, but no size of their own, which is what
    reads logits: the energy of log p is 0 everywhere. Classes fitted one against the rest have no softmax.
    """
    return _how(_last(estimator)) is not None


def logits(estimator: Any, X: Any) -> Array:
    """The logits of a fitted classifier that has such.

    Parameters
    ----------
    estimator : `has_logits` holds of it.
    X : (m, …) rows, as for its `predict_proba`.

    Returns
    -------
    (m, k) numbers whose softmax are its probabilities. Of two classes, for which the classifier has one
    number f, they are -f/2 and f/2: what a softmax over both would have learnt under the same penalty.
    """
    if steps := getattr(estimator, "steps", None):
        return logits(steps[-1][1], estimator[:-1].transform(X) if len(steps) > 1 else X)
    how = _how(estimator)
    assert how is not None
    values = how(estimator, X)
    return np.stack([-values / 2, values / 2], axis=1) if values.ndim == 1 else values


def _last(estimator: Any) -> Any:
    """The classifier at the end of a pipeline, or what is none."""
    steps = getattr(estimator, "steps", None)
    return _last(steps[-1][1]) if steps else estimator


def _how(classifier: Any) -> Callable[[Any, Any], Array] | None:
    """What computes the logits, by where its probabilities come from: a subclass may have others.

    The solver liblinear fits classes one by one, as scikit-learn before 1.8 did if told by `multi_class`.
    """
    method = getattr(type(classifier), "predict_proba", None)
    own = getattr(method, "__module__", "").startswith("sklearn.")
    joint = getattr(classifier, "multi_class", "auto") in ("auto", "deprecated")
    if not own or not joint or getattr(classifier, "solver", "") == "liblinear":
        return None
    return _SOURCES.get(getattr(method, "__qualname__", ""))


def _decision(classifier: Any, X: Any) -> Array:
    return np.asarray(classifier.decision_function(X))


def _network(classifier: Any, X: Any) -> Array:
    """The sums of the last layer, before its softmax or logistic function."""
    from sklearn.utils import check_array

    values = check_array(X, accept_sparse="csr")
    *hidden, last = zip(classifier.coefs_, classifier.intercepts_, strict=True)
    for weights, bias in hidden:
        values = ACTIVATIONS[classifier.activation](values @ weights + bias)
    values = values @ last[0] + last[1]
    return values[:, 0] if values.shape[1] == 1 else values


_SOURCES = {"LogisticRegression.predict_proba": _decision, "MLPClassifier.predict_proba": _network}
"""By whose method the probabilities are computed."""
