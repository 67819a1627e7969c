"""K+1: a small classifier with one more class, learnt from out-of-scope answers."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.detectors.base import Detector, check_above_zero
from asknext.detectors.knn import Knn
from asknext.round import Round
from asknext.strategies.open_head import open_head
from asknext.types import Array, Ids


@dataclass(frozen=True)
class KPlusOne(Detector):
    """The probability of one class more, "out of scope", by logistic regression on the embedding.

    Where the learner's network was trained with that class itself, such as `resnet18(outside=True)`, it is
    the network's own probability. While there is no label or no out-of-scope answer it is `Knn`.

    Parameters
    ----------
    strength : of the answers against the penalty on weights, scikit-learn's C.

    Paper
    -----
    Ning et al. 2022, "Active Learning for Open-set Annotation", its detector, with a linear head on given
    features in place of a network where the learner's own has no such class.
    """

    name = "k-plus-one"
    paper = "Ning et al. 2022"
    needs = frozenset({"embedding"})

    strength: float = 1.0

    def __post_init__(self) -> None:
        check_above_zero(strength=self.strength)

    def needed(self, round: Round) -> frozenset[str]:
        """The network's own probability where there is one, else the embedding."""
        learnt = "outside" in round.signals and len(round.labelled) and len(round.out_of_scope)
        return frozenset({"outside"}) if learnt else self.needs

    def score(self, round: Round, ids: Ids) -> Array:
        """Probability of the last class of each item."""
        if "outside" in self.needed(round):
            return round.read("outside", ids)
        head = open_head(round, strength=self.strength) if len(round.out_of_scope) else None
        if head is None:
            return Knn().score(round, ids)
        return head.proba(round.read("embedding", ids))[:, -1]
