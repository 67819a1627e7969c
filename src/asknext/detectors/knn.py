"""kNN: the farther the nearest labelled items, the likelier an item is out of scope."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.detectors.base import Detector, check_above_zero, own_places
from asknext.kernels.distances import as_points, unit
from asknext.kernels.neighbours import kth_distance
from asknext.round import Round
from asknext.types import Array, Floats, Ids


def distance(round: Round, ids: Ids, references: Ids, k: int, normalise: bool) -> Floats:
    """Distance (m,) of items to the k-th nearest reference; an item is no neighbour of its own.

    Parameters
    ----------
    round : where the embedding is read.
    ids : (m,) items; references : (r,) items, ascending; with fewer than k, the farthest of them counts.
    k : which neighbour.
    normalise : measure between rows of length 1.

    Returns
    -------
    (m,) distances; 0 without references.
    """
    X, known = (as_points(round.read("embedding", rows)) for rows in (ids, references))
    if normalise:
        X, known = unit(X), unit(known)
    return kth_distance(X, known, k, own_places(references, ids))


@dataclass(frozen=True)
class Knn(Detector):
    """The distance to the k-th nearest labelled item, between embeddings of length 1.

    Parameters
    ----------
    k : which neighbour; with fewer labelled items, the farthest of them.
    normalise : give all embeddings length 1 first; right for those of networks, less so for plain columns.

    Paper
    -----
    Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors". Its k of 50 to 1000 is for
    thousands of labels a class; ours is for a handful.
    """

    name = "knn"
    paper = "Sun et al. 2022"
    needs = frozenset({"embedding"})

    k: int = 1
    normalise: bool = True

    def __post_init__(self) -> None:
        check_above_zero(k=self.k)

    def score(self, round: Round, ids: Ids) -> Array:
        """Distance of each item."""
        return distance(round, ids, round.labelled, self.k, self.normalise)
