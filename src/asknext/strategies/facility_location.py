"""Facility location: ask the items that bring all others closest to an asked one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.kernels.distances import as_points, centred, squared_norms
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.maxherding import covering


@dataclass(frozen=True)
class FacilityLocation(Strategy):
    """Ask, one by one, the item that lowers most the mean distance of all items to their nearest asked one.

    The first item of an untouched pool is its medoid. Labelled, pending and out-of-scope items count as
    asked. There is nothing to set, and no model is needed.

    Paper
    -----
    Kaufman & Rousseeuw 1990, "Finding Groups in Data", the BUILD step of k-medoids; Wei, Iyer & Bilmes 2015,
    "Submodularity in Data Subset Selection and Active Learning". Similarity is 1 - r / D, with D at least the
    largest distance between two items, so that distances are meant exactly; `radius` tells D.
    """

    name = "facility-location"
    family = "diversity"
    paper = "Wei et al. 2015"
    cost = "N (N + L) d, less on a sample above 46,000 items"
    aliases = ("submodular", "k-medoids")
    needs = frozenset({"embedding"})
    stochastic = True

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order of the greedy algorithm; the score is the fall of the mean over D."""
        rows = centred(
            as_points(round.read("embedding")), as_points(round.read("embedding", round.asked))
        )
        largest = max(float(squared_norms(part).max(initial=0.0)) for part in rows)
        return covering(round, n, rng, 2.0 * largest**0.5 or 1.0, "linear")
