"""kNN contrast: nearer to what was out of scope than to what was labelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.base import Detector, check_above_zero
from asknext.detectors.knn import distance
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class KnnContrast(Detector):
    """The distance to the nearest labelled item minus the distance to the nearest out-of-scope answer.

    While there is no such answer it is `Knn`. Each one teaches it at once, without any training.

    Parameters
    ----------
    k : which neighbour, of either kind; with fewer, the farthest of them.
    normalise : give all embeddings length 1 first.
    relative : divide the difference by the sum of both distances, so that a few answers far away do not
        outweigh the labels.

    Paper
    -----
    Our own, from Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors"; Safaei et al.
    2024 (NEAT) likewise let the known and unknown neighbours of an item decide.
    """

    name = "knn-contrast"
    paper = "after Sun et al. 2022"
    needs = frozenset({"embedding"})

    k: int = 1
    normalise: bool = True
    relative: bool = True

    def __post_init__(self) -> None:
        check_above_zero(k=self.k)

    def score(self, round: Round, ids: Ids) -> Array:
        """Difference of distances of each item."""
        kinds = round.labelled, round.out_of_scope
        inside, outside = (distance(round, ids, known, self.k, self.normalise) for known in kinds)
        if not (self.relative and len(round.out_of_scope)):
            return inside - outside
        total = inside + outside
        return np.divide(inside - outside, total, out=np.zeros_like(total), where=total > 0)
