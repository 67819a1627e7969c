"""K-means sampling: ask the item nearest to the centre of each of n clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.kernels.assign import distinct_nearest
from asknext.kernels.kmeans import Clusters, k_means
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Array, Ids


def central(ids: Ids, X: Array, n: int, rng: np.random.Generator, weights: Array | None = None) -> Selection:
    """The items nearest to the centres of n clusters, one each, those of the heaviest clusters first.

    Parameters
    ----------
    ids : (m,) positions in the pool; X : (m, d) their embedding.
    n : clusters and items, at most m.
    rng : seeds the clustering.
    weights : (m,) how hard each item pulls at its centre.

    Returns
    -------
    A selection whose score is the weight of the item's cluster (items in it, where there are no weights).
    """
    return nearest_to_centres(ids, X, k_means(X, n, rng, weights), weights)


def nearest_to_centres(ids: Ids, X: Array, clusters: Clusters, weights: Array | None = None) -> Selection:
    """The same for a clustering that is there already; an item of label -1 is in none of its clusters."""
    labels, centres = clusters
    inside = labels >= 0
    pull = None if weights is None else weights[inside]
    mass, size = (np.bincount(labels[inside], w, minlength=len(centres)) for w in (pull, None))
    rows, distance = distinct_nearest(X, centres)
    cluster = np.lexsort((distance, -mass))
    rows = rows[cluster]
    parts = {"cluster": cluster, "cluster_size": size[cluster], "distance": distance[cluster]}
    if weights is not None:
        parts["weight"] = weights[rows]
    return Selection(ids[rows], mass[cluster].astype(np.float64), parts)


@dataclass(frozen=True)
class KMeans(Strategy):
    """Ask the items nearest to the centres of n clusters of the candidates.

    Items and centres are matched so that the sum of distances is the least possible with distinct items;
    taking the nearest item of each centre by itself could name an item twice.

    Paper
    -----
    Xu et al. 2003, "Representative sampling for text classification using support vector machines".
    """

    name = "kmeans"
    family = "diversity"
    paper = "Xu et al. 2003"
    cost = "N B d a step"
    aliases = ("k-means",)
    needs = frozenset({"embedding"})
    stochastic = True

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items, those of the largest clusters first."""
        return central(round.candidates, round.read("embedding"), n, rng)
