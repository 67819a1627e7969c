"""Fronts of rows of two numbers: which row is beaten by another in both."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from asknext.types import Array, Ids


def fronts(pairs: Array) -> Ids:
    """The front of each row: 0 where no row is at least as large in both numbers and larger in one.

    Front k is what would be front 0 without the fronts before it; equal rows share one.

    Parameters
    ----------
    pairs : (m, 2) numbers.

    Returns
    -------
    (m,) front numbers.

    Source
    ------
    Jensen 2003: rows by falling first number each go to the first front whose largest second number is
    smaller, found by bisection.
    """
    order = np.lexsort((-pairs[:, 1], -pairs[:, 0]))
    found = np.empty(len(pairs), dtype=np.intp)
    tops: list[float] = []  # minus the largest second number of each front, ascending
    before, front = None, 0
    for row, (first, second) in zip(order.tolist(), pairs[order].tolist(), strict=True):
        if (first, second) != before:
            front = bisect_right(tops, -second)
            tops[front : front + 1] = [-second]
            before = first, second
        found[row] = front
    return found
