"""K+1: a small classifier with one more class, learnt from out-of-scope answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.base import Detector
from asknext.detectors.knn import Knn
from asknext.kernels.softmax_head import SoftmaxHead, softmax_head
from asknext.round import Round
from asknext.types import Array, Ids


def open_head(round: Round, strength: float, temperature: float = 1.0) -> SoftmaxHead:
    """A softmax head on the embedding: a column for each class with labels, and the last for out of scope.

    Parameters
    ----------
    round : where labels, out-of-scope answers and the embedding are read; at least one of either.
    strength, temperature : see `softmax_head`.
    """
    present, y = np.unique(round.y, return_inverse=True)
    answered = np.concatenate([round.labelled, round.out_of_scope])
    targets = np.concatenate([y, np.full(len(round.out_of_scope), len(present))])
    X = round.read("embedding", answered)
    return softmax_head(X, targets, len(present) + 1, strength=strength, temperature=temperature)


@dataclass(frozen=True)
class KPlusOne(Detector):
    """The probability of one class more, "out of scope", by logistic regression on the embedding.

    While there is no label or no out-of-scope answer it is `Knn`.

    Parameters
    ----------
    strength : of the answers against the penalty on weights, scikit-learn's C.

    Paper
    -----
    Ning et al. 2022, "Active Learning for Open-set Annotation", its detector, with a linear head on given
    features in place of a network.
    """

    name = "k-plus-one"
    paper = "Ning et al. 2022"
    needs = frozenset({"embedding"})

    strength: float = 1.0

    def score(self, round: Round, ids: Ids) -> Array:
        """Probability of the last class of each item."""
        if not (len(round.labelled) and len(round.out_of_scope)):
            return Knn().score(round, ids)
        return open_head(round, self.strength).proba(round.read("embedding", ids))[:, -1]
