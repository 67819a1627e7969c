"""A Gaussian process at given rows, told more and more of its own expectations."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from asknext.kernels.rbf import rbf
from asknext.types import Array, Floats


class GaussianProcess:
    """Means and variances of noisy values at rows, given the values at others; kernel exp(-gamma |x - y|²).

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    observed : (l, d) rows with known values; l may be 0. targets : (l, c) these values.
    gamma : of the kernel; noise : variance added to each value, above 0.
    more : rows that will be `expect`ed; memory is (l + more) · (l + m) numbers.

    Attributes
    ----------
    mean : (m, c) means; variance : (m,) variances, noise included, so at least the noise.

    Source
    ------
    Rasmussen & Williams 2006, algorithm 2.1; further rows by one step of Cholesky's algorithm each.
    """

    def __init__(
        self, X: Any, observed: Any, targets: Array, gamma: float, noise: float, more: int
    ) -> None:
        self._X, self._gamma, self._noise = X, gamma, noise
        known = observed.shape[0]
        self._explained = np.zeros((known + more, X.shape[0]))
        self._size = known
        if known:
            factor = np.linalg.cholesky(rbf(observed, observed, gamma) + noise * np.eye(known))
            self._explained[:known] = solve_triangular(factor, rbf(observed, X, gamma), lower=True)
            targets = solve_triangular(factor, targets, lower=True)
        self.mean: Floats = self._explained[:known].T @ targets
        self.variance: Floats = 1.0 + noise - np.square(self._explained).sum(axis=0)

    def expect(self, row: int) -> None:
        """Take the value at a row of X to be its mean: means stay, variances shrink around it."""
        before = self._explained[: self._size]
        shared = rbf(self._X, self._X[[row]], self._gamma).ravel() - before.T @ before[:, row]
        self._explained[self._size] = shared / np.sqrt(self.variance[row])
        self.variance = np.maximum(self.variance - np.square(self._explained[self._size]), self._noise)
        self._size += 1
