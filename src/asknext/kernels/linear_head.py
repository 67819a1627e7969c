"""How class probabilities change with the features, where nothing but examples of both is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import Ridge

from asknext.kernels.distances import as_points, centred, squared_norms
from asknext.types import Array, Floats

ROWS = 1 << 13  # rows fitted at most: bounds the system solved, of the smaller of rows and features
FLOOR = 1e-6  # probabilities count as at least this much
RIDGE = 1e-6  # penalty, as a share of the mean variance of a feature


def log_odds(proba: Array) -> Floats:
    """log p of each class less their mean over the classes; (m, k), each row sums to 0."""
    logs = np.log(np.maximum(proba, FLOOR, dtype=np.float64))
    return logs - logs.mean(axis=1, keepdims=True) if logs.shape[1] else logs


def slopes(X: Any, proba: Array, rng: np.random.Generator) -> Floats:
    """The linear map from features to log-odds that fits best, by ridge regression with an intercept.

    For a model that is linear in its features, such as logistic regression or the last layer of a network,
    log-odds are linear and the map is the model's own, as long as it is not surer than 1e-6: lower
    probabilities count as that. For any other model it is an approximation.

    Parameters
    ----------
    X : (m, d) features, dense or CSR; proba : (m, k) class probabilities that a model gives them.
    rng : draws the rows that are fitted, if there are more than 8192.

    Returns
    -------
    (k, d) change of each class's log-odds by each feature; zeros where predictions or features are constant.
    """
    X = as_points(X)
    m, d = X.shape
    if m > ROWS:
        rows = np.sort(rng.choice(m, size=ROWS, replace=False))
        X, proba = X[rows], proba[rows]
    penalty = RIDGE * float(squared_norms(centred(X)[0]).sum(dtype=np.float64)) / max(1, d)
    if penalty == 0.0 or proba.shape[1] < 2:
        return np.zeros((proba.shape[1], d))
    solver = "sparse_cg" if sparse.issparse(X) else "cholesky"
    fit = Ridge(alpha=penalty, solver=solver, tol=1e-8).fit(X.astype(np.float64), log_odds(proba))
    return np.asarray(fit.coef_)
