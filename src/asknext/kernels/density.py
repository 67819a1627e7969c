"""How much a row resembles the rows of a set, on average."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sklearn.preprocessing import normalize

from asknext.kernels.coverage import scaled, similarity
from asknext.kernels.distances import as_points, blocks, squared_distances, squared_norms
from asknext.kernels.scale import spread
from asknext.types import Floats

Likeness = Literal["cosine", "gaussian"]
"""Cosine of the angle between two rows, 0 for a row of zeros; exp(-r² / s²) with s the spread of the set."""

SPREAD_ROWS = 512  # rows of the set whose distances give the scale of the Gaussian


def mean_likeness(X: Any, others: Any, likeness: Likeness) -> Floats:
    """Mean likeness of each row of X to the rows of a set.

    Parameters
    ----------
    X : (m, d) rows; others : (s, d) the set, at least one row; dense or CSR.
    likeness : "cosine", in one pass over each, or "gaussian", in blocks of m · s distances.

    Returns
    -------
    (m,) numbers, in [-1, 1] for "cosine" and in [0, 1] for "gaussian".
    """
    if likeness == "cosine":
        centre = np.asarray(normalize(as_points(others)).mean(axis=0)).ravel()
        return np.asarray(normalize(as_points(X)) @ centre)
    X, others = scaled(spread(others[:SPREAD_ROWS]), X, others)
    x_norms, o_norms = squared_norms(X), squared_norms(others)
    mean = np.empty(len(x_norms))
    for part in blocks(len(x_norms), len(o_norms)):
        squared = squared_distances(X[part], others, x_norms[part], o_norms)
        mean[part] = similarity(squared, "rbf").mean(axis=1)
    return mean
