"""Clusters by first neighbours: no number of clusters and no distance to choose."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from asknext.kernels.distances import as_points, blocks, centred, squared_distances, squared_norms
from asknext.kernels.groups import group_means
from asknext.types import Ids


def finch(X: Any) -> list[Ids]:
    """Join each row with its nearest other row, then each cluster with that of the nearest mean, and so on.

    All pairs are measured in blocks, O(m² d).

    Parameters
    ----------
    X : (m, d) rows, dense or CSR, at least one.

    Returns
    -------
    Clusterings, each (m,) labels from 0: first every row alone, then ever fewer clusters, down to one.

    Source
    ------
    Sarfraz et al. 2019, "Efficient Parameter-free Clustering Using First Neighbor Relations". Here distances
    are Euclidean; there one minus the cosine.
    """
    (X,) = centred(as_points(X))
    labels = [np.arange(X.shape[0])]
    while labels[-1].max() > 0:
        means = group_means(X, labels[-1]).astype(X.dtype, copy=False)
        labels.append(_joined(means)[labels[-1]])
    return labels


def _joined(X: Any) -> Ids:
    """The connected components of the graph of each row (m, d) with its nearest other row."""
    norms, m = squared_norms(X), X.shape[0]
    near = np.empty(m, dtype=np.intp)
    for part in blocks(m, m):
        table = squared_distances(X[part], X, norms[part], norms)
        mine = np.arange(part.start, part.stop)
        table[mine - part.start, mine] = np.inf
        near[part] = table.argmin(axis=1)
    graph = sparse.csr_array((np.ones(m), (np.arange(m), near)), shape=(m, m))
    return connected_components(graph, directed=False)[1].astype(np.intp)
