"""Energy: the less all logits together speak for the item, the likelier it is out of scope."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.detectors.base import Detector, check_above_zero
from asknext.kernels import ood_scores
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class Energy(Detector):
    """Minus the log of the summed exponentials of all logits, the free energy of the classifier.

    Parameters
    ----------
    temperature : T; the score is -T log Σ exp(f / T).

    Paper
    -----
    Liu et al. 2020, "Energy-based Out-of-distribution Detection", equation 4, without its fine-tuning.
    """

    name = "energy"
    paper = "Liu et al. 2020"
    needs = frozenset({"logits"})

    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_above_zero(temperature=self.temperature)

    def score(self, round: Round, ids: Ids) -> Array:
        """-T log Σ exp(f / T) of each item."""
        return ood_scores.energy(round.read("logits", ids), self.temperature)
