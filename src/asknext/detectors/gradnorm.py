"""GradNorm: the less an item would change the last layer, the likelier it is out of scope."""

from __future__ import annotations

from dataclasses import dataclass

from asknext.detectors.base import Detector
from asknext.kernels import ood_scores
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class GradNorm(Detector):
    """Minus the length of the gradient, in the last layer, of how far the prediction is from undecided.

    It is the length of the features times the distance of the probabilities from equal ones. Features are
    taken as given, so shift and scale them as the model sees them.

    Paper
    -----
    Huang, Geng & Li 2021, "On the Importance of Gradients for Detecting Distributional Shifts in the Wild",
    in closed form; the published code differentiates item by item, and softmax is at temperature 1 there too.
    """

    name = "gradnorm"
    paper = "Huang et al. 2021"
    needs = frozenset({"embedding", "proba"})

    def score(self, round: Round, ids: Ids) -> Array:
        """Minus the L1 norm of the gradient of KL(uniform, prediction) of each item."""
        return ood_scores.gradnorm(round.read("proba", ids), round.read("embedding", ids))
