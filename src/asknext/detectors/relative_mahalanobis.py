"""Relative Mahalanobis: how much better one Gaussian of everything fits an item than the best class does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.base import Detector
from asknext.detectors.mahalanobis import class_gaussians
from asknext.kernels.gaussian import deviations, shrunk_covariance
from asknext.kernels.groups import group_means
from asknext.round import Round
from asknext.types import Array, Ids


@dataclass(frozen=True)
class RelativeMahalanobis(Detector):
    """The squared Mahalanobis distance to the nearest class mean less that to the mean of all labelled items.

    What is unusual in directions that no class cares about then counts for less.

    Paper
    -----
    Ren et al. 2021, "A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection". Both covariances
    are shrunk by the same share, see `Mahalanobis`: otherwise the two distances of an item far from all
    labels, both large, would differ by chance alone.
    """

    name = "relative-mahalanobis"
    paper = "Ren et al. 2021"
    needs = frozenset({"embedding"})
    aliases = ("rmds",)

    def score(self, round: Round, ids: Ids) -> Array:
        """Difference of the squared distances of each item."""
        if not len(round.labelled):
            return np.zeros(len(ids))
        means, shared = class_gaussians(round)
        known, one = round.read("embedding", round.labelled), np.zeros(len(round.labelled), dtype=np.intp)
        mean = group_means(known, one)
        background = shrunk_covariance(deviations(known, one, mean), shared.shrinkage)
        X = round.read("embedding", ids)
        return shared.squared_distances(X, means).min(axis=1) - background.squared_distances(X, mean)[:, 0]
