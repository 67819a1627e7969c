"""Purity: ask the items that are least likely to be out of scope."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.round import Round
from asknext.strategies.base import Score
from asknext.types import Array, Ids


@dataclass(frozen=True)
class Purity(Score):
    """Ask the items that are least likely to be out of scope: score -ood.

    Few answers are wasted, but little is learnt from them: where few items are out of scope this does worse
    than random sampling. It is meant as one side of a trade-off, as in `mqnet`, or as a filter:
    `Prefilter(by=Purity(), strategy=Margin())`.

    Paper
    -----
    Ning et al. 2022, "Active Learning for Open-set Annotation", ask by purity alone; Zong et al. 2024 (BUAL),
    table 1, show where that fails.
    """

    name = "purity"
    family = "open-set"
    paper = "Ning et al. 2022"
    cost = "N"
    needs = frozenset({"ood"})

    def score(self, round: Round, ids: Ids) -> Array:
        """How far each item is from being out of scope, in the unit of the detector."""
        return -round.read("ood", ids)
