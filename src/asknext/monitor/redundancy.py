"""Redundancy: do the items of a batch repeat one another?"""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.kernels.distances import as_points, centred, squared_norms, unit, without_rounding
from asknext.kernels.neighbours import mean_distance, most_alike


def mean_similarity(batch: Any) -> float | None:
    """Mean cosine similarity of each pick to the most similar other pick. Needs no labels.

    Parameters
    ----------
    batch : (b, d) features of the picks, dense or CSR; the similarity of a row of zeros to any other is 0.

    Returns
    -------
    A number in [-1, 1], 1 where each pick has another in the same direction; None for fewer than two picks.
    The length of a row plays no part.
    """
    if batch.shape[0] < 2:
        return None
    rows = unit(as_points(batch).astype(np.float64))
    most = most_alike(rows, rows, np.arange(batch.shape[0]))[1]
    return float(np.clip(most, -1.0, 1.0).mean())


def near_duplicates(batch: Any, tolerance: float = 0.0) -> float | None:
    """Share of picks that have another pick within a Euclidean distance. Needs no labels.

    Parameters
    ----------
    batch : (b, d) features of the picks, dense or CSR.
    tolerance : the largest distance of near duplicates, in units of the features; 0 for exact copies only.

    Returns
    -------
    A number in [0, 1]; None for fewer than two picks.
    """
    if batch.shape[0] < 2:
        return None
    (rows,) = centred(as_points(batch).astype(np.float64))
    squared = without_rounding(mean_distance(rows, 1, squared=True), squared_norms(rows))
    return float(np.mean(np.sqrt(squared) <= tolerance))
