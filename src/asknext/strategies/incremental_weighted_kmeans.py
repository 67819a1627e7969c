"""Incremental weighted k-means: a diverse batch among the uncertain items, away from those asked before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.kmeans_fixed import k_means_fixed
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.kmeans import nearest_to_centres
from asknext.strategies.margin import closeness
from asknext.strategies.weighted_kmeans import shortlist


@dataclass(frozen=True)
class IncrementalWeightedKMeans(Strategy):
    """Ask central items of n new clusters of the most uncertain candidates, beside the items asked before.

    As `WeightedKMeans`, but each item asked before (labelled, pending or out of scope) is a cluster centre
    that does not move. Candidates around it belong to it and pull at none of the n free centres. If all
    margins are equal, as without a model, all candidates take part with equal weight; if nothing was asked
    yet, this is weighted k-means sampling.

    Parameters
    ----------
    beta : candidates kept for each item asked, at least 1; by default the number of known classes.

    Raises
    ------
    AskNextError : beta below 1.

    Paper
    -----
    Abraham & Dreyfus-Schmidt 2021, "Sample Noise Impact on Active Learning". The authors' code takes
    mini-batch steps; here every step looks at all rows, which gave the same accuracies on their data. Their
    released two-step sampler never receives the labelled items, so that nothing in it is fixed.
    """

    name = "incremental-weighted-kmeans"
    family = "hybrid"
    paper = "Abraham & Dreyfus-Schmidt 2021"
    cost = "N C + beta B L d, and beta B² d a step"
    aliases = ("iwkmeans",)
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    beta: float | None = None

    def __post_init__(self) -> None:
        if self.beta is not None and not self.beta >= 1:
            raise AskNextError(f"beta is {self.beta}; keep at least 1 candidate for each item asked.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items, those of the heaviest free clusters first."""
        weights = closeness(round.read("proba"))
        beta = max(1, len(round.classes)) if self.beta is None else self.beta
        kept = shortlist(weights, beta * n, rng)
        ids, weights = round.candidates[kept], weights[kept]
        X, fixed = round.read("embedding", ids), round.read("embedding", round.asked)
        return nearest_to_centres(ids, X, k_means_fixed(X, n, fixed, rng, weights), weights)
