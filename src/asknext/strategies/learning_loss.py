"""Learning loss: ask the items on which the model expects to be wrong most."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.round import Round
from asknext.strategies.base import Score
from asknext.types import Array, Ids


@dataclass(frozen=True)
class LearningLoss(Score):
    """Ask the items with the largest loss, as the learner predicts it.

    Paper
    -----
    Yoo & Kweon 2019, "Learning Loss for Active Learning". The authors rank a random subset of 10,000
    candidates, which spreads the batch: `Subsample(LearningLoss(), 10_000)`. One well-known
    re-implementation asks the smallest loss by mistake.
    """

    name = "learning-loss"
    family = "uncertainty"
    paper = "Yoo & Kweon 2019"
    cost = "N"
    aliases = ("predicted-loss",)
    needs = frozenset({"predicted_loss"})

    def score(self, round: Round, ids: Ids) -> Array:
        """The predicted loss of each item."""
        return round.read("predicted_loss", ids)
