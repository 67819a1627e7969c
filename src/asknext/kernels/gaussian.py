"""Gaussians of few rows: a covariance shrunk towards a multiple of the identity, never formed as a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import eigh

from asknext.kernels.distances import as_points, blocks, squared_distances, squared_norms
from asknext.types import Array, Floats

LARGEST = 1 << 26  # numbers in the deviations that are decomposed; of more, every second row, third …


@dataclass(frozen=True)
class Covariance:
    """`variances` (r,) along orthonormal `directions` (r, d) and `rest` along all others; its `shrinkage`."""

    directions: Floats
    variances: Floats
    rest: float
    shrinkage: float

    def squared_distances(self, X: Any, centres: Array) -> Floats:
        """Squared Mahalanobis distances (n, m) of rows X (n, d), dense or CSR, to centres (m, d)."""
        X, centres = as_points(X), np.asarray(centres, dtype=np.float64)
        if not sparse.issparse(X):  # so that no digits are lost to a common offset
            X, centres = X - centres.mean(axis=0), centres - centres.mean(axis=0)
        table = np.empty((X.shape[0], len(centres)))
        c_along, c_norms = centres @ self.directions.T, squared_norms(centres)
        for part in blocks(X.shape[0], sum(self.directions.shape) + len(centres)):
            rows = X[part]
            along = rows @ self.directions.T
            scaled, c_scaled = along / np.sqrt(self.variances), c_along / np.sqrt(self.variances)
            table[part] = _between(scaled, c_scaled)
            if len(self.directions) < centres.shape[1]:
                across = squared_distances(rows, centres, squared_norms(rows), c_norms)
                across -= _between(along, c_along)
                table[part] += np.maximum(across, 0.0) / self.rest
        return table


def shrunk_covariance(deviations: Floats, shrinkage: float | None = None) -> Covariance:
    """The covariance of rows that deviate from 0, shrunk as Ledoit & Wolf propose.

    S is the mean outer product of the rows, μ the mean of its diagonal; the result is (1 - a) S + a μ I, with
    the a that loses least on average where the rows are many. Since the estimate of a itself fails for the
    very few (it is 0 for one row), a is at least 1 / (1 + rows).

    Parameters
    ----------
    deviations : (n, d) rows; all zeros give the identity.
    shrinkage : a, in place of the estimate.

    Source
    ------
    Ledoit & Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", lemma 3.3.
    """
    d = deviations.shape[1]
    step = -(-deviations.size // LARGEST) or 1
    rows = deviations[::step]
    variances, directions = principal(rows)
    if not len(variances):
        return Covariance(directions, variances, 1.0, 1.0)
    n, norms = len(rows), squared_norms(rows)
    mean = float(norms.mean()) / d
    if shrinkage is None:
        size = float((variances**2).sum())
        doubt = (float((norms**2).mean()) - size) / (n * d)
        spread = size / d - mean**2  # how far S is from a multiple of the identity
        shrinkage = max(min(1.0, doubt / spread) if spread > 0 else 1.0, 1.0 / (1 + n))
    rest = shrinkage * mean
    return Covariance(directions, (1.0 - shrinkage) * variances + rest, rest, shrinkage)


def principal(rows: Floats) -> tuple[Floats, Floats]:
    """Variances (r,), ascending, and directions (r, d) of rows (n, d) around 0, where there is variance.

    The smaller of n × n and d × d products is decomposed.
    """
    n, d = rows.shape
    if not rows.any():
        return np.zeros(0), np.zeros((0, d))
    if d <= n:
        variances, vectors = eigh(rows.T @ rows / n)
        kept = variances > np.finfo(np.float64).eps * d * variances[-1]
        return variances[kept], vectors.T[kept]
    variances, vectors = eigh(rows @ rows.T / n)
    kept = variances > np.finfo(np.float64).eps * n * variances[-1]
    variances = variances[kept]
    return variances, (vectors.T[kept] @ rows) / np.sqrt(n * variances)[:, None]


def deviations(X: Any, groups: Array, means: Floats) -> Floats:
    """Rows (n, d), dense or CSR, less the mean of their group; dense, double precision."""
    dense = X.toarray() if sparse.issparse(X) else X
    return dense - means[groups]


def _between(X: Floats, Y: Floats) -> Floats:
    return squared_distances(X, Y, squared_norms(X), squared_norms(Y))
