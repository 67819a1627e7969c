"""Margin sampling: ask where the two likeliest classes are closest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.round import Round
from asknext.strategies.base import Score
from asknext.types import Array, Ids


def closeness(proba: Array) -> Array:
    """1 - (p1 - p2), with p1 and p2 the two largest probabilities of each row.

    Parameters
    ----------
    proba : (n, k) class probabilities; with fewer than two classes the missing ones count as 0.

    Returns
    -------
    (n,) numbers in [0, 1]; 1 means that two classes are equally likely.
    """
    n, k = proba.shape
    if k == 0:
        return np.ones(n)
    if k == 1:
        return 1.0 - proba[:, 0]
    top = proba[:, 0].copy()
    second = np.zeros_like(top)
    for j in range(1, k):  # running two largest: no sort, no copy of the table
        column = proba[:, j]
        np.maximum(second, np.minimum(top, column), out=second)
        np.maximum(top, column, out=top)
    return 1.0 - (top - second)


@dataclass(frozen=True)
class Margin(Score):
    """Ask the items whose two likeliest classes are closest: score 1 - (p1 - p2).

    Paper
    -----
    Scheffer, Decomain & Wrobel 2001, "Active Hidden Markov Models for Information Extraction";
    Settles 2009, section 3.1.
    """

    name = "margin"
    family = "uncertainty"
    paper = "Scheffer et al. 2001"
    cost = "N C"
    aliases = ("breaking-ties", "smallest-margin")
    needs = frozenset({"proba"})

    def score(self, round: Round, ids: Ids) -> Array:
        """1 - (p1 - p2) of each item."""
        return closeness(round.read("proba", ids))
