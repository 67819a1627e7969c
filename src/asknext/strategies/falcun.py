"""Falcun: items drawn for doubt and for predictions unlike those of the items drawn before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import closeness
from asknext.types import Array


@dataclass(frozen=True)
class Falcun(Strategy):
    """Ask items drawn by doubt plus distance, in the space of predictions, to the items drawn before.

    Doubt u is 1 - (p1 - p2). Distance d starts at u and becomes the least L1 distance between the item's
    probabilities and those of an item drawn. Each draw is in proportion to (u + d')^gamma, with d' the
    distances of the items left, stretched to [0, 1]. No embedding is needed: a draw costs one pass over the
    probabilities. Without a model all predictions are equal and the draw is uniform.

    Parameters
    ----------
    gamma : how much draws keep to the largest values; 0 draws uniformly.

    Raises
    ------
    AskNextError : a negative gamma.

    Paper
    -----
    Gilhuber et al. 2024, "FALCUN: A Simple and Efficient Deep Active Learning Strategy". As in the paper,
    stretched distances are used for the draw only; other code carries them over to the next one, where they
    meet distances on the old scale.
    """

    name = "falcun"
    family = "hybrid"
    paper = "Gilhuber et al. 2024"
    cost = "N B C"
    needs = frozenset({"proba"})
    stochastic = True

    gamma: float = 10.0

    def __post_init__(self) -> None:
        if not self.gamma >= 0:
            raise AskNextError(f"gamma is {self.gamma}; it must be at least 0.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order drawn."""
        proba = round.read("proba").astype(np.float64)
        doubt = closeness(proba)
        distance = doubt.copy()
        left = np.ones(len(doubt), dtype=bool)
        picks = []
        for _ in range(n):
            rows = np.flatnonzero(left)
            relevance = (doubt[rows] + _stretched(distance[rows])) ** self.gamma
            total = relevance.sum()
            row = rng.choice(rows, p=relevance / total if total > 0 else None)
            picks.append((row, doubt[row], distance[row]))
            left[row] = False
            if proba.shape[1]:
                fresh = cdist(proba, proba[[row]], "cityblock").ravel()
                np.minimum(distance, fresh, out=distance)
        rows, doubts, distances = (np.array(column) for column in zip(*picks, strict=True))
        return Selection(round.candidates[rows], parts={"doubt": doubts, "distance": distances})


def _stretched(values: Array) -> Array:
    """Values moved and scaled to [0, 1]; all 0 where they are equal."""
    above = values - values.min()
    return above / (above.max() or 1.0)
