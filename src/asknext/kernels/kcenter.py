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

FRONT = 2048  # rows followed step by step; all others are brought up to date now and then


def k_center(X: Any, n: int, rng: np.random.Generator, centres: Any = None) -> tuple[Ids, Floats]:
    """Take n times the row that is farthest from every centre; it becomes a centre.

    Distances to the nearest centre only fall, so an old one is an upper bound. Only the front, the rows of
    the largest distances, is followed step by step, as long as its farthest row is farther than the bound of
    every row behind it; then all rows are brought up to date by one matrix product. The rows taken are those
    of the plain algorithm; time is still O(m · n · d), but X is read once a front instead of once a step.

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
    algorithm 1. The front is ours.
    """
    X = as_points(X)
    taken, radii = np.empty(n, dtype=np.intp), np.empty(n)
    done = 0
    if centres is not None and centres.shape[0]:
        X, centres = centred(X, as_points(centres))
        norms = squared_norms(X)
        gap = to_nearest(X, centres, norms)
    else:
        (X,) = centred(X)
        norms = squared_norms(X)
        row = _largest(2.0 * (X @ np.asarray(X.mean(axis=0)).ravel()) - norms, rng)
        gap = _beside(X, norms, row)
        taken[0], radii[0], done = row, gap.max(), 1
        gap[row] = -1.0  # below any distance: never taken again
    while done < n:
        rows, gaps = _follow(X, norms, gap, n - done, rng)
        taken[done : done + len(rows)], radii[done : done + len(rows)] = rows, gaps
        done += len(rows)
        if done < n:
            np.minimum(gap, to_nearest(X, X[rows], norms), out=gap)
            gap[rows] = -1.0
    return taken, np.sqrt(radii)


def _follow(X: Any, norms: Floats, gap: Floats, n: int, rng: np.random.Generator) -> tuple[Ids, Floats]:
    """At most n steps on the front alone, at least one: rows taken and their squared distances."""
    front = np.arange(len(gap))
    bound = -np.inf  # of the rows behind the front
    if len(gap) > FRONT:
        front = np.argpartition(gap, len(gap) - FRONT)[-FRONT:]
        bound = gap[front].min()
        if gap[front].max() == bound:  # ties reach beyond the front: one step on all rows
            row = _largest(gap, rng)
            return np.array([row]), gap[[row]]
    Y, y_norms, near = X[front], norms[front], gap[front]
    rows: list[int] = []
    gaps: list[float] = []
    while len(rows) < n:
        place = _largest(near, rng)
        if near[place] <= bound:
            break
        rows.append(int(front[place]))
        gaps.append(float(near[place]))
        np.minimum(near, _beside(Y, y_norms, place), out=near)
        near[place] = -1.0
    return np.array(rows), np.array(gaps)


def _beside(X: Any, norms: Floats, row: int) -> Floats:
    """Squared distances of all rows to one of them."""
    return without_rounding(norms + norms[row] - 2.0 * products(X, row), norms)


def _largest(values: Floats, rng: np.random.Generator) -> int:
    ties = np.flatnonzero(values == values.max())
    return int(ties[0] if len(ties) == 1 else rng.choice(ties))
