"""A head that is sure of what it has examples of and unsure elsewhere: negative learning."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax

from asknext.kernels.distances import as_points, centred, squared_norms
from asknext.kernels.softmax_head import SoftmaxHead
from asknext.types import Array, Floats

STEPS = 100
SURE = 1e-9  # a probability counts as at most 1 less this


def negative_head(X: Any, y: Array, others: Any, k: int, weight: float = 1.0) -> SoftmaxHead:
    """Fit a softmax to examples, while other rows teach that they are not of a class drawn at random.

    The loss is the mean of -log p_y over the examples, plus `weight` times the mean of -log(1 - p_c) over the
    other rows, in expectation over a class c drawn uniformly, so that nothing is drawn; plus an L2 penalty
    |weights|² / 2 n with features in units of their typical standard deviation.

    Parameters
    ----------
    X : (n, d) examples; y : (n,) their classes in 0 … k-1, each at least once; others : (m, d) rows, at least
        one; dense or CSR.
    k : number of classes, at least 2.
    weight : of the other rows.

    Returns
    -------
    The head, for features as they are given.

    Source
    ------
    Kim et al. 2019, "NLNL: Negative Learning for Noisy Labels"; Zong et al. 2024 (BUAL), for the use here.
    """
    X, others = as_points(X), as_points(others)
    n, d = X.shape
    shift = np.zeros(d) if sparse.issparse(X) else np.asarray(others.mean(axis=0, dtype=np.float64))
    spread = float(squared_norms(centred(others)[0]).mean(dtype=np.float64)) / max(1, d)
    scale = np.sqrt(spread) or 1.0
    X, others = ((rows.astype(np.float64) - (shift if shift.any() else 0)) / scale for rows in (X, others))
    truth = np.eye(k)[y]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[: k * d].reshape(k, d), flat[k * d :]
        logs = log_softmax(X @ weights.T + bias, axis=1)
        logs_others = log_softmax(others @ weights.T + bias, axis=1)
        wrong = (np.exp(logs) - truth) / n
        p = np.minimum(np.exp(logs_others), 1.0 - SURE)
        odds = p / (1.0 - p)
        push = (odds - p * odds.sum(axis=1, keepdims=True)) * (weight / p.size)
        value = -(logs * truth).sum() / n - np.log1p(-p).sum() * (weight / p.size)
        slope = (X.T @ wrong).T + (others.T @ push).T + weights / n
        both = np.concatenate([slope.ravel(), wrong.sum(axis=0) + push.sum(axis=0)])
        return float(value + 0.5 * np.square(weights).sum() / n), both

    options = {"maxiter": STEPS, "gtol": 1e-5}
    found = minimize(loss, np.zeros(k * (d + 1)), jac=True, method="L-BFGS-B", options=options).x
    weights = found[: k * d].reshape(k, d) / scale
    return SoftmaxHead(weights, found[k * d :] - weights @ shift)
