"""BALD: ask where the members of the model are sure, each by itself, and contradict one another."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.kernels.information import ignorance, information
from asknext.round import Round
from asknext.strategies.base import Score
from asknext.types import Array, Ids


def disagreement(samples: Array) -> Array:
    """H(mean_m p_m) - mean_m H(p_m) of each row in nats: what a label would tell about the model.

    Parameters
    ----------
    samples : (n, m, k) class probabilities by m members (trees, dropout passes, an ensemble).

    Returns
    -------
    (n,) numbers in [0, log min(m, k)]; rounding below 0 is clipped.
    """
    return information(samples, ignorance(samples.shape[1]))


@dataclass(frozen=True)
class Bald(Score):
    """Ask the items whose label would tell most about the model: score H(mean p) - mean H(p).

    With a single member, as before the first label, nothing can be told and items are asked at random.

    Paper
    -----
    Houlsby et al. 2011, "Bayesian Active Learning for Classification and Preference Learning", equation 2;
    Gal, Islam & Ghahramani 2017 for samples by dropout.
    """

    name = "bald"
    family = "bayesian"
    paper = "Houlsby et al. 2011"
    cost = "N M C"
    aliases = ("mutual-information",)
    needs = frozenset({"samples"})

    def score(self, round: Round, ids: Ids) -> Array:
        """Mutual information of each item's label and the model, in nats."""
        return disagreement(round.read("samples", ids))
