"""Max-activation: the activations of each predicted class fall into high ones, and low ones of strangers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.base import Detector
from asknext.detectors.k_plus_one import open_head
from asknext.kernels.mixture import two_gaussians
from asknext.round import Round
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

    def score(self, round: Round, ids: Ids) -> Array:
        """Probability of the lower Gaussian of each item; more where it is predicted to be out of scope."""
        if not len(round.labelled):
            return np.zeros(len(ids))
        head = open_head(round, self.strength, self.temperature)
        logits = head.logits(round.read("embedding", ids))
        everyone = head.logits(round.read("embedding", round.candidates))
        predicted, chosen = logits.argmax(axis=1), everyone.argmax(axis=1)
        out = np.full(len(ids), 0.5)
        for label in range(logits.shape[1] - 1):
            mine, alike = predicted == label, everyone[chosen == label, label]
            if len(alike):
                mixture = two_gaussians(alike, steps=10, tolerance=1e-2, floor=5e-4)
                out[mine] = 1.0 - mixture.posterior(logits[mine, label], monotone=True)
        strange = predicted == logits.shape[1] - 1
        out[strange] = 1.0 + head.proba(round.read("embedding", ids[strange]))[:, -1]
        return out
