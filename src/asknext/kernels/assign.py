"""Give each centre a row of its own, at the least total distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from asknext.kernels.distances import (
    as_points,
    blocks,
    centred,
    squared_distances,
    squared_norms,
    without_rounding,
)
from asknext.types import Array, Floats, Ids

SHORTLIST = 4  # nearest rows looked at first


def distinct_nearest(X: Any, centres: Any) -> tuple[Ids, Floats]:
    """One row for each centre, all different, such that the sum of distances is the least possible.

    Only a shortlist of the nearest rows of each centre is looked at, and yet the result is exact. Any row
    beyond its shortlist is offered to a centre at the cost of the last row on it, which is never more than
    the truth; so a solution that takes no such row is the best of all. Otherwise the shortlists are doubled;
    as long as there are centres they always suffice.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    centres : (b, d) points, at most m of them.

    Returns
    -------
    (b,) positions in X, and (b,) their distances to the centres, both in the order of the centres.

    Source
    ------
    Linear sum assignment (Crouse 2016, the solver of SciPy); the shortlists are ours.
    """
    X, centres = centred(as_points(X), as_points(centres))
    b = centres.shape[0]
    length = min(SHORTLIST, b)
    while True:
        rows, distances = nearest_rows(X, centres, length)
        beyond = distances.max(axis=1) if length < b else np.full(b, np.inf)
        taken = cheapest(rows, distances, beyond)
        if np.all(taken >= 0):
            return rows[np.arange(b), taken], distances[np.arange(b), taken]
        length = min(2 * length, b)


def nearest_rows(X: Any, centres: Any, k: int) -> tuple[Ids, Floats]:
    """The k rows nearest to each centre, in no particular order.

    Returns
    -------
    (b, k) positions in X, and (b, k) distances.
    """
    x_norms, c_norms = squared_norms(X), squared_norms(centres)
    b = len(c_norms)
    rows, best = np.zeros((b, 0), dtype=np.intp), np.zeros((b, 0), dtype=x_norms.dtype)
    for part in blocks(len(x_norms), b):
        table = squared_distances(centres, X[part], c_norms, x_norms[part])
        near = _smallest(table, k)
        rows = np.concatenate([rows, near + part.start], axis=1)
        best = np.concatenate([best, np.take_along_axis(table, near, axis=1)], axis=1)
        kept = _smallest(best, k)
        rows, best = np.take_along_axis(rows, kept, axis=1), np.take_along_axis(best, kept, axis=1)
    return rows, np.sqrt(without_rounding(best, c_norms[:, None]))


def cheapest(rows: Ids, costs: Array, beyond: Array) -> Ids:
    """Which entry of its shortlist each centre takes, no row twice, at the least total cost.

    Parameters
    ----------
    rows : (b, k) the rows on each shortlist, different within one; costs : (b, k) their costs.
    beyond : (b,) what a centre pays for a row that is not on its shortlist.

    Returns
    -------
    (b,) columns of `rows`; -1 for a centre that takes a row beyond its shortlist.
    """
    names, column = np.unique(rows, return_inverse=True)
    column = column.reshape(rows.shape)
    taken = costs.argmin(axis=1)
    wanted = np.bincount(column.ravel())[column[np.arange(len(rows)), taken]]
    contested = np.flatnonzero(wanted > 1)  # whose best row is on no other shortlist simply takes it
    column = column[contested]
    table = np.repeat(beyond[contested, None], len(names), axis=1)
    np.put_along_axis(table, column, costs[contested], axis=1)
    served, matched = linear_sum_assignment(table)
    listed = column[served] == matched[:, None]
    taken[contested] = -1
    taken[contested[served]] = np.where(listed.any(axis=1), listed.argmax(axis=1), -1)
    return taken


def _smallest(table: Floats, k: int) -> Ids:
    if table.shape[1] <= k:
        return np.broadcast_to(np.arange(table.shape[1]), table.shape)
    return np.argpartition(table, k - 1, axis=1)[:, :k]
