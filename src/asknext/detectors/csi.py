"""CSI: the less a network that was taught to tell images and their turns apart recognises an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.base import Detector, own_places
from asknext.kernels.csi import Turned, csi_score
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class Csi(Detector):
    """Minus CSI's score among the labelled items: length times cosine, and how surely a turn is told.

    It reads what `asknext encode --ssl csi` leaves as `csi` and `csi_turns`; give them with `signals=`.

    Paper
    -----
    Tack et al. 2020, "CSI: Novelty Detection via Contrastive Learning on Distributionally Shifted Instances".
    There an image is compared with all that were trained on, and features are means over ten crops. MQ-Net
    keeps of it the cosine alone: the detector `cosine`, with the projections as the embedding.
    """

    name = "csi"
    paper = "Tack et al. 2020"
    needs = frozenset({"csi", "csi_turns"})

    def score(self, round: Round, ids: Ids) -> Array:
        """Minus the score of each item; all equal while nothing is labelled."""
        known = round.labelled
        if not len(known):
            return np.zeros(len(ids))
        both = (ids, known)
        here, there = (Turned(round.read("csi", rows), round.read("csi_turns", rows)) for rows in both)
        return -csi_score(here, there, own_places(known, ids))
