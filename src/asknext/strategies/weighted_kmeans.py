"""Weighted k-means sampling: a diverse batch among the uncertain items."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.kmeans import central
from asknext.strategies.margin import closeness
from asknext.types import Array, Ids


def shortlist(values: Array, size: float, rng: np.random.Generator) -> Ids:
    """Positions of the ⌈size⌉ largest values, ascending; of all values where they are all equal.

    Parameters
    ----------
    values : (m,) numbers.
    size : how many to keep; more than m means m.
    rng : breaks ties.
    """
    if size >= len(values) or np.ptp(values) == 0:
        return np.arange(len(values))
    return np.sort(top_n(values, math.ceil(size), rng))


@dataclass(frozen=True)
class WeightedKMeans(Strategy):
    """Ask central items of n clusters of the most uncertain candidates, the uncertain ones pulling harder.

    Of the candidates, the beta · n of the smallest margin stay; they are clustered with weight
    1 - (p1 - p2), and the items nearest to the centres are asked. If all margins are equal, as without a
    model, all candidates stay and this is plain k-means sampling.

    Parameters
    ----------
    beta : candidates kept for each item asked, at least 1.

    Raises
    ------
    AskNextError : beta below 1.

    Paper
    -----
    Zhdanov 2019, "Diverse mini-batch Active Learning". Well-known code leaves the weights out unless the
    caller hands them in; here they always count.
    """

    name = "weighted-kmeans"
    family = "hybrid"
    paper = "Zhdanov 2019"
    cost = "N C, and beta B² d a step"
    aliases = ("wkmeans", "diverse-mini-batch")
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    beta: float = 10.0

    def __post_init__(self) -> None:
        if not self.beta >= 1:
            raise AskNextError(f"beta is {self.beta}; keep at least 1 candidate for each item asked.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items, those of the heaviest clusters first."""
        weights = closeness(round.read("proba"))
        kept = shortlist(weights, self.beta * n, rng)
        ids = round.candidates[kept]
        return central(ids, round.read("embedding", ids), n, rng, weights[kept])
