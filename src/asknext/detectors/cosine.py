"""Cosine: the less any labelled item points the same way, the likelier an item is out of scope."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.detectors.base import Detector, own_places
from asknext.kernels.distances import as_points, unit
from asknext.kernels.neighbours import most_alike
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class Cosine(Detector):
    """Minus the largest cosine to a labelled item: MQ-Net's purity, with its sign turned.

    An item is not compared with itself; a row of zeros has the cosine 0 with all.

    Paper
    -----
    Park et al. 2022, "Meta-Query-Net: Resolving Purity-Informativeness Dilemma in Open-set Active Learning",
    as its code does it, on whatever embedding there is instead of that of a CSI network trained for it.
    """

    name = "cosine"
    paper = "Park et al. 2022"
    needs = frozenset({"embedding"})

    def score(self, round: Round, ids: Ids) -> Array:
        """-max cosine of each item."""
        X, known = (unit(as_points(round.read("embedding", rows))) for rows in (ids, round.labelled))
        return -most_alike(X, known, own_places(round.labelled, ids))[1]
