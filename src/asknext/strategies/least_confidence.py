"""Least confidence: ask where the likeliest class is least likely."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.round import Round
from asknext.strategies.base import Score
from asknext.types import Array, Ids


def doubt(proba: Array) -> Array:
    """1 - p1, with p1 the largest probability of each row.

    Parameters
    ----------
    proba : (n, k) class probabilities; without classes p1 counts as 0.

    Returns
    -------
    (n,) numbers in [0, 1 - 1/k].
    """
    return 1.0 - proba.max(axis=1, initial=0.0)


@dataclass(frozen=True)
class LeastConfidence(Score):
    """Ask the items whose likeliest class is least likely: score 1 - p1.

    Parameters
    ----------
    normalised : multiply by k / (k - 1), so that scores reach 1 whatever the number of classes k.

    Paper
    -----
    Lewis & Gale 1994, "A sequential algorithm for training text classifiers"; Settles 2009, section 3.1.
    """

    name = "least-confidence"
    family = "uncertainty"
    paper = "Lewis & Gale 1994"
    cost = "N C"
    aliases = ("conf", "confidence")
    needs = frozenset({"proba"})

    normalised: bool = False

    def score(self, round: Round, ids: Ids) -> Array:
        """1 - p1 of each item."""
        proba = round.read("proba", ids)
        k = proba.shape[1]
        scale = k / (k - 1) if self.normalised and k > 1 else 1.0
        return scale * doubt(proba)
