"""CLUE: central items of clusters in which uncertain items pull harder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.signals import softmax
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.entropy import entropy
from asknext.strategies.kmeans import central
from asknext.types import Array


def tempered(proba: Array, temperature: float) -> Array:
    """p^(1/T), made to sum to 1: the softmax of logits / T, from probabilities.

    Parameters
    ----------
    proba : (n, k) class probabilities.
    temperature : T > 0; below 1 sharpens, above 1 flattens.

    Returns
    -------
    (n, k) class probabilities.
    """
    with np.errstate(divide="ignore"):
        return softmax(np.log(proba) / temperature)


@dataclass(frozen=True)
class Clue(Strategy):
    """Ask central items of n clusters of all candidates, each pulling by its predictive entropy.

    Unlike `WeightedKMeans` it drops no candidate beforehand: certain ones merely pull less. Where all
    entropies are zero or equal, as without a model, this is plain k-means sampling.

    Parameters
    ----------
    temperature : T of the probabilities p^(1/T) whose entropy counts. Low values leave the weight to the
        most uncertain items; the authors take 1 for few and 0.1 for strong shifts between domains.

    Raises
    ------
    AskNextError : a temperature of 0 or less.

    Paper
    -----
    Prabhu et al. 2021, "Active Domain Adaptation via Clustering Uncertainty-weighted Embeddings". The
    authors' code gives each centre in turn its nearest item that is left; here centres and items are
    matched at the least total distance.
    """

    name = "clue"
    family = "hybrid"
    paper = "Prabhu et al. 2021"
    cost = "N C, and N B d a step"
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise AskNextError(f"the temperature is {self.temperature}; it must be above 0.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items, those of the heaviest clusters first."""
        weights = entropy(tempered(round.read("proba"), self.temperature))
        return central(round.candidates, round.read("embedding"), n, rng, weights)
