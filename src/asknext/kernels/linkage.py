"""Hierarchical clustering by average linkage, of a bounded sample of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from asknext.kernels.distances import (
    as_points,
    centred,
    nearest,
    squared_distances,
    squared_norms,
    without_rounding,
)


def average_linkage(X: Any, k: int, rng: np.random.Generator, sample: int) -> NDArray[np.intp]:
    """Cluster rows by merging, again and again, the two clusters of the least mean distance.

    The merging takes O(sample²) memory and time. If there are more rows than that, a uniform sample of them
    is clustered, and every other row goes to the cluster of the sampled row that is nearest to it.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    k : clusters at most; fewer if merges tie.
    rng : draws the sample; not used where all rows are clustered.
    sample : rows clustered at most.

    Returns
    -------
    (m,) cluster of each row, from 0.

    Source
    ------
    Sokal & Michener 1958; SciPy's `linkage`. Sampling and the nearest row are ours.
    """
    (X,) = centred(as_points(X))
    norms = squared_norms(X)
    m = len(norms)
    rows = np.arange(m) if m <= sample else np.sort(rng.choice(m, size=sample, replace=False))
    if len(rows) == 1:
        return np.zeros(m, dtype=np.intp)
    core, core_norms = X[rows], norms[rows]
    pairs = without_rounding(squared_distances(core, core, core_norms, core_norms), core_norms[:, None])
    tree = linkage(squareform(np.sqrt(pairs), checks=False), "average")
    cluster = fcluster(tree, k, "maxclust").astype(np.intp) - 1
    if len(rows) == m:
        return cluster
    labels = cluster[nearest(X, core)]
    labels[rows] = cluster
    return labels
