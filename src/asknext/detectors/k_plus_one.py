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

    While there is no label or no out-of-scope answer it is `Knn`.

    Parameters
    ----------
    strength : of the answers against the penalty on weights, scikit-learn's C.

    Paper
    -----
    Ning et al. 2022, "Active Learning for Open-set Annotation", its detector, with a linear head on given
    features in place of a network.
    """

    name = "k-plus-one"
    paper = "Ning et al. 2022"
    needs = frozenset({"embedding"})

    strength: float = 1.0

    def __post_init__(self) -> None:
        check_above_zero(strength=self.strength)

    def score(self, round: Round, ids: Ids) -> Array:
        """Probability of the last class of each item."""
        head = open_head(round, strength=self.strength) if len(round.out_of_scope) else None
        if head is None:
            return Knn().score(round, ids)
        return head.proba(round.read("embedding", ids))[:, -1]
