"""Rows whose outer products leave the least trace of an inverse information matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, sparse

from asknext.kernels.distances import as_points, blocks
from asknext.kernels.topn import top_n
from asknext.types import Array, Floats, Ids


def information(X: Any, weights: Array) -> Floats:
    """Sum of w x xᵀ over the rows of X (m, d), dense or CSR; (d, d) in double precision."""
    X = as_points(X)
    total = np.zeros((X.shape[1], X.shape[1]))
    for part in blocks(X.shape[0], X.shape[1]):
        rows = X[part].astype(np.float64)
        product = rows.T @ (sparse.diags_array(weights[part]) @ rows)
        total += product.toarray() if sparse.issparse(product) else product
    return total


def least_trace(
    X: Any, weights: Array, n: int, start: Floats, target: Floats, rng: np.random.Generator
) -> tuple[Ids, Floats]:
    """Choose n rows S such that tr((start + sum over S of w x xᵀ)⁻¹ target) is small.

    Rows are taken one by one, each the one that lowers the trace most, until there are 2 n; then one by one
    the row is given back that raises it least. Only x'A⁻¹x and x'A⁻¹ target A⁻¹x of each row are kept and
    brought up to date at each step by two products of X with a vector: O(m d + d²) a step.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR; weights : (m,) not negative.
    n : how many, at most m.
    start : (d, d) positive definite; target : (d, d) positive semidefinite.
    rng : breaks ties.

    Returns
    -------
    (n,) positions in X in the order taken, and (n,) by how much each lowered the trace when it was taken.

    Source
    ------
    Ash et al. 2021, "Gone Fishing: Neural Active Learning with Fisher Embeddings", algorithm 1, with
    information of rank one; Sherman & Morrison 1950.
    """
    X = as_points(X)
    state = _Inverse(X, weights, linalg.inv(start), target)
    taken, lowered = [], []
    left = np.ones(X.shape[0], dtype=bool)
    for _ in range(min(2 * n, X.shape[0])):
        rows = np.flatnonzero(left)
        gain = state.change(rows, +1.0)
        best = int(top_n(gain, 1, rng)[0])
        taken.append(int(rows[best]))
        lowered.append(float(gain[best]))
        left[rows[best]] = False
        state.move(rows[best], +1.0)
    order, lowered_by = np.array(taken), np.array(lowered)
    state = _Inverse(X[order], weights[order], state.inverse, target)
    kept = np.arange(len(order))
    while len(kept) > n:
        worst = int(top_n(-state.change(kept, -1.0), 1, rng)[0])
        state.move(kept[worst], -1.0)
        kept = np.delete(kept, worst)
    return order[kept], lowered_by[kept]


class _Inverse:
    """A⁻¹ while w x xᵀ of rows are added to A and taken from it, and what each row would do to the trace."""

    def __init__(self, X: Any, weights: Array, inverse: Floats, target: Floats) -> None:
        self.X, self.weights, self.inverse, self.target = X, weights, inverse, target
        m, d = X.shape
        self.own, self.effect = np.empty(m), np.empty(m)  # x'A⁻¹x and x'A⁻¹ target A⁻¹x
        for part in blocks(m, d):
            image = X[part] @ inverse
            raw = X[part].toarray() if sparse.issparse(X) else X[part]
            self.own[part] = np.einsum("ij,ij->i", image, raw)
            self.effect[part] = np.einsum("ij,ij->i", image @ target, image)

    def change(self, rows: Ids, sign: float) -> Floats:
        """By how much the trace falls (sign +1) or rises (-1) with each of these rows."""
        w = self.weights[rows]
        return w * np.maximum(self.effect[rows], 0.0) / self._rest(w * self.own[rows], sign)

    def move(self, row: int, sign: float) -> None:
        """Add the row (sign +1) or take it away (-1)."""
        x = self.X[[row]].toarray().ravel() if sparse.issparse(self.X) else self.X[row]
        w = float(self.weights[row])
        a = self.inverse @ x
        c = sign * w / float(self._rest(np.array(w * self.own[row]), sign))
        image = self.target @ a
        pair = np.column_stack([a, self.inverse @ image]).astype(self.X.dtype)
        u, v = (self.X @ pair).astype(np.float64).T
        self.effect += c * u * (c * u * float(a @ image) - 2.0 * v)
        self.own -= c * u * u
        self.inverse = self.inverse - c * np.outer(a, a)

    @staticmethod
    def _rest(share: Floats, sign: float) -> Floats:
        return np.maximum(1.0 + sign * share, np.finfo(np.float32).eps)
