"""TypiClust: with few labels, ask the most typical item of each cluster that has none."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.distances import as_points
from asknext.kernels.kmeans import k_means
from asknext.kernels.neighbours import distinct, mean_distance
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Array, Ids


@dataclass(frozen=True)
class TypiClust(Strategy):
    """Ask the most typical item of each cluster, the least covered and then the largest clusters first.

    Candidates and asked items are split into as many clusters as there are asked items and items to ask.
    Labelled, pending and out-of-scope items cover their cluster, and so does each pick. Typicality is
    1 / mean distance to the nearest neighbours among the candidates of the cluster.

    Parameters
    ----------
    neighbours : neighbours looked at; half the cluster where it is smaller than twice that.
    max_clusters : the most clusters made; None for no limit.
    small : clusters of so few items (and of at most half the mean size) come after all others.
    quirks : as in the authors' code, see below.

    Raises
    ------
    AskNextError : fewer than one neighbour or cluster.

    Paper
    -----
    Hacohen, Dekel & Weinshall 2022, "Active Learning on a Budget: Opposite Strategies Suit High and Low
    Budgets". The authors' code differs from the paper, and `published()` follows the code: squared
    distances; copies of an item count as its neighbours, so that copies are always asked first; small
    clusters are dropped, whatever the mean size; rounds over the clusters in an order fixed at the start,
    rather than the least covered first; at most 500 clusters, by mini-batches if over 50. We keep its rules
    where they cannot crash: clusters without candidates are skipped, and dropped clusters are used once
    nothing else is left. Other well-known code looks at as many neighbours in a small cluster as in a
    large one, up to all of it.
    """

    name = "typiclust"
    family = "low-budget"
    paper = "Hacohen et al. 2022"
    cost = "N (L + B) d a step, then all pairs within clusters"
    aliases = ("tpc", "tpcrp")
    needs = frozenset({"embedding"})
    stochastic = True

    neighbours: int = 20
    max_clusters: int | None = None
    small: int = 5
    quirks: bool = False

    def __post_init__(self) -> None:
        if self.neighbours < 1 or (self.max_clusters is not None and self.max_clusters < 1):
            raise AskNextError(
                f"neighbours is {self.neighbours} and max_clusters is {self.max_clusters}; "
                "both must be at least 1."
            )

    @classmethod
    def published(cls) -> TypiClust:
        """The strategy as in the authors' code."""
        return cls(max_clusters=500, quirks=True)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, one cluster after the other."""
        ids = np.sort(np.concatenate([round.candidates, round.asked]))
        X = as_points(round.read("embedding", ids))
        k = min(len(round.asked) + n, self.max_clusters or len(ids))
        labels = k_means(X, k, rng, batch_size=5000 * (k > 50) if self.quirks else None).labels
        free = np.isin(ids, round.candidates)
        size = np.bincount(labels, minlength=k)
        covered = np.bincount(labels[~free], minlength=k)
        small = size <= (self.small if self.quirks else min(self.small, len(ids) / k / 2))
        members = _members(labels, free, k)

        def turn(cluster: int, picked: int) -> tuple[float, ...]:
            cover = (picked, covered[cluster]) if self.quirks else (covered[cluster] + picked,)
            return (small[cluster], *cover, -size[cluster])

        queue = [(turn(cluster, 0), cluster, 0) for cluster in range(k) if len(members[cluster])]
        heapq.heapify(queue)
        picks = []
        for _ in range(n):
            _, cluster, picked = heapq.heappop(queue)
            row, typicality = self._most_typical(X, members[cluster], rng)
            picks.append((row, cluster, size[cluster], covered[cluster] + picked, typicality))
            members[cluster] = members[cluster][members[cluster] != row]
            if len(members[cluster]):
                heapq.heappush(queue, (turn(cluster, picked + 1), cluster, picked + 1))
        rows, *columns = (np.array(column) for column in zip(*picks, strict=True))
        names = ("cluster", "cluster_size", "covered", "typicality")
        return Selection(ids[rows], parts=dict(zip(names, columns, strict=True)))

    def _most_typical(self, X: Array, members: Ids, rng: np.random.Generator) -> tuple[int, float]:
        """The member with the nearest neighbours, and its typicality; 0 where it has no neighbour."""
        if not self.quirks:
            members = members[distinct(X[members])]
        k = min(self.neighbours, max(1, len(members) // 2))
        away = mean_distance(X[members], k, squared=self.quirks)
        best = int(top_n(-away, 1, rng)[0])
        return int(members[best]), float(1.0 / (away[best] + 1e-5))  # 1e-5 as published


def _members(labels: Ids, free: Array, k: int) -> list[Ids]:
    """The candidates of each cluster, as rows."""
    rows = np.flatnonzero(free)
    rows = rows[np.argsort(labels[rows], kind="stable")]
    return np.split(rows, np.cumsum(np.bincount(labels[rows], minlength=k))[:-1])
