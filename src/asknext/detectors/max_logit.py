"""Max-logit: the smaller the largest logit, the likelier the item is out of scope."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.detectors.base import Detector
from asknext.kernels import ood_scores
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class MaxLogit(Detector):
    """Minus the largest logit: unlike a probability, it does not grow because other classes fit even less.

    Paper
    -----
    Hendrycks et al. 2022, "Scaling Out-of-Distribution Detection for Real-World Settings".
    """

    name = "max-logit"
    paper = "Hendrycks et al. 2022"
    needs = frozenset({"logits"})
    aliases = ("mls",)

    def score(self, round: Round, ids: Ids) -> Array:
        """-max f of each item."""
        return ood_scores.max_logit(round.read("logits", ids))
