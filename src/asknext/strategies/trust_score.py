"""Trust score: ask where the prediction is least backed by the labelled items nearby."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.assign import nearest_rows
from asknext.kernels.distances import as_points, centred, to_nearest
from asknext.round import Round
from asknext.strategies.base import Score
from asknext.types import Array, Floats, Ids


@dataclass(frozen=True)
class TrustScore(Score):
    """Ask the items of the lowest trust: distance to the nearest other class / distance to the predicted one.

    A class is its labelled items, without the share `alpha` of them in the thinnest regions. A predicted
    class without labelled items earns no trust. The score is 1 / (1 + trust). With labels of fewer than two
    classes there is nothing to compare, and items are asked at random.

    Parameters
    ----------
    neighbours : the density at a labelled item is the nearness of this neighbour of its own class.
    alpha : share of a class left out, in [0, 1).

    Raises
    ------
    AskNextError : fewer than one neighbour, or alpha outside [0, 1).

    Paper
    -----
    Jiang et al. 2018, "To Trust Or Not To Trust A Classifier", algorithms 1 and 2. The authors' code takes
    the second neighbour, which is right only for the labelled items themselves; here it is the first.
    """

    name = "trust-score"
    family = "uncertainty"
    paper = "Jiang et al. 2018"
    cost = "N L d + N C"
    aliases = ("trust",)
    needs = frozenset({"proba", "embedding"})

    neighbours: int = 10
    alpha: float = 0.0

    def __post_init__(self) -> None:
        if self.neighbours < 1 or not 0 <= self.alpha < 1:
            raise AskNextError(
                f"neighbours is {self.neighbours} and alpha is {self.alpha}; give at least 1 neighbour and a "
                "share of at least 0 and below 1."
            )

    def score(self, round: Round, ids: Ids) -> Array:
        """1 / (1 + trust) of each item."""
        known = np.unique(round.y)
        if len(known) < 2:
            return np.zeros(len(ids))
        predicted = round.read("proba", ids).argmax(axis=1)
        labelled, X = centred(
            as_points(round.read("embedding", round.labelled)), as_points(round.read("embedding", ids))
        )
        own, other = np.full((2, len(ids)), np.inf)
        for c in known:
            distance = np.sqrt(to_nearest(X, self._dense(labelled[round.y == c])))
            mine = predicted == c
            own[mine] = distance[mine]
            other[~mine] = np.minimum(other[~mine], distance[~mine])
        return _distrust(own, other)

    def _dense(self, members: Array) -> Array:
        """The members of a class but for those in the thinnest regions."""
        m = members.shape[0]
        kept = m - int(self.alpha * m)
        if kept == m:
            return members
        radius = nearest_rows(members, members, min(self.neighbours + 1, m))[1].max(axis=1)
        return members[np.sort(np.argsort(radius, kind="stable")[:kept])]


def _distrust(own: Floats, other: Floats) -> Floats:
    """own / (own + other), which is 1 / (1 + trust): 1 where `own` is infinite, 1/2 where both are 0."""
    with np.errstate(invalid="ignore"):
        share = own / (own + other)
    share[np.isinf(own)] = 1.0
    share[(own == 0) & (other == 0)] = 0.5
    return share
