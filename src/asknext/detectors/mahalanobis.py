"""Mahalanobis: the farther an item is from all class means, in units of how classes spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.base import Detector
from asknext.kernels.gaussian import Covariance, deviations, shrunk_covariance
from asknext.kernels.groups import group_means
from asknext.round import Round
from asknext.types import Array, Floats, Ids


def class_gaussians(round: Round) -> tuple[Floats, Covariance]:
    """The mean (c, d) of each class with labels, of which there is one at least, and their shared covariance.

    While no class has two labels that differ, the covariance is the identity.
    """
    known, groups = round.read("embedding", round.labelled), np.unique(round.y, return_inverse=True)[1]
    means = group_means(known, groups)
    return means, shrunk_covariance(deviations(known, groups, means))


@dataclass(frozen=True)
class Mahalanobis(Detector):
    """The squared Mahalanobis distance to the nearest class mean.

    All classes share one covariance, shrunk so that it can be estimated from fewer labels than features.
    Classes with a single label take part with their mean.

    Paper
    -----
    Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution Samples", its last layer
    without the perturbation of inputs. The shrinkage is ours (Ledoit & Wolf 2004): the plain covariance of
    few labels has no inverse.
    """

    name = "mahalanobis"
    paper = "Lee et al. 2018"
    needs = frozenset({"embedding"})
    aliases = ("mds",)

    def score(self, round: Round, ids: Ids) -> Array:
        """Squared distance of each item."""
        if not len(round.labelled):
            return np.zeros(len(ids))
        means, shared = class_gaussians(round)
        return shared.squared_distances(round.read("embedding", ids), means).min(axis=1)
