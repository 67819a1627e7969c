"""BAIT: the batch after which the model's parameters would be best known where it matters for the pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.distances import as_points
from asknext.kernels.fisher import information, least_trace
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Array

MAX_FEATURES = 4096  # a d × d matrix of double precision: 128 MB


@dataclass(frozen=True)
class Bait(Strategy):
    """Ask the items that leave the least Fisher-information trace tr(M⁻¹ F).

    F is the mean information of all items in question, M that of the items labelled or pending and of the
    batch, plus a ridge. Items are taken greedily up to 2 n, then given back greedily down to n. The
    information of an item x is that of "the likeliest class or another", p1 (1 - p1) x xᵀ: exact for two
    classes and logistic regression, and d × d where all classes together would take (d · classes)². Without a
    model, or where it is certain of everything, each item informs by x xᵀ alone, as in linear regression
    (A-optimal design). Picks do not depend on chance beyond ties.

    Parameters
    ----------
    ridge : added to M in multiples of F's mean eigenvalue, so that picks do not depend on the scale of the
        embedding; the authors add 1 to the diagonal, whatever the scale.

    Raises
    ------
    AskNextError : a ridge of 0 or less, or the embedding has more than 4096 features.

    Paper
    -----
    Ash et al. 2021, "Gone Fishing: Neural Active Learning with Fisher Embeddings"; Huseljic et al. 2024,
    "Fast Fishing: Approximating BAIT for Efficient and Scalable Deep Active Learning", for the information
    of two outcomes.
    """

    name = "bait"
    family = "hybrid"
    paper = "Ash et al. 2021"
    cost = "N C + N d² + N B d + d³"
    needs = frozenset({"proba", "embedding"})

    ridge: float = 1.0

    def __post_init__(self) -> None:
        if not self.ridge > 0:
            raise AskNextError(f"the ridge is {self.ridge}; it must be above 0, or M may have no inverse.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order taken."""
        seen = np.union1d(round.labelled, round.pending)
        ids = np.concatenate([round.candidates, seen])
        X = as_points(round.read("embedding", ids))
        if X.shape[1] > MAX_FEATURES:
            raise AskNextError(
                f"bait keeps a matrix of features by features, and the embedding has {X.shape[1]} features; "
                f"reduce it to at most {MAX_FEATURES}, for example by PCA or TruncatedSVD."
            )
        weights = _information_weight(round.read("proba", ids))
        c = len(round.candidates)
        target = information(X, weights) / len(ids)
        scale = float(np.trace(target)) / X.shape[1] or 1.0
        total = len(seen) + n
        start = self.ridge * scale * np.eye(X.shape[1]) + information(X[c:], weights[c:]) / total
        rows, lowered = least_trace(X[:c], weights[:c] / total, n, start, target, rng)
        parts = {"trace_lowered": lowered, "weight": weights[rows]}
        return Selection(round.candidates[rows], parts=parts)


def _information_weight(proba: Array) -> Array:
    """p1 (1 - p1) of each row; 1 for all rows where it is 0 for all."""
    top = proba.max(axis=1, initial=0.0).astype(np.float64)
    weights = np.maximum(top * (1.0 - top), 0.0)
    return weights if weights.any() else np.ones_like(weights)
