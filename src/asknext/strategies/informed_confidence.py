"""Informed confidence: doubt about items whose label a better model finds plausible; for benchmarks only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.round import Round
from asknext.strategies.base import Score
from asknext.strategies.least_confidence import doubt
from asknext.types import Array, Ids


@dataclass(frozen=True)
class InformedConfidence(Score):
    """Ask the items in doubt that are not noise: score min(1 - p1, p_ref(true class)). An oracle.

    It shows what confidence sampling loses to items whose label nobody could guess. It needs to know the true
    class of every candidate (`truth`, a class position, or a negative number for none) and the probabilities
    that a reference model gives it (`reference_proba`). The reference model must never have seen the pool:
    fitted on it, it finds even noise plausible. Only a benchmark can provide both; a campaign with unknown
    labels refuses this strategy. Items of no class are asked last.

    Paper
    -----
    Abraham & Dreyfus-Schmidt 2021, "Sample Noise Impact on Active Learning". The code that was published with
    it takes the doubts of both models and so prefers noise; its history holds this rule, which reproduces the
    published numbers.
    """

    name = "informed-confidence"
    family = "oracle"
    paper = "Abraham & Dreyfus-Schmidt 2021"
    cost = "N C"
    aliases = ("iconfidence",)
    needs = frozenset({"proba", "truth", "reference_proba"})

    def score(self, round: Round, ids: Ids) -> Array:
        """min(1 - p1, p_ref(true class)) of each item."""
        truth = round.read("truth", ids).astype(np.intp)
        reference = round.read("reference_proba", ids)
        real = (truth >= 0) & (truth < reference.shape[1])
        plausible = np.zeros(len(ids))
        plausible[real] = reference[real, truth[real]]
        return np.minimum(doubt(round.read("proba", ids)), plausible)
