"""MSP: the less sure the model is of its best class, the likelier the item is out of scope."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.detectors.base import Detector
from asknext.kernels import ood_scores
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class Msp(Detector):
    """Minus the largest class probability: least-confidence as a detector, the plainest baseline.

    Paper
    -----
    Hendrycks & Gimpel 2017, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples".
    """

    name = "msp"
    paper = "Hendrycks & Gimpel 2017"
    needs = frozenset({"proba"})
    aliases = ("max-softmax",)

    def score(self, round: Round, ids: Ids) -> Array:
        """-max p of each item."""
        return ood_scores.msp(round.read("proba", ids))
