"""Scales: how far apart rows lie, typically and at the least, and numbers brought to [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.kernels.distances import (
    as_points,
    blocks,
    centred,
    squared_distances,
    squared_norms,
    to_nearest,
    without_rounding,
)
from asknext.types import Array, Floats, Ids

HAIR = 1.0 - 1e-6


def spread(X: Any) -> float:
    """The median distance between two rows, divided by √2; all pairs are measured, so X is best a sample.

    For unit vectors that point in all directions it is 1. Where more than half of the pairs coincide, the
    median of the others is taken; where all do, the result is 1, since any length will do.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    """
    (X,) = centred(as_points(X))
    norms = squared_norms(X)
    apart: list[Floats] = [np.zeros(0)]
    for part in blocks(len(norms), len(norms)):
        table = squared_distances(X[part], X, norms[part], norms)
        above = np.arange(len(norms)) > np.arange(part.start, part.stop)[:, None]
        apart.append(without_rounding(table, norms)[above])
    squared = np.concatenate(apart)
    middle = float(np.median(squared)) if len(squared) else 0.0
    if middle == 0.0 and np.any(squared > 0):
        middle = float(np.median(squared[squared > 0]))
    return float(np.sqrt(middle / 2.0)) or 1.0


def nearest_other(X: Any, rows: Ids) -> Floats:
    """Distance of some rows to the nearest row that is no copy of them; infinite where there is none.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR; rows : (s,) positions in X.
    """
    if not len(rows):
        return np.zeros(0)
    (X,) = centred(as_points(X))
    norms = squared_norms(X)
    nearest = np.full(len(rows), np.inf)
    for part in blocks(len(norms), len(rows)):
        table = squared_distances(X[rows], X[part], norms[rows], norms[part])
        table = without_rounding(table, np.maximum(norms[rows][:, None], norms[part]))
        table[table == 0.0] = np.inf
        nearest = np.minimum(nearest, table.min(axis=1))
    return np.sqrt(nearest)


def pure_radius(X: Any, labels: Array, share: float, rows: Ids) -> float:
    """The largest radius at which a share of the open balls around some rows hold one label only.

    It is read off exactly: the ball around a row is pure as long as its radius is at most the distance to the
    nearest row of another label.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    labels : (m,) label of each row.
    share : part of the balls that must be pure, in [0, 1].
    rows : (s,) positions in X, the centres of the balls; at least one.

    Returns
    -------
    The radius; infinite where so many balls never meet another label.
    """
    (X,) = centred(as_points(X))
    border = np.full(len(rows), np.inf)
    for label in np.unique(labels[rows]):
        own, others = labels[rows] == label, labels != label
        if others.any():
            border[own] = np.sqrt(to_nearest(X[rows[own]], X[others]))
    return float(np.sort(border)[min(int((1.0 - share) * len(rows) + 1e-9), len(rows) - 1)])


def purity_radii(X: Any, centres: Any, wanted: Array, labels: Array, share: float, limit: float) -> Floats:
    """For each centre the largest radius, up to a limit, at which its ball holds enough of the label wanted.

    Parameters
    ----------
    X : (m, d) rows; centres : (c, d) points; dense or CSR.
    wanted : (c,) label of each centre; labels : (m,) label of each row.
    share : part of the rows in the open ball that must have the label wanted.
    limit : the largest radius looked at.

    Returns
    -------
    (c,) radii, a hair less so that rounding puts no row on the border inside; 0 where no ball is pure enough,
    the limit where no row lies within it.
    """
    X, centres = centred(as_points(X), as_points(centres))
    x_norms, c_norms = squared_norms(X), squared_norms(centres)
    radii = np.empty(len(c_norms))
    for part in blocks(len(c_norms), len(x_norms)):
        table = squared_distances(centres[part], X, c_norms[part], x_norms)
        for i, squared in enumerate(table, start=part.start):
            near = np.flatnonzero(squared < limit**2)
            near = near[np.argsort(squared[near], kind="stable")]
            purity = np.cumsum(labels[near] == wanted[i]) / np.arange(1, len(near) + 1)
            ends = np.append(np.sqrt(squared[near]), limit)[1:]  # the ball of the first j ends before row j
            pure = np.flatnonzero(purity >= share)
            radii[i] = limit if not len(near) else HAIR * ends[pure[-1]] if len(pure) else 0.0
    return radii


def to_unit(values: Array) -> Floats:
    """Numbers moved and scaled to [0, 1]; zeros where they are all the same."""
    span = float(np.ptp(values))
    return (values - values.min()) / span if span > 0 else np.zeros(len(values))
