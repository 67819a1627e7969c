"""Seeded, weighted k-means that takes duplicates, few rows and zero weights as they come."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning

from asknext.kernels.distances import as_points, centred, nearest
from asknext.kernels.threads import one_thread
from asknext.types import Array, Floats

FULL = 1 << 22  # rows × clusters up to which every step looks at every row
SAMPLE, EACH = 1 << 15, 16  # rows, and rows for each cluster, that a sample has at least


class Clusters(NamedTuple):
    """A clustering: `labels` (m,) the cluster of each row, `centres` (k, d), dense."""

    labels: NDArray[np.intp]
    centres: Floats


def k_means(
    X: Any,
    k: int,
    rng: np.random.Generator,
    weights: Array | None = None,
    n_init: int = 1,
    batch_size: int | None = None,
) -> Clusters:
    """Split rows into k clusters of small (weighted) squared distance to their centres.

    With fewer than k distinct rows some clusters are empty and some centres coincide. Runs on one thread,
    since sums over threads come in any order and would make equal seeds give unequal clusters.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    k : clusters; more than m means m.
    rng : gives the seed, by one draw.
    weights : (m,) weight of each row, not negative; all zero means all equal.
    n_init : seedings tried; the best result is kept.
    batch_size : rows a mini-batch, 0 for full steps. By default full steps where m · k is at most 2^22,
        else mini-batches of max(4096, 8 k) rows.

    Source
    ------
    Lloyd 1982; Sculley 2010 for mini-batches; Arthur & Vassilvitskii 2007 for the seeding.
    """
    X = as_points(X)
    m = X.shape[0]
    seed = int(rng.integers(2**31 - 1))
    if k >= m:
        return Clusters(np.arange(m), X.toarray() if hasattr(X, "toarray") else X)
    if weights is not None and not np.any(weights > 0):
        weights = None
    if batch_size is None:
        batch_size = 0 if m * k <= FULL else max(4096, 8 * k)
    settings = {"n_clusters": k, "n_init": n_init, "random_state": seed}
    model = MiniBatchKMeans(batch_size=batch_size, **settings) if batch_size else KMeans(**settings)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than clusters
        model.fit(X, sample_weight=weights)
    labels = model.labels_.astype(np.intp)
    if len(np.unique(labels)) < k:  # scikit-learn moves empty clusters without giving them their rows
        labels = nearest(X, model.cluster_centers_)
    return Clusters(labels, model.cluster_centers_)


def k_means_of_sample(X: Any, k: int, rng: np.random.Generator) -> Clusters:
    """K-means of a uniform sample where there are many rows; all rows then follow the nearest centre.

    Where rows × clusters exceed 2^22, the sample has max(2^15, 16 k) rows; else it is all of them.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    k : clusters; more than m means m.
    rng : draws the sample and gives the seed.
    """
    X = as_points(X)
    size = max(SAMPLE, EACH * k)
    if X.shape[0] * k <= FULL or X.shape[0] <= size:
        return k_means(X, k, rng)
    centres = k_means(X[np.sort(rng.choice(X.shape[0], size, replace=False))], k, rng).centres
    return Clusters(nearest(*centred(X, centres)), centres)
