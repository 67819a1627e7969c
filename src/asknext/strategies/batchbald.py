"""BatchBALD: a batch whose labels, taken together, tell most about the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.information import informative_rows
from asknext.round import Round
from asknext.strategies.bald import disagreement
from asknext.strategies.base import Selection, Strategy


@dataclass(frozen=True)
class BatchBald(Strategy):
    """Ask, one by one, the item whose label adds most to what the labels of the batch tell about the model.

    Up to `configurations` joint labellings of the batch are told apart exactly, beyond that so many are
    sampled. With a single member, as before the first label, items are asked at random.

    Parameters
    ----------
    configurations : joint labellings of the batch looked at, at least 1.

    Raises
    ------
    AskNextError : configurations below 1.

    Paper
    -----
    Kirsch, van Amersfoort & Gal 2019, "BatchBALD: Efficient and Diverse Batch Acquisition for Deep Bayesian
    Active Learning", algorithm 1. The authors draw joint labellings from the joint distribution and need a
    table of labellings times members for each item; we keep for each labelling the belief in the members, so
    that an item costs labellings · members · classes operations and no memory, prefer labellings that leave
    the member open, and skip items whose earlier gain shows that they cannot win.
    """

    name = "batchbald"
    family = "bayesian"
    paper = "Kirsch et al. 2019"
    cost = "N B S M C at most, for S joint labellings, up to 1000"
    aliases = ("batch-bald",)
    needs = frozenset({"samples"})
    stochastic = True

    configurations: int = 1000

    def __post_init__(self) -> None:
        if self.configurations < 1:
            raise AskNextError(f"configurations is {self.configurations}; it must be at least 1.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the score of each is the information that it adds, in nats."""
        samples = round.read("samples")
        rows, gains = informative_rows(samples, n, self.configurations, rng)
        return Selection(round.candidates[rows], gains, {"gain": gains, "bald": disagreement(samples[rows])})
