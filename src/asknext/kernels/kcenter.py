"""Farthest-first traversal: the greedy 2-approximation of the k-center problem."""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.kernels.distances import (
    as_points,
    centred,
    products,
    squared_norms,
    to_nearest,
    without_rounding,
)
from asknext.types import Floats, Ids


def k_center(X: Any, n: int, rng: np.random.Generator, centres: Any = None) -> tuple[Ids, Floats]:
    """Take n times the row that is farthest from every centre; it becomes a centre.

    One running minimum of distances is kept: O(n_rows · n · d) time, O(n_rows · d) memory.

    Parameters
    ----------
    X : (m, d) rows to take from, dense or CSR.
    n : how many, at most m.
    rng : breaks ties.
    centres : (l, d) rows that are centres already. Without any, the first row taken is the one closest to
        the mean of X.

    Returns
    -------
    (n,) positions in X in the order taken, and (n,) the distance of each to its nearest centre when it was
    taken; for a first row without centres, the distance to the row farthest from it.

    Source
    ------
    Gonzalez 1985, "Clustering to minimize the maximum intercluster distance"; Sener & Savarese 2018,
    algorithm 1.
    """
    X = as_points(X)
    taken, radii = np.empty(n, dtype=np.intp), np.empty(n)
    if centres is not None and centres.shape[0]:
        X, centres = centred(X, as_points(centres))
        norms = squared_norms(X)
        gap = to_nearest(X, centres)
        row = _largest(gap, rng)
    else:
        (X,) = centred(X)
        norms = squared_norms(X)
        gap = np.full(len(norms), np.inf, dtype=norms.dtype)
        row = _largest(2.0 * (X @ np.asarray(X.mean(axis=0)).ravel()) - norms, rng)
    for step in range(n):
        taken[step], radii[step] = row, gap[row]
        fresh = without_rounding(norms + norms[row] - 2.0 * products(X, row), norms)
        np.minimum(gap, fresh, out=gap)
        if np.isinf(radii[step]):
            radii[step] = gap.max()
        gap[row] = -1.0  # below any distance: never taken again
        row = _largest(gap, rng)
    return taken, np.sqrt(radii)


def _largest(values: Floats, rng: np.random.Generator) -> int:
    ties = np.flatnonzero(values == values.max())
    return int(ties[0] if len(ties) == 1 else rng.choice(ties))
