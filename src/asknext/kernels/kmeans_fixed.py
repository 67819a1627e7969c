"""K-means in which some centres stand fixed and swallow the rows around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from asknext.kernels.distances import (
    as_points,
    blocks,
    centred,
    squared_distances,
    squared_norms,
    to_nearest,
    without_rounding,
)
from asknext.kernels.kmeans import Clusters, k_means
from asknext.types import Array, Floats, Ids

STEPS = 100  # Lloyd steps at most


def k_means_fixed(
    X: Any, k: int, fixed: Any, rng: np.random.Generator, weights: Array | None = None
) -> Clusters:
    """Find k centres beside the fixed ones, such that rows are close to one or the other.

    Full Lloyd steps over all rows. A row at least as close to a fixed centre as to any free one pulls nobody.
    Distances to the fixed centres are measured once, so a step costs as much as if there were none. Free
    centres are seeded by greedy k-means++ that starts from the fixed ones; one that loses all its rows stays
    where it is.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    k : free centres; at least m means that each row is its own.
    fixed : (l, d) centres that stay; without any this is `k_means`.
    rng : draws the seeds.
    weights : (m,) weight of each row, not negative; all zero means all equal.

    Returns
    -------
    The free clusters; the label of a row that belongs to a fixed centre is -1.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2021, "Sample Noise Impact on Active Learning", there in mini-batches;
    Arthur & Vassilvitskii 2007, "k-means++", with the 2 + log k trials a seed of their last section.
    """
    X = as_points(X)
    m = X.shape[0]
    if fixed.shape[0] == 0 or k >= m:
        return k_means(X, k, rng, weights)
    if weights is None or not np.any(weights > 0):
        weights = np.ones(m)
    points, fixed = centred(X, as_points(fixed))
    norms, barrier = squared_norms(points), to_nearest(points, fixed)
    centres = _dense(points[_seeds(points, norms, k, barrier.copy(), weights, rng)])
    labels = np.full(m, -1)
    for _ in range(STEPS):
        before, labels = labels, _nearest(points, norms, centres, barrier)
        if np.array_equal(before, labels):
            break
        centres = _means(points, labels, weights, centres)
    shift = 0.0 if sparse.issparse(X) else X[0] - points[0]
    return Clusters(labels, centres + shift)


def _seeds(X: Any, norms: Floats, k: int, gap: Floats, weights: Array, rng: np.random.Generator) -> Ids:
    """Rows drawn by weight × squared distance to the nearest centre, each the best of several draws."""
    trials = 2 + int(np.log(k))
    rows = np.empty(k, dtype=np.intp)
    for step in range(k):
        total = np.cumsum(weights * gap, dtype=np.float64)
        if total[-1] <= 0.0:
            left = np.setdiff1d(np.arange(len(gap)), rows[:step])
            rows[step:] = rng.choice(left, size=k - step, replace=False)
            break
        drawn = np.searchsorted(total, rng.random(trials) * total[-1], side="right")
        drawn = np.minimum(drawn, np.searchsorted(total, total[-1]))  # rounding: never behind the last mass
        fresh = squared_distances(X[drawn], X, norms[drawn], norms)
        fresh = np.minimum(fresh, gap, out=fresh)
        best = int(np.argmin(fresh @ weights))
        rows[step], gap = drawn[best], without_rounding(fresh[best], norms)
    return rows


def _nearest(X: Any, norms: Floats, centres: Floats, barrier: Floats) -> NDArray[np.intp]:
    """The nearest free centre of each row, -1 for rows with a fixed one at least as close."""
    labels = np.empty(X.shape[0], dtype=np.intp)
    c_norms = squared_norms(centres)
    for part in blocks(X.shape[0], len(centres)):
        table = squared_distances(X[part], centres, norms[part], c_norms)
        labels[part] = table.argmin(axis=1)
        labels[part][table.min(axis=1) >= barrier[part]] = -1
    return labels


def _means(X: Any, labels: NDArray[np.intp], weights: Array, centres: Floats) -> Floats:
    """Weighted means of the clusters; where a cluster has no weight, the centre that it had."""
    k, rows = len(centres), np.flatnonzero(labels >= 0)
    members = sparse.csr_array((weights[rows], (labels[rows], rows)), shape=(k, X.shape[0]))
    sums, mass = _dense(members @ X), np.bincount(labels[rows], weights[rows], minlength=k)
    return np.where(mass[:, None] > 0, sums / np.where(mass > 0, mass, 1.0)[:, None], centres)


def _dense(rows: Any) -> Floats:
    return rows.toarray() if sparse.issparse(rows) else rows
