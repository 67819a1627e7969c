"""A kernel whose reach follows the density: a row covers others less far where they lie thickly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from asknext.kernels.distances import as_points, centred, squared_norms, unit
from asknext.kernels.neighbours import kth_distance
from asknext.types import Array, Floats, Ids

PRECISE = 1e-4  # error of an exponent up to which single precision suffices
LARGEST = 1e18  # scale up to which, and from whose reciprocal on, its square fits in single precision
COPIES = 1e-150  # a distance below this is none: its square is lost to rounding


def spaces(others: Any, X: Any) -> list[tuple[Any, Any]]:
    """Rows in two spaces: as they are, and as directions from the mean of others, which have no hubs.

    Parameters
    ----------
    others : (p, d) rows; X : (m, d) rows; dense or CSR, which has its directions from 0.

    Returns
    -------
    Others and rows, in each space.
    """
    others, X = centred(as_points(others), as_points(X))
    return [(others, X), (unit(others), unit(X))]


def local_scale(others: Any, X: Any, own: Ids, k: int, floor: float) -> Floats:
    """The distance of each row to the k-th nearest other row, and at least a part of the median of that.

    Parameters
    ----------
    others : (p, d) rows to measure to; X : (m, d) rows; dense or CSR.
    own : (m,) position of each row among the others, -1 where it is not there.
    k : which neighbour, at least 1.
    floor : the part of the median.

    Returns
    -------
    (m,) numbers above 0; ones where most rows are copies of each other.
    """
    found = kth_distance(X, others, k, own)
    least = floor * float(np.median(found))
    return np.maximum(found, least) if least > COPIES else np.where(found > COPIES, found, 1.0)


class SelfTuning:
    """How much rows cover others, each by its own scale in each of several spaces.

    Row c covers row i to the degree exp(-½ Σ over spaces |c - i|² / (s_c^(1-t) s_i^(1+t))). The tables are
    not symmetric for t > 0. All spaces are one product of matrices: |c - i|² a b is the inner product of
    (a |c|², a, -2 a c) and (b, b |i|², b i).

    Parameters
    ----------
    rows : (m, d) in each space, dense or CSR.
    scales : (m,) for each space, above 0.
    t : 0 to measure by both scales alike, 1 by the covered row's alone.

    Source
    ------
    Zelnik-Manor & Perona 2004, "Self-Tuning Spectral Clustering", for t = 0.
    """

    def __init__(self, rows: Sequence[Any], scales: Sequence[Floats], t: float) -> None:
        self.m, self.symmetric = rows[0].shape[0], t == 0.0
        left, right, largest = [], [], 0.0
        ordinary = all(scale.min() > 1.0 / LARGEST and scale.max() < LARGEST for scale in scales)
        for X, scale in zip(rows, scales, strict=True):
            norms = squared_norms(X).astype(np.float64)
            a, b = scale ** (t - 1.0), scale ** (-t - 1.0)
            largest = max(largest, float((norms * a).max() * b.max()))
            left += [_columns(X, -0.5 * a * norms, -0.5 * a), _times(X, a)]
            right += [_columns(X, b, b * norms), _times(X, b)]
        single = ordinary and largest * np.finfo(np.float32).eps < PRECISE
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self._left, self._right = (_beside(parts).astype(self.dtype) for parts in (left, right))

    def table(self, rows: Any, to: Any) -> Floats:
        """How much rows cover others, in (0, 1]; see `asknext.kernels.coverage.Similarity`."""
        inner = self._left[rows] @ self._right[to].T
        table = inner.toarray() if sparse.issparse(inner) else inner
        return np.exp(np.minimum(table, 0.0, out=table), out=table)


def _columns(X: Any, *columns: Array) -> Any:
    found = np.stack(columns, axis=1)
    return sparse.csr_matrix(found) if sparse.issparse(X) else found


def _times(X: Any, weights: Array) -> Any:
    return sparse.diags_array(weights) @ X if sparse.issparse(X) else X * weights[:, None]


def _beside(parts: list[Any]) -> Any:
    return sparse.hstack(parts, format="csr") if sparse.issparse(parts[0]) else np.hstack(parts)
