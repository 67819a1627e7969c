"""Level lines of a function that is known on a grid and falls along neither axis."""

from __future__ import annotations

import numpy as np

from asknext.types import Floats


def level_line(x: Floats, y: Floats, values: Floats, level: float) -> Floats:
    """Where a function that never falls passes a level, along every line of its grid.

    Such a line never rises: x less y grows along it, which puts its points in order, however steep it is,
    without a search from cell to cell.

    Parameters
    ----------
    x, y : (a,) and (b,) ascending places of the grid.
    values : (a, b) falling along neither axis.
    level : the value looked for.

    Returns
    -------
    (m, 2) points, from the upper left to the lower right; none where the level is not passed. Between two
    neighbours on the grid the function is taken to be straight.
    """
    found = []
    for table, along, across, flipped in ((values, x, y, False), (values.T, y, x, True)):
        low, high = table[:-1], table[1:]
        i, j = np.nonzero((low < level) & (level <= high))
        part = (level - low[i, j]) / (high[i, j] - low[i, j])
        points = np.column_stack([along[i] + part * (along[i + 1] - along[i]), across[j]])
        found.append(points[:, ::-1] if flipped else points)
    points = np.concatenate(found)
    return points[np.argsort(points[:, 0] / np.ptp(x) - points[:, 1] / np.ptp(y), kind="stable")]
