"""ViM: an extra logit for what an item has outside the space in which the labelled items vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from asknext.detectors.base import Detector
from asknext.kernels.distances import blocks, squared_norms
from asknext.kernels.gaussian import deviations, principal
from asknext.kernels.groups import group_means
from asknext.kernels.ood_scores import energy
from asknext.round import Round
from asknext.types import Array, Floats, Ids

NEVER = -1e8  # below it a logit says that the model does not know the class


@dataclass(frozen=True)
class Vim(Detector):
    """The virtual logit, from the embedding's residual outside the main directions, plus the energy.

    Main directions are half of those in which the labelled items vary, the strongest ones. The residual is
    brought to the scale of logits by what both are on the labelled items.

    Paper
    -----
    Wang et al. 2022, "ViM: Out-Of-Distribution with Virtual-logit Matching". The origin of its space solves
    Wz + b = 0; a round holds no weights of a model, so that ours is the mean of the labelled embeddings. Its
    512 or 1000 main directions are more than few labels have. Logits are centred on their mean over the
    classes, which softmax does not see, so that the scale is never negative.
    """

    name = "vim"
    paper = "Wang et al. 2022"
    needs = frozenset({"embedding", "logits"})

    def score(self, round: Round, ids: Ids) -> Array:
        """Virtual logit plus energy of each item."""
        if not len(round.labelled):
            return np.zeros(len(ids))
        known, one = round.read("embedding", round.labelled), np.zeros(len(round.labelled), dtype=np.intp)
        mean = group_means(known, one)
        directions = principal(deviations(known, one, mean))[1]
        main = directions[len(directions) - len(directions) // 2 :]
        raised = _centred(round.read("logits", round.labelled)).max(axis=1, initial=0.0).mean()
        usual = _residual(known, mean, main).mean()
        scale = raised / usual if usual > 0 else 0.0
        virtual = scale * _residual(round.read("embedding", ids), mean, main)
        return virtual + energy(_centred(round.read("logits", ids)))


def _centred(logits: Array) -> Floats:
    """Logits less their mean over the classes that the model knows."""
    known = logits > NEVER
    mean = np.where(known, logits, 0.0).sum(axis=1) / np.maximum(1, known.sum(axis=1))
    return np.where(known, logits - mean[:, None], logits)


def _residual(X: Any, origin: Floats, main: Floats) -> Floats:
    """Length of what each row less the origin has outside the main directions."""
    length = np.empty(X.shape[0])
    for part in blocks(X.shape[0], X.shape[1]):
        rows = X[part].toarray() if sparse.issparse(X) else X[part]
        away = rows - origin
        outside = squared_norms(away) - squared_norms(away @ main.T)
        length[part] = np.sqrt(np.maximum(outside, 0.0))
    return length
