"""The k-center problem with outliers, solved as a mixed-integer program."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from asknext.kernels.distances import (
    as_points,
    centred,
    squared_distances,
    squared_norms,
    to_nearest,
    without_rounding,
)
from asknext.kernels.kcenter import k_center
from asknext.types import Array, Floats, Ids

NODES = 50  # branch-and-bound nodes for one radius, after which the radius counts as too small


class Cover(NamedTuple):
    """The rows (n,) that are centres, the radius they and the fixed ones cover, whether it is the least."""

    rows: Ids
    radius: float
    proven: bool


def robust_k_center(
    X: Any, n: int, rng: np.random.Generator, centres: Any = None, outliers: int = 0
) -> Cover:
    """Take the n rows that cover all rows but a few outliers within the least radius.

    Bisection over the distances that occur, from those of farthest-first traversal downwards. Whether n rows
    suffice for a radius is asked of a solver: binary u_j (row j is a centre) and xi_i ≥ 0 (row i is an
    outlier), sum u ≤ n, sum xi ≤ outliers, and for each row i that no fixed centre covers, xi_i + sum of the
    u_j within the radius ≥ 1. This is the published program without its variables w_ij, which follow from u.
    Centres to spare are spent by farthest-first traversal.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR; a table of m × m distances is made, so m must be small.
    n : how many, at most m.
    rng : breaks ties of the traversal.
    centres : (l, d) rows that are centres already.
    outliers : rows that need not be covered.

    Source
    ------
    Sener & Savarese 2018, algorithm 2. Half the radius of the traversal bounds the least radius from below
    only where there are no outliers; with outliers the search goes down to 0. Solver: HiGHS, through SciPy.
    """
    X = as_points(X)
    table, barrier = _distances(X, centres)
    rows, _ = k_center(X, n, rng, centres)
    best = _radius(table, barrier, rows, outliers)
    steps = np.unique(np.append(table, barrier[np.isfinite(barrier)]))
    low = np.searchsorted(steps, 0.0 if outliers else best / 2.0)
    high = np.searchsorted(steps, best)
    proven = True
    while low < high:
        middle = (low + high) // 2
        found, decided = _cover(table <= steps[middle], barrier > steps[middle], n, outliers)
        proven &= decided
        if found is None:
            low = middle + 1
        else:
            rows, high = found, middle
    best = _radius(table, barrier, rows, outliers)
    if len(rows) < n:
        left = np.setdiff1d(np.arange(len(table)), rows)
        around = X[rows] if centres is None else _stacked(X[rows], as_points(centres))
        spare, _ = k_center(X[left], n - len(rows), rng, around)
        rows = np.concatenate([rows, left[spare]])
    return Cover(rows, float(best), proven)


def _cover(within: Array, bare: Array, n: int, outliers: int) -> tuple[Ids | None, bool]:
    """At most n columns that cover all bare rows but the outliers, None if there are none; is it certain?"""
    needy = np.flatnonzero(bare)
    m, k = within.shape[1], len(needy)
    if k <= outliers:
        return np.empty(0, dtype=np.intp), True
    covers = sparse.hstack([sparse.csr_array(within[needy].astype(float)), sparse.eye_array(k)])
    budget = sparse.csr_array(np.repeat(np.eye(2), [m, k], axis=1))
    found = milp(
        np.zeros(m + k),
        integrality=np.repeat([1, 0], [m, k]),
        bounds=Bounds(0.0, 1.0),
        constraints=[LinearConstraint(covers, lb=1.0), LinearConstraint(budget, ub=[n, outliers])],
        options={"node_limit": NODES},
    )
    if found.x is None:
        return None, found.status == 2
    return np.flatnonzero(found.x[:m] > 0.5), True


def _radius(table: Floats, barrier: Floats, rows: Ids, outliers: int) -> float:
    """The distance within which the rows cover all but the outliers."""
    away = np.minimum(barrier, table[:, rows].min(axis=1, initial=np.inf))
    return float(np.sort(away)[-1 - outliers]) if outliers < len(away) else 0.0


def _distances(X: Any, centres: Any) -> tuple[Floats, Floats]:
    """All pairs of rows, and each row to its nearest fixed centre (infinite without any)."""
    points, *others = centred(X) if centres is None else centred(X, as_points(centres))
    norms = squared_norms(points)
    table = np.sqrt(without_rounding(squared_distances(points, points, norms, norms), norms[:, None]))
    there = bool(others) and others[0].shape[0] > 0
    barrier = np.sqrt(to_nearest(points, others[0])) if there else np.full(len(norms), np.inf)
    return np.maximum(table, table.T), barrier


def _stacked(X: Any, Y: Any) -> Any:
    return sparse.vstack([X, Y]).tocsr() if sparse.issparse(X) else np.concatenate([X, Y])
