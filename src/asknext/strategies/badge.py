"""BADGE: a batch whose loss gradients are large and differ from one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.kernels.distances import as_points, squared_norms
from asknext.kernels.dsquared import d_squared
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Array


def gradient_factor(proba: Array) -> Array:
    """p - onehot(argmax p): the loss gradient by the logits, were the predicted class the true one.

    Parameters
    ----------
    proba : (n, k) class probabilities.

    Returns
    -------
    (n, k) numbers whose rows sum to 0.
    """
    factor = np.array(proba, dtype=proba.dtype)
    if factor.shape[1]:
        factor[np.arange(len(factor)), factor.argmax(axis=1)] -= 1.0
    return factor


@dataclass(frozen=True)
class Badge(Strategy):
    """Ask items drawn by k-means++ seeding on the gradients that their predicted labels would cause.

    The gradient of an item is (p - onehot(argmax p)) ⊗ embedding; it is long where the model is in doubt.
    The first item is the one of the longest gradient, each other is drawn with probability proportional to
    the squared distance to those drawn. Gradients stay factored: nothing of size n · classes · d is built.
    Where the model tells no items apart (no class yet, one class, the same probabilities for all), this is
    k-means++ seeding on the embedding, from a random first item.

    Paper
    -----
    Ash et al. 2020, "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds", algorithm 1.
    As in the authors' code and unlike the text, the first item is not drawn. Distances are to the items drawn
    alone; well-known code measures them to the origin too, which makes short gradients rarer.
    """

    name = "badge"
    family = "hybrid"
    paper = "Ash et al. 2020"
    cost = "N B (C + d), in matrix products"
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order drawn."""
        factor, X = gradient_factor(round.read("proba")), as_points(round.read("embedding"))
        doubt, length = squared_norms(factor), squared_norms(X)
        if np.all(factor == factor[:1]):
            rows, distance = d_squared(X, n, rng)
        else:
            rows, distance = d_squared(X, n, rng, factor, first=int(np.argmax(doubt * length)))
        parts = {"gradient": np.sqrt(doubt * length)[rows], "distance": distance}
        return Selection(round.candidates[rows], parts=parts)
