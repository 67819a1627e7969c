"""Convex quadratic programs over fractions of rows: 0 ≤ a ≤ 1, summing to a whole number."""

from __future__ import annotations

import numpy as np

from asknext.types import Floats

STEPS = 5000  # gradient steps at most


def project(values: Floats, total: int) -> Floats:
    """The point of {0 ≤ a ≤ 1, sum a = total} nearest to the values.

    Parameters
    ----------
    values : (m,) numbers.
    total : between 0 and m.

    Source
    ------
    It is clip(values - t, 0, 1) for the t that gives the sum (Wang & Lu 2015, "Projection onto the capped
    simplex"). The sum falls in t along straight lines, which change where an entry leaves 1 or reaches 0.
    """
    m = len(values)
    turns = np.concatenate([values - 1.0, values])
    order = np.argsort(turns)
    turns, slope = turns[order], np.cumsum(np.where(order < m, -1.0, 1.0))
    sums = m + np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(turns))])
    return np.clip(values - np.interp(-total, -sums, turns), 0.0, 1.0)


def minimise(Q: Floats, c: Floats, total: int, tolerance: float = 1e-6) -> Floats:
    """The a that minimises ½ a'Qa + c'a over {0 ≤ a ≤ 1, sum a = total}.

    Parameters
    ----------
    Q : (m, m) symmetric, positive semidefinite; c : (m,).
    total : from 1 to m.
    tolerance : the search ends once the value is within this of the least, for each of the total. The gap is
        bounded by what the gradient at a still offers, over all points allowed.

    Source
    ------
    Beck & Teboulle 2009, accelerated projected gradient; O'Donoghue & Candès 2015, restarts; Jaggi 2013, gap.
    """
    pace = 1.0 / (float(np.abs(Q).sum(axis=1).max()) or 1.0)
    a = ahead = np.full(len(c), total / len(c))
    momentum = 1.0
    for _ in range(STEPS):
        slope = Q @ a + c
        if slope @ a - np.partition(slope, total - 1)[:total].sum() <= tolerance * total:
            break
        before, a = a, project(ahead - pace * (Q @ ahead + c), total)
        moved = a - before
        if float((ahead - a) @ moved) > 0:
            momentum, ahead = 1.0, a
        else:
            last, momentum = momentum, (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
            ahead = a + (last - 1.0) / momentum * moved
    return a
