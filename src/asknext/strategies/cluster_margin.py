"""Cluster-Margin: uncertain items spread over clusters, those of small clusters first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.groups import place_in_group
from asknext.kernels.linkage import average_linkage
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import closeness
from asknext.strategies.weighted_kmeans import shortlist


@dataclass(frozen=True)
class ClusterMargin(Strategy):
    """Ask uncertain items in turns over their clusters, one a cluster and turn, the smallest clusters first.

    The pool is clustered by average linkage, in the same way in each round: the seed is kept as memory. Of
    the candidates, the beta · n of the smallest margin stay. Clusters are sorted by how many of these they
    hold, and each in turn gives one of its own at random, until n are chosen. If all margins are equal, as
    without a model, all candidates stay.

    Parameters
    ----------
    beta : candidates kept for each item asked, at least 1.
    cluster_size : mean number of clustered items in a cluster.
    sample : items clustered at most; average linkage takes sample² memory (128 MB for 4000). In a larger pool
        all other items follow the nearest one of a uniform sample, so that there are sample / cluster_size
        clusters whatever the size of the pool.

    Raises
    ------
    AskNextError : beta, the cluster size or the sample is below 1.

    Paper
    -----
    Citovsky et al. 2021, "Batch Active Learning at Scale", algorithms 1 and 2. The authors cluster millions
    of items by a distributed average linkage, down to a distance; here a sample and a number of clusters.
    """

    name = "cluster-margin"
    family = "hybrid"
    paper = "Citovsky et al. 2021"
    cost = "N C + (N + L) S d, for a sample of S"
    aliases = ("clustermargin",)
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    beta: float = 10.0
    cluster_size: float = 10.0
    sample: int = 4000

    def __post_init__(self) -> None:
        if not (self.beta >= 1 and self.cluster_size >= 1):
            raise AskNextError(
                f"beta is {self.beta} and cluster_size is {self.cluster_size}; both must be at least 1."
            )
        as_whole("the sample", self.sample, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order of the turns."""
        seed = int(round.memory.get("seed", rng.integers(2**31)))
        ids = np.sort(np.concatenate([round.candidates, round.asked]))
        k = int(np.ceil(min(len(ids), self.sample) / self.cluster_size))
        X = round.read("embedding", ids)
        labels = average_linkage(X, k, np.random.default_rng(seed), self.sample)
        closest = closeness(round.read("proba"))
        kept = rng.permutation(shortlist(closest, self.beta * n, rng))
        cluster = labels[np.searchsorted(ids, round.candidates[kept])]
        size = np.bincount(cluster)[cluster]
        turn = place_in_group(cluster)
        first = np.lexsort((cluster, size, turn))[:n]
        rows = kept[first]
        parts = {
            "cluster": cluster[first], "cluster_size": size[first],
            "turn": turn[first], "margin": 1.0 - closest[rows],
        }  # fmt: skip
        return Selection(round.candidates[rows], closest[rows], parts, {"seed": seed})
