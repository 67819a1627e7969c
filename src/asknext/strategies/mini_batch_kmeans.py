"""Mini-batch k-means sampling: central items, found without looking at every item in every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.answers import as_whole
from asknext.kernels.kmeans import k_means
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.kmeans import nearest_to_centres


@dataclass(frozen=True)
class MiniBatchKMeans(Strategy):
    """Ask the items nearest to the centres of n clusters that were found by mini-batches.

    As `KMeans`, which itself turns to mini-batches where full steps would be long. Centres come out a
    little less exact, the more so if a mini-batch is not many times as large as the number of clusters.

    Parameters
    ----------
    batch_size : items looked at in each step.

    Raises
    ------
    AskNextError : a mini-batch below 1.

    Paper
    -----
    Sculley 2010, "Web-scale k-means clustering".
    """

    name = "mini-batch-kmeans"
    family = "diversity"
    paper = "Sculley 2010"
    cost = "N B d, and batch_size B d a step"
    aliases = ("minibatch-kmeans",)
    needs = frozenset({"embedding"})
    stochastic = True

    batch_size: int = 1024

    def __post_init__(self) -> None:
        as_whole("the mini-batch size", self.batch_size, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items, those of the largest clusters first."""
        X = round.read("embedding")
        clusters = k_means(X, n, rng, batch_size=self.batch_size)
        return nearest_to_centres(round.candidates, X, clusters)
