"""Cosine: the less any labelled item points the same way, the likelier an item is out of scope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from asknext.detectors.base import Detector, own_places
from asknext.kernels.distances import as_points, blocks, unit
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
        own, best = own_places(round.labelled, ids), np.full(len(ids), -1.0)
        for part in blocks(len(ids), len(round.labelled)) if len(round.labelled) else ():
            inner = X[part] @ known.T
            table = inner.toarray() if sparse.issparse(inner) else inner
            mine = np.flatnonzero(own[part] >= 0)
            table[mine, own[part][mine]] = -1.0
            best[part] = table.max(axis=1)
        return -best
