"""DCoM: density while the labels cover little, doubt once they cover nearly all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.coverage import Coverage, Reach, scaled
from asknext.kernels.distances import as_points, centred, to_nearest
from asknext.kernels.facility import sample_of
from asknext.kernels.scale import purity_radii, to_unit
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import closeness
from asknext.strategies.maxherding import positive, typical_distance
from asknext.strategies.probcover import PAIRS, purity_radius
from asknext.types import Array, Floats, Ids


@dataclass(frozen=True)
class DCoM(Strategy):
    """Ask items that score high in competence · doubt + (1 - competence) · density.

    Every asked item covers a ball. For a labelled one it has the largest radius at which the share of items
    in it that the model gives the same class is at least 0.2 · coverage + 0.4, with the coverage by balls of
    radius delta; for other asked items and for new picks it has the mean of these radii. Density is the
    number of uncovered items in the ball of a new pick, over the largest such number; doubt is
    1 - (p1 - p2), scaled to [0, 1]. Competence rises from 0 to 1 as the covered share of all items passes
    `centre`: (1 + exp(-k (1 - a))) / (1 + exp(-k (coverage - a))). After each pick its ball is covered and
    density counted anew. Without a label or a model, the radius is delta and doubt is the same for all: this
    is ProbCover as long as something is uncovered.

    Parameters
    ----------
    delta : radius where there is no label. None takes it from the purity of clusters, as ProbCover does.
    limit : largest radius of a ball. None takes 1.1 times the median distance between two items over √2: 1.1,
        as published, for unit vectors in all directions.
    centre : coverage a at which competence is one half.
    steepness : k, how fast it rises there.

    Raises
    ------
    AskNextError : a delta or limit of 0 or less, a centre outside [0, 1], or a steepness of 0 or less.

    Paper
    -----
    Mishal & Weinshall 2024, "DCoM: Active Learning for All Learners". The authors' code finds each radius
    once, by bisection to 0.05 against the coverage of that time; here all are found anew each round, exactly
    (a strategy keeps no state). It also never asks the last rows of the pool, those beyond a whole number of
    its blocks. With more than 131,000 items, density is counted on a random sample of them.
    """

    name = "dcom"
    family = "low-budget"
    paper = "Mishal & Weinshall 2024"
    cost = "N C + N (N + L) d, less on a sample above 46,000 items"
    needs = frozenset({"embedding", "proba"})
    stochastic = True

    delta: float | None = None
    limit: float | None = None
    centre: float = 0.8
    steepness: float = 50.0

    def __post_init__(self) -> None:
        positive("delta", self.delta)
        positive("limit", self.limit)
        if not (0.0 <= self.centre <= 1.0 and self.steepness > 0):
            raise AskNextError(
                f"centre is {self.centre} and steepness is {self.steepness}; "
                "give a share from 0 to 1 and a number above 0."
            )

    def competence(self, coverage: float) -> float:
        """How much doubt counts at this covered share of all items; in (0, 1]."""
        rise = np.exp(-self.steepness * (np.array([1.0, coverage]) - self.centre))
        return float((1.0 + rise[0]) / (1.0 + rise[1]))

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order asked."""
        ids = np.sort(np.concatenate([round.candidates, round.asked]))
        free = np.searchsorted(ids, round.candidates)
        X = round.read("embedding", ids)
        radius, covered = self._covered(round, ids, X, rng)
        competence = self.competence(float(covered.mean()))
        doubt = to_unit(closeness(round.read("proba")))
        (points,) = scaled(radius, X)
        sample = sample_of(len(ids), max(PAIRS // len(ids), 20 * n), rng)
        state = Coverage(Reach(points, "ball"), covered=covered, reference=sample)
        picks = []
        for _ in range(n):
            state.update(free)
            density = state.gains[free] / (state.gains[free].max() or 1.0)
            score = competence * doubt + (1.0 - competence) * density
            score[state.taken[free]] = -1.0
            best = int(top_n(score, 1, rng)[0])
            picks.append((best, score[best], density[best], doubt[best]))
            state.take(int(free[best]))
        rows, scores, *columns = (np.array(column) for column in zip(*picks, strict=True))
        over = "all rows" if sample is None else "sample"
        columns += [np.full(n, value) for value in (competence, radius, over)]
        names = ("density", "doubt", "competence", "radius", "over")
        return Selection(round.candidates[rows], scores, dict(zip(names, columns, strict=True)))

    def _covered(self, round: Round, ids: Ids, X: Any, rng: np.random.Generator) -> tuple[float, Array]:
        """The radius of new balls, and which items the balls of asked items cover."""
        radius = self.delta or purity_radius(round, rng, 0.95, 10)
        if not len(round.asked):
            return radius, np.zeros(len(ids), dtype=bool)
        others = np.setdiff1d(round.asked, round.labelled)
        proba = round.read("proba", ids)
        centres = round.read("embedding", round.labelled)
        radii: Floats = np.zeros(0)
        if len(round.labelled) and proba.shape[1]:
            share = 0.2 * float(_inside(X, centres, np.full(len(round.labelled), radius)).mean()) + 0.4
            limit = self.limit or 1.1 * typical_distance(round, rng)
            radii = purity_radii(X, centres, round.y, proba.argmax(axis=1), share, limit)
            radius = float(radii.mean()) or radius
        rest = _inside(X, round.read("embedding", others), np.full(len(others), radius))
        return radius, rest | _inside(X, centres, radii)


def _inside(X: Any, centres: Any, radii: Floats) -> Array:
    """Which rows lie in the open ball of some centre, each with its own radius; a centre lies in its own."""
    inside = np.zeros(X.shape[0], dtype=bool)
    X, centres = centred(as_points(X), as_points(centres))
    for radius in np.unique(radii[radii > 0]):
        inside |= np.sqrt(to_nearest(X, centres[radii == radius])) < radius
    return inside
