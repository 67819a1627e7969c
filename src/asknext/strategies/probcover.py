"""ProbCover: ask the items whose balls cover the most items that no ball covers yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, centred, to_nearest
from asknext.kernels.facility import facility_location
from asknext.kernels.kmeans import k_means
from asknext.kernels.scale import pure_radius
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.maxherding import SAMPLE, positive, typical_distance
from asknext.types import Array, Ids

PAIRS = 1 << 34  # pairs of items up to which all are measured, each at most twice: 131,000 items


def purity_radius(round: Round, rng: np.random.Generator, purity: float, classes: int) -> float:
    """The largest radius at which a share of the balls around items lie within one cluster.

    Parameters
    ----------
    purity : the share.
    classes : clusters made where fewer than two classes are known; else one for each class.

    Returns
    -------
    The radius; the typical distance between items where all items coincide.
    """
    ids = np.sort(np.concatenate([round.candidates, round.asked]))
    X = round.read("embedding", ids)
    k = len(round.classes) if len(round.classes) > 1 else classes
    labels = k_means(X, min(k, len(ids)), rng).labels
    rows = np.arange(len(ids))
    if len(ids) > SAMPLE:
        rows = np.sort(rng.choice(len(ids), size=SAMPLE, replace=False))
    radius = pure_radius(X, labels, purity, rows)
    return radius if 0.0 < radius < np.inf else typical_distance(round, rng)


@dataclass(frozen=True)
class ProbCover(Strategy):
    """Ask, one by one, the item whose ball holds the most items that are in no ball yet.

    Each labelled, pending and out-of-scope item, and each pick, covers the open ball of radius delta around
    it. Once all items are covered the radius is halved, until some are not: the densest spot among these is
    asked next. No model is needed.

    Parameters
    ----------
    delta : the radius. None takes the largest one at which the share `purity` of all balls lie within one
        cluster of a k-means clustering into as many clusters as there are classes.
    purity : that share.
    classes : clusters made where fewer than two classes are known.

    Raises
    ------
    AskNextError : a delta of 0 or less, a purity outside (0, 1], or fewer than one class.

    Paper
    -----
    Yehuda, Dekel, Hacohen & Weinshall 2022, "Active Learning Through a Covering Lens", algorithm 1 and
    section 3.3. The authors' code leaves delta to the user, never asks the last rows of the pool (those
    beyond a whole number of its blocks), and names asked items again once all is covered; none of this
    happens here. No graph is stored: each ball is measured again when it is covered. Beyond 131,000 items see
    `asknext.kernels.facility.facility_location`.
    """

    name = "probcover"
    family = "low-budget"
    paper = "Yehuda et al. 2022"
    cost = "N (N + L) d for each radius, less on a sample above 46,000 items"
    aliases = ("prob-cover",)
    needs = frozenset({"embedding"})
    stochastic = True

    delta: float | None = None
    purity: float = 0.95
    classes: int = 10

    def __post_init__(self) -> None:
        positive("delta", self.delta)
        if not 0.0 < self.purity <= 1.0 or self.classes < 1:
            raise AskNextError(
                f"purity is {self.purity} and classes is {self.classes}; "
                "give a share above 0 and up to 1, and at least 1 class."
            )

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the score of each is the number of items it newly covers."""
        radius = self.delta or purity_radius(round, rng, self.purity, self.classes)
        ids, gains, radii, over = [], [], [], []
        left, centres = round.candidates, round.asked
        while n:
            found = facility_location(
                round.read("embedding", left), n, rng, radius, "ball", pairs=PAIRS,
                centres=round.read("embedding", centres),
            )  # fmt: skip
            used = int(np.argmin(found.gains > 0)) if found.gains.min() <= 0 else n
            gap = _largest_gap(round, left, np.concatenate([centres, left[found.rows[:used]]]))
            if gap == 0.0 or (used == 0 and radius < gap / 2.0):  # only copies are left, as far as is seen
                used = n
            picked = left[found.rows[:used]]
            ids.append(picked)
            gains.append(found.gains[:used])
            radii.append(np.full(used, radius))
            over.append(np.full(used, found.way))
            n -= used
            left, centres = np.setdiff1d(left, picked), np.concatenate([centres, picked])
            if used == 0 or gap < radius:  # else a sample has missed what is bare at this radius
                radius = _halved(radius, gap)
        columns = [np.concatenate(column) for column in (gains, radii, over)]
        parts = dict(zip(("covered", "radius", "over"), columns, strict=True))
        return Selection(np.concatenate(ids), columns[0], parts)


def _halved(radius: float, gap: float) -> float:
    """Half the radius, again and again, until an item at the distance `gap` is out of reach."""
    return radius * 0.5 ** max(1, int(np.ceil(np.log2(radius / gap)))) if gap > 0 else radius


def _largest_gap(round: Round, left: Ids, centres: Ids) -> float:
    """The distance of the item farthest from all centres; infinite without centres."""
    if not len(centres):
        return float("inf")
    X: Array
    X, C = centred(as_points(round.read("embedding", left)), as_points(round.read("embedding", centres)))
    return float(np.sqrt(to_nearest(X, C).max(initial=0.0)))
