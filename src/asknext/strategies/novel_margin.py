"""Novel-margin: equally many items of each suspected new class, clear ones first and doubtful ones later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.answers import as_whole
from asknext.kernels.distances import (
    as_points,
    blocks,
    centred,
    squared_distances,
    squared_norms,
    without_rounding,
)
from asknext.kernels.kmeans import k_means
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.cluster_margin import place_within
from asknext.strategies.novelty import SCORES, check_score, limit, novelty
from asknext.strategies.typiclust import TypiClust
from asknext.types import Floats, Ids


@dataclass(frozen=True)
class NovelMargin(Strategy):
    """Ask items that are unlike the known classes, in turns over their clusters, the largest clusters first.

    An item is suspected where its score exceeds that of nearly all labelled items. The suspected items are
    clustered, as if each cluster were a new class, and each in turn gives one of its own: in the first rounds
    the one that is most clearly a member, later the one that lies most between its cluster and the next. If
    too few are suspected, the largest scores among the other items fill the batch.

    Where all scores are equal, as with no class or a single one, `TypiClust` chooses instead. The memory
    tells the share of candidates `flagged` and the limit `tau` (null without labels).

    Parameters
    ----------
    score : as for `Aloe`.
    clusters : suspected new classes; None takes as many as there are classes with labels.
    adaptive_round : the first round that asks doubtful items; the very first round of a campaign is 0.
    quantile : share of the labelled items that must not be suspected.

    Raises
    ------
    AskNextError : an unknown score, a quantile outside (0, 1], no cluster, or a negative round.

    Paper
    -----
    Ma, Zhu, Zhong, Zhang & Liu 2024, "Active Generalized Category Discovery". Their model has an output for
    each new class, so that it must know how many there are, and their code fails where it calls too few items
    new. Here scores say what is new, clusters stand for its classes, and the margin, there of probabilities,
    is 1 - a / b, with a and b the distances to the nearest and the next centre (the simplified silhouette).
    """

    name = "novel-margin"
    family = "open-world"
    paper = "Ma et al. 2024"
    cost = "N C, and N C d a step"
    aliases = ("adaptive-novel",)
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    score: str = "msp"
    clusters: int | None = None
    adaptive_round: int = 2
    quantile: float = 0.95

    def __post_init__(self) -> None:
        check_score(self.score, self.quantile)
        as_whole("clusters", 1 if self.clusters is None else self.clusters, 1)
        as_whole("adaptive_round", self.adaptive_round)
        object.__setattr__(self, "needs", frozenset({"embedding", *SCORES[self.score].needs}))

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, in the order of the turns."""
        scores = novelty(round, self.score, round.candidates)
        if np.ptp(scores) == 0:
            return TypiClust().select(round, n, rng)
        tau = limit(round, self.score, self.quantile)
        new, others = np.flatnonzero(scores > tau), np.flatnonzero(scores <= tau)
        more = others[top_n(scores[others], n - len(new), rng)] if len(new) < n else others[:0]
        label, margin = np.full(len(scores), -1), np.zeros(len(scores))
        if len(new):
            k = self.clusters or max(1, len(np.unique(round.y)))
            label[new], margin[new] = _membership(round.read("embedding", round.candidates[new]), k, rng)
        size = np.bincount(label[new], minlength=1)
        wanted = margin[new] if round.index < self.adaptive_round else -margin[new]
        within = np.lexsort((rng.random(len(new)), -wanted, label[new]))
        new = new[within]
        turn = place_within(label[new])
        rows = np.concatenate([new[np.lexsort((label[new], -size[label[new]], turn))][:n], more])
        parts = {
            "cluster": label[rows], "cluster_size": np.where(label[rows] < 0, 0, size[label[rows]]),
            "margin": margin[rows], "score": scores[rows],
        }  # fmt: skip
        memory = {"flagged": len(new) / len(scores), "tau": tau if np.isfinite(tau) else None}
        return Selection(round.candidates[rows], parts=parts, memory=memory)


def _membership(X: Any, k: int, rng: np.random.Generator) -> tuple[Ids, Floats]:
    """The cluster of each row, of k, and how clearly it belongs there: 1 - a / b, 0 between two clusters."""
    X, centres = centred(as_points(X), k_means(X, k, rng).centres)
    x_norms, c_norms = squared_norms(X), squared_norms(centres)
    label, margin = np.empty(len(x_norms), dtype=np.intp), np.ones(len(x_norms))
    for part in blocks(len(x_norms), len(c_norms)):
        table = squared_distances(X[part], centres, x_norms[part], c_norms)
        label[part] = table.argmin(axis=1)
        if len(c_norms) > 1:
            near, next_one = np.partition(table, 1, axis=1)[:, :2].T
            near = without_rounding(near, x_norms[part])
            margin[part] = 1.0 - np.sqrt(near / np.where(next_one > 0, next_one, 1.0))
    return label, margin
