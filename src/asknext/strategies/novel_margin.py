"""Novel-margin: equally many items of each suspected new class, sure ones first and doubtful ones later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.answers import as_whole
from asknext.kernels.groups import place_in_group
from asknext.kernels.kmeans import k_means_of_sample
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import closeness
from asknext.strategies.novelty import SCORES, check_score, limit, novelty
from asknext.strategies.typiclust import TypiClust


@dataclass(frozen=True)
class NovelMargin(Strategy):
    """Ask items that are unlike the known classes, in turns over their clusters, the largest clusters first.

    An item is suspected to be of a new class where its score exceeds that of nearly all labelled items. The
    suspected items are clustered, as if each cluster were a new class, and each in turn gives one of its own:
    in the first rounds that of the largest margin p1 - p2, later that of the smallest. If too few items are
    suspected, the largest scores among the others fill the batch.

    Where all scores are equal, as with no class or a single one, `TypiClust` chooses instead. The memory
    tells the share of candidates `flagged` and the limit `tau` (null without labels).

    Parameters
    ----------
    score : as for `Aloe`.
    clusters : suspected new classes; None takes as many as items to ask, so that each gives one.
    adaptive_round : the first round that asks for small margins; the very first of a campaign is 0.
    quantile : share of the labelled items that must not be suspected.

    Raises
    ------
    AskNextError : an unknown score, a quantile outside (0, 1], no cluster, or a negative round.

    Paper
    -----
    Ma, Zhu, Zhong, Zhang & Liu 2024, "Active Generalized Category Discovery". Their model has an output for
    each new class, so that it must know how many there are, and their code fails where it calls too few items
    new. Here scores say what is new, and clusters stand for its classes.
    """

    name = "novel-margin"
    family = "open-world"
    paper = "Ma et al. 2024"
    cost = "N C, and N B d a step"
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
        object.__setattr__(self, "needs", frozenset({"proba", "embedding", *SCORES[self.score].needs}))

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, in the order of the turns."""
        scores = novelty(round, self.score, round.candidates)
        if np.ptp(scores) == 0:
            return TypiClust().select(round, n, rng)
        tau = limit(round, self.score, self.quantile)
        new, others = np.flatnonzero(scores > tau), np.flatnonzero(scores <= tau)
        doubt, label = closeness(round.read("proba")), np.full(len(scores), -1)
        if len(new):
            X = round.read("embedding", round.candidates[new])
            label[new] = k_means_of_sample(X, self.clusters or n, rng).labels
        wanted = doubt if round.index >= self.adaptive_round else -doubt
        new = new[np.lexsort((rng.random(len(new)), -wanted[new], label[new]))]
        turn, size = place_in_group(label[new]), np.bincount(label[new], minlength=1)
        rows = new[np.lexsort((label[new], -size[label[new]], turn))][:n]
        if len(rows) < n:
            rows = np.concatenate([rows, others[top_n(scores[others], n - len(rows), rng)]])
        parts = {
            "cluster": label[rows], "cluster_size": np.where(label[rows] < 0, 0, size[label[rows]]),
            "margin": 1.0 - doubt[rows], "score": scores[rows],
        }  # fmt: skip
        memory = {"flagged": len(new) / len(scores), "tau": tau if np.isfinite(tau) else None}
        return Selection(round.candidates[rows], parts=parts, memory=memory)
