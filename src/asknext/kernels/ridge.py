"""Kernel ridge regression in closed form: its values, and how they shift with one observation more."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from asknext.kernels.distances import blocks
from asknext.kernels.rbf import rbf
from asknext.types import Array, Floats

NOISE = 0.1  # variance of the noise in an observation, where the values themselves vary by 1


class Ridge:
    """Ridge regression in the kernel exp(-|x - y|²), of several targets at once.

    The same numbers are the posterior of a Gaussian process, so that there are covariances too: where the
    value at row x turns out to be off by e, that at row z shifts by cov(z, x) / (var(x) + noise) · e.

    Parameters
    ----------
    X : (l, d) rows observed, in units of the kernel's width (see `asknext.kernels.coverage.scaled`); l may
        be 0.
    targets : (l, c) their values, 0 where nothing is known of them.

    Source
    ------
    Rasmussen & Williams 2006, "Gaussian Processes for Machine Learning", algorithm 2.1.
    """

    def __init__(self, X: Any, targets: Array) -> None:
        self._X = X
        self._factor = cho_factor(rbf(X, X, 1.0) + NOISE * np.eye(X.shape[0]), lower=True)
        self._weights = self._solved(targets)

    def values(self, Z: Any) -> Floats:
        """The values (m, c) at rows Z (m, d)."""
        return self._weighted(Z, self._weights)

    def covariance(self, Z: Any, W: Any) -> Floats:
        """The covariances (m, w) of the values at rows Z (m, d) with those at rows W (w, d), of which few."""
        return rbf(Z, W, 1.0) - self._weighted(Z, self._solved(rbf(self._X, W, 1.0)))

    def variance(self, Z: Any) -> Floats:
        """The variance (m,) of the value at each row of Z."""
        left = np.ones(Z.shape[0])
        for part in blocks(Z.shape[0], max(1, self._X.shape[0])):
            known = rbf(self._X, Z[part], 1.0)
            left[part] -= np.einsum("ij,ij->j", known, self._solved(known))
        return np.maximum(left, 0.0)

    def _solved(self, right: Array) -> Floats:
        """(K + noise)^-1 right, with K the kernel between the rows observed; (l, m)."""
        return cho_solve(self._factor, right) if right.size else right

    def _weighted(self, Z: Any, weights: Array) -> Floats:
        """Sums (m, c) of the weights (l, c) of the rows observed, each times its kernel with the row of Z."""
        sums = np.empty((Z.shape[0], weights.shape[1]))
        for part in blocks(Z.shape[0], max(1, self._X.shape[0])):
            sums[part] = rbf(Z[part], self._X, 1.0) @ weights
        return sums


def refitted(ridge: Ridge, Z: Any, X: Any, targets: Array) -> Floats:
    """The values (m, c) at rows Z once rows X (b, d) with their targets (b, c) are observed as well."""
    noisy = ridge.covariance(X, X) + NOISE * np.eye(X.shape[0])
    surprise = cho_solve(cho_factor(noisy), targets - ridge.values(X))
    return ridge.values(Z) + ridge.covariance(Z, X) @ surprise
