"""Query by committee: ask where the members of the model disagree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.bald import disagreement
from asknext.strategies.base import Score
from asknext.strategies.entropy import entropy
from asknext.types import Array, Ids


def votes(samples: Array) -> Array:
    """The share of members whose likeliest class is this one, the first of equals.

    Parameters
    ----------
    samples : (n, m, k) class probabilities by m members.

    Returns
    -------
    (n, k) shares; rows sum to 1 unless k is 0.
    """
    n, m, k = samples.shape
    if k == 0:
        return np.zeros((n, 0))
    ballot = samples.argmax(axis=2) + k * np.arange(n)[:, None]
    return np.bincount(ballot.ravel(), minlength=n * k).reshape(n, k) / m


TIE = 1e-6  # small committees often split alike; then the mean divergence decides

MEASURES = {
    "vote-entropy": lambda samples: entropy(votes(samples)) + TIE * disagreement(samples),
    "consensus-entropy": lambda samples: entropy(samples.mean(axis=1)),
    "kl": disagreement,
}
"""Ways to measure disagreement, in nats: each takes (n, m, k) samples and gives (n,) numbers."""


@dataclass(frozen=True)
class Committee(Score):
    """Ask the items on which the members of the model disagree most.

    With a single member, as before the first label, nobody disagrees and items are asked at random (by
    entropy for "consensus-entropy").

    Parameters
    ----------
    disagreement : "vote-entropy": entropy of the members' votes; "consensus-entropy": entropy of their mean
        probabilities; "kl": mean divergence of the members from their mean, which is BALD by another name.

    Raises
    ------
    AskNextError : an unknown measure of disagreement.

    Paper
    -----
    Seung, Opper & Sompolinsky 1992, "Query by Committee"; Engelson & Dagan 1996 for vote entropy, here in
    nats, not divided by the logarithm of the committee's size, and with ties decided by the divergence;
    McCallum & Nigam 1998 for the divergence.
    """

    name = "query-by-committee"
    family = "bayesian"
    paper = "Seung et al. 1992"
    cost = "N M C"
    aliases = ("qbc",)
    needs = frozenset({"samples"})

    disagreement: str = "vote-entropy"

    def __post_init__(self) -> None:
        if self.disagreement not in MEASURES:
            known = ", ".join(MEASURES)
            raise AskNextError(f"unknown disagreement '{self.disagreement}'; there is: {known}.")

    def score(self, round: Round, ids: Ids) -> Array:
        """The disagreement on each item, in nats."""
        return MEASURES[self.disagreement](round.read("samples", ids))
