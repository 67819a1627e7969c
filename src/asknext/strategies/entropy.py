"""Entropy sampling: ask where the class probabilities are most spread out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from asknext.round import Round
from asknext.strategies.base import Score
from asknext.types import Array, Ids


def entropy(proba: Array) -> Array:
    """-sum p log p of each row in nats, with 0 log 0 = 0.

    Parameters
    ----------
    proba : (n, k) class probabilities.

    Returns
    -------
    (n,) numbers in [0, log k].
    """
    return entr(proba).sum(axis=1)


@dataclass(frozen=True)
class Entropy(Score):
    """Ask the items whose class probabilities are most spread out: score -sum p log p.

    Parameters
    ----------
    normalised : divide by log k, so that scores reach 1 whatever the number of classes k.

    Paper
    -----
    Settles 2009, "Active Learning Literature Survey", section 3.1; Shannon 1948.
    """

    name = "entropy"
    family = "uncertainty"
    paper = "Settles 2009"
    cost = "N C"
    aliases = ("prediction-entropy",)
    needs = frozenset({"proba"})

    normalised: bool = False

    def score(self, round: Round, ids: Ids) -> Array:
        """Entropy of each item in nats, or as a share of log k."""
        proba = round.read("proba", ids)
        k = proba.shape[1]
        scale = 1.0 / np.log(k) if self.normalised and k > 1 else 1.0
        return scale * entropy(proba)
