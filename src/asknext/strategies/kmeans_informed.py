"""Informed k-means: central items among the uncertain ones, all pulling alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.kmeans import central
from asknext.strategies.margin import closeness
from asknext.strategies.weighted_kmeans import shortlist


@dataclass(frozen=True)
class KMeansInformed(Strategy):
    """Ask central items of n clusters of the most uncertain candidates, without weights.

    Of the candidates, the beta · n of the smallest margin stay; k-means splits them into n clusters, and
    the items nearest to the centres are asked. `WeightedKMeans` is the same with weights. If all margins
    are equal, as without a model, all candidates stay and this is plain k-means sampling.

    Parameters
    ----------
    beta : candidates kept for each item asked, at least 1.

    Raises
    ------
    AskNextError : beta below 1.

    Paper
    -----
    Zhdanov 2019, "Diverse mini-batch Active Learning", the variant without weights, which is what the
    two-step k-means sampler of well-known code does unless weights are handed to it.
    """

    name = "kmeans-informed"
    family = "hybrid"
    paper = "Zhdanov 2019"
    cost = "N C, and beta B² d a step"
    aliases = ("two-step-kmeans",)
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    beta: float = 10.0

    def __post_init__(self) -> None:
        if not self.beta >= 1:
            raise AskNextError(f"beta is {self.beta}; keep at least 1 candidate for each item asked.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items, those of the largest clusters first."""
        kept = shortlist(closeness(round.read("proba")), self.beta * n, rng)
        ids = round.candidates[kept]
        return central(ids, round.read("embedding", ids), n, rng)
