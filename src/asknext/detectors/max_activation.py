"""Max-activation: the activations of each predicted class fall into high ones, and low ones of strangers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.base import Detector, check_above_zero
from asknext.round import Round
from asknext.strategies.open_head import mixture_posteriors, open_head
from asknext.types import Array, Ids


@dataclass(frozen=True)
class MaxActivation(Detector):
    """Not in the upper half: how likely an item's largest activation is one of the low ones of its class.

    A head of K+1 classes is fitted on labels and out-of-scope answers. Of the candidates that it predicts to
    be of the same class, the largest logits are modelled as two Gaussians; the score is the probability of
    the lower one. Items predicted to be out of scope come above all others, in [1, 2].

    Parameters
    ----------
    temperature : of the softmax that the head is fitted with; below 1 it sharpens.
    strength : of the answers against the penalty on weights, scikit-learn's C.

    Paper
    -----
    Ning et al. 2022, "Active Learning for Open-set Annotation" (LfOSA), with the settings of its code, and a
    linear head on given features in place of a network. Two differences: an activation so low that the wider
    upper Gaussian claims it again counts as low, and items predicted to be out of scope are ordered.
    """

    name = "max-activation"
    paper = "Ning et al. 2022"
    needs = frozenset({"embedding"})
    aliases = ("mav", "lfosa-purity")

    temperature: float = 0.5
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_above_zero(temperature=self.temperature, strength=self.strength)

    def score(self, round: Round, ids: Ids) -> Array:
        """Probability of the lower Gaussian of each item; more where it is predicted to be out of scope."""
        head = open_head(round, strength=self.strength, temperature=self.temperature)
        if head is None:
            return np.zeros(len(ids))
        logits = head.logits(round.read("embedding", ids))
        everyone = head.logits(round.read("embedding", round.candidates))
        out = 1.0 - mixture_posteriors(logits, everyone)
        strange = logits.argmax(axis=1) == len(round.classes)
        out[strange] = 1.0 + head.proba(round.read("embedding", ids[strange]))[:, -1]
        return out
