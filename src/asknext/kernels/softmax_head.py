"""Multinomial logistic regression on features: a small head, deterministic, that can start from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from asknext.kernels.distances import as_points, centred, squared_norms
from asknext.types import Array, Floats

STEPS = 200
FLATNESS = 1e-5  # the slope of the mean loss at which the fit ends
NEVER = -1e9  # the logit of a class without examples: so low that its probability is 0


@dataclass(frozen=True)
class SoftmaxHead:
    """A linear map from features to logits. `weights` : (k, d); `bias` : (k,)."""

    weights: Floats
    bias: Floats

    def logits(self, X: Any) -> Floats:
        """(n, k) logits of rows X (n, d), dense or CSR; -1e9 for a class without examples."""
        return as_points(X) @ self.weights.T + self.bias

    def proba(self, X: Any) -> Floats:
        """(n, k) probabilities of rows X (n, d), dense or CSR."""
        return softmax(self.logits(X), axis=1)


def softmax_head(
    X: Any,
    y: Array,
    k: int,
    *,
    strength: float = 1.0,
    temperature: float = 1.0,
    start: SoftmaxHead | None = None,
) -> SoftmaxHead:
    """Fit a softmax on features, by L-BFGS on cross-entropy with an L2 penalty on the weights.

    Features are measured in units of their typical standard deviation, one for all, so that the penalty means
    the same whatever their scale; directions keep their weight.

    Parameters
    ----------
    X : (n, d) rows, dense or CSR, at least one.
    y : (n,) class of each row, in 0 … k-1; classes without a row get the logit -1e9.
    k : number of classes.
    strength : of the examples against the penalty, scikit-learn's C.
    temperature : the fit minimises the cross-entropy of softmax(logits / temperature).
    start : a head of the same k to start from, which saves steps where the rows are much the same.

    Returns
    -------
    The head, for features as they are given.
    """
    X = as_points(X)
    present, labels = np.unique(y, return_inverse=True)
    shift, scale = _shift(X), _typical_deviation(X)
    points = X.astype(np.float64) / scale if sparse.issparse(X) else (X - shift) / scale
    first = np.zeros((len(present), X.shape[1] + 1))
    if start is not None:
        weights, bias = start.weights[present], start.bias[present]
        met = bias > NEVER / 2
        first[:, :-1] = weights * scale
        first[met, -1] = (bias + weights @ shift)[met]
    found = _fitted(points, labels, first / temperature, temperature**2 / (strength * len(labels)))
    found *= temperature
    weights, bias = np.zeros((k, X.shape[1])), np.full(k, NEVER)
    weights[present] = found[:, :-1] / scale
    bias[present] = found[:, -1] - weights[present] @ shift
    return SoftmaxHead(weights, bias)


def _shift(X: Any) -> Floats:
    """The mean of dense rows; 0 for sparse ones, which stay sparse."""
    return np.zeros(X.shape[1]) if sparse.issparse(X) else X.mean(axis=0, dtype=np.float64)


def _typical_deviation(X: Any) -> float:
    """The root of the mean variance of a feature; 1 where nothing varies."""
    squares = float(squared_norms(centred(X)[0]).mean(dtype=np.float64))
    if sparse.issparse(X):
        squares -= float((np.asarray(X.mean(axis=0, dtype=np.float64)) ** 2).sum())
    return float(np.sqrt(max(0.0, squares) / max(1, X.shape[1]))) or 1.0


def _fitted(X: Any, labels: Array, first: Floats, penalty: float) -> Floats:
    """(k, d + 1) weights and offsets of least mean cross-entropy + ½ penalty |weights|²."""
    if len(first) == 1:
        return np.zeros_like(first)
    n = len(labels)
    truth = np.zeros((n, len(first)))
    truth[np.arange(n), labels] = 1.0

    def loss(flat: Floats) -> tuple[float, Floats]:
        both = flat.reshape(first.shape)
        logs = log_softmax(X @ both[:, :-1].T + both[:, -1], axis=1)
        wrong = (np.exp(logs) - truth) / n
        slope = np.column_stack([(X.T @ wrong).T + penalty * both[:, :-1], wrong.sum(axis=0)])
        value = -float((logs * truth).sum()) / n + 0.5 * penalty * float((both[:, :-1] ** 2).sum())
        return value, slope.ravel()

    options = {"maxiter": STEPS, "gtol": FLATNESS, "ftol": 1e-12}
    return minimize(loss, first.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(first.shape)
