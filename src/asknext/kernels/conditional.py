"""Rows that say much of one set of rows and little of another: two measures, greedily."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from scipy import linalg, sparse

from asknext.kernels.distances import as_points, blocks
from asknext.kernels.fisher import information
from asknext.kernels.topn import top_n
from asknext.types import Array, Floats, Ids

NOISE = 1.0  # added to the diagonal of the kernel


def log_det_gains(
    X: Any, n: int, target: Any, given: Any, rng: np.random.Generator, noise: float = NOISE
) -> tuple[Ids, Floats]:
    """Take n times the row that shares most information with the target, given other rows and those taken.

    Of a Gaussian process with kernel <x, z>, observed with noise: the gain of a row x is log var(x | taken,
    given) - log var(x | taken, given, target), which is what it adds to log det K(A, G) - log det K(A, G, T)
    + constant, for the rows taken A, those given G and the target T. Variances are kept up to date by one
    product of X with a vector each: O(m d) a step, and a d × d matrix for each of the two.

    Parameters
    ----------
    X : (m, d) rows to take, dense or CSR.
    n : how many, at most m.
    target : (t, d) rows; given : (g, d) rows; either may be empty.
    rng : breaks ties.
    noise : added to the diagonal of the kernel, above 0.

    Returns
    -------
    (n,) positions in X in the order taken, and (n,) their gains.

    Source
    ------
    Kothawade et al. 2021, SIMILAR, LogDetCMI with weights of 1.
    """
    X = as_points(X)
    both = [_Variance(X, [given], noise), _Variance(X, [given, target], noise)]
    left = np.ones(X.shape[0], dtype=bool)
    rows, gains = np.empty(n, dtype=np.intp), np.empty(n)
    for step in range(n):
        free = np.flatnonzero(left)
        gain = np.log(both[0].values[free] / both[1].values[free])
        best = int(top_n(gain, 1, rng)[0])
        rows[step], gains[step] = free[best], gain[best]
        left[rows[step]] = False
        x = X[[free[best]]].toarray().ravel() if sparse.issparse(X) else X[free[best]]
        images = np.stack([variance.inverse @ x for variance in both], axis=1)
        products = X @ images.astype(X.dtype)  # one pass over X for both
        for variance, image, product in zip(both, images.T, products.T, strict=True):
            variance.observe(x, image, product)
    return rows, gains


class _Variance:
    """`values` (m,): noise + variance of each row of X, once some rows have been observed."""

    def __init__(self, X: Any, observed: list[Any], noise: float) -> None:
        self._noise = noise
        total = np.eye(X.shape[1])
        for rows in observed:
            total += information(rows, np.full(rows.shape[0], 1.0 / noise))
        self.inverse: Floats = linalg.inv(total)
        self.values = np.empty(X.shape[0])
        for part in blocks(X.shape[0], X.shape[1]):
            raw = X[part].toarray() if sparse.issparse(X) else X[part]
            self.values[part] = noise + np.einsum("ij,ij->i", raw @ self.inverse, raw)

    def observe(self, x: Array, image: Floats, product: Array) -> None:
        """Take a row x into account, with its image under the inverse and the product of X with that."""
        scale = self._noise + float(x @ image)
        self.values = np.maximum(self.values - product.astype(np.float64) ** 2 / scale, self._noise)
        self.inverse = self.inverse - np.outer(image, image) / scale


def facility_gains(
    X: Any, n: int, marks: Any, cap: Array, floor: Array, covered: Array, preference: Array
) -> tuple[Ids, Floats]:
    """Take n times the row that adds most to the sum over marks of max(min(best product, cap) - floor, 0).

    The best product is that of the mark with the rows taken. The sum is submodular, so a gain once computed
    bounds what it is later: rows are measured anew only while their bound is the largest.

    Parameters
    ----------
    X : (m, d) rows to take; marks : (l, d) rows to cover; dense or CSR.
    n : how many, at most m.
    cap, floor : (l,) beyond the one, and up to the other, nothing is gained.
    covered : (l,) best product at the start.
    preference : (m,) of equal gains, as of 0 once all is covered, the row with the larger one comes first.

    Returns
    -------
    (n,) positions in X in the order taken, and (n,) their gains.

    Source
    ------
    Kothawade et al. 2021, SIMILAR, FLCMI; Minoux 1978 for greedy with stale bounds.
    """
    X, marks = as_points(X), as_points(marks)
    covered = np.clip(covered, floor, np.maximum(cap, floor))

    def gained(rows: Any) -> Floats:
        product = X[rows] @ marks.T
        table = product.toarray() if sparse.issparse(product) else product
        return np.clip(np.minimum(table, cap) - covered, 0.0, None)

    bounds = np.empty(X.shape[0])
    for part in blocks(X.shape[0], marks.shape[0]):
        bounds[part] = gained(part).sum(axis=1)
    queue = [(-bounds[row], -preference[row], row, 0) for row in range(len(bounds))]
    heapq.heapify(queue)
    taken, gains = np.empty(n, dtype=np.intp), np.empty(n)
    for step in range(n):
        while queue[0][3] < step:
            row = queue[0][2]
            heapq.heapreplace(queue, (-float(gained([row]).sum()), -preference[row], row, step))
        least, _, taken[step], _ = heapq.heappop(queue)
        gains[step] = -least
        covered = covered + gained([taken[step]])[0]
    return taken, gains
