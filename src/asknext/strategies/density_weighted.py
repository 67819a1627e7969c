"""Information density: uncertain items that stand for many others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.density import Likeness, mean_likeness
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Score, Selection, Strategy
from asknext.strategies.combine import Combination, amounts, sampled, seen_by
from asknext.strategies.entropy import Entropy
from asknext.types import Array


def density(round: Round, likeness: Likeness, reference: int, rng: np.random.Generator) -> Array:
    """Mean likeness of each candidate to a random sample of the candidates; (c,), at least 0.

    Parameters
    ----------
    round : its `embedding` is read.
    likeness : as for `asknext.kernels.density.mean_likeness`; a negative mean counts as 0.
    reference : size of the sample; no more candidates than that are all taken.
    rng : draws the sample.
    """
    sample = round.read("embedding", sampled(round, reference, rng))
    dense = mean_likeness(round.read("embedding"), sample, likeness)
    return np.maximum(dense, 0.0)


@dataclass(frozen=True)
class DensityWeighted(Combination):
    """Ask the items of the largest uncertainty · density^beta: in doubt, and like many others.

    The density of an item is its mean likeness to a random sample of the candidates, itself included where it
    is in the sample. Without a model all items are in equal doubt, and the densest are asked.

    Parameters
    ----------
    strategy : gives the uncertainty, not negative.
    beta : weight of the density, at least 0.
    likeness : "cosine" as in the paper, right for texts and other features without negative numbers; or
        "gaussian", by distance, for any features.
    reference : size of the sample; all candidates where there are no more.

    Raises
    ------
    AskNextError : a negative beta or score, reference below 1, or an unknown likeness.

    Paper
    -----
    Settles & Craven 2008, "An Analysis of Active Learning Strategies for Sequence Labeling Tasks", equation
    12. The mean over all pairs is estimated from a sample; a negative mean cosine counts as 0.
    """

    name = "density-weighted"
    family = "hybrid"
    paper = "Settles & Craven 2008"
    cost = "N (C + d); for a Gaussian N S d, with a sample of S"
    aliases = ("information-density",)
    stochastic = True

    strategy: Score = Entropy()  # noqa: RUF009 (frozen)
    beta: float = 1.0
    likeness: Likeness = "cosine"
    reference: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.beta >= 0 or self.reference < 1 or self.likeness not in ("cosine", "gaussian"):
            raise AskNextError(
                f"beta is {self.beta}, reference {self.reference} and likeness '{self.likeness}'; beta must "
                "not be negative, reference must be at least 1, and likeness 'cosine' or 'gaussian'."
            )

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that gives the uncertainty."""
        return {"strategy": self.strategy}

    @property
    def reads(self) -> frozenset[str]:
        """The embedding."""
        return frozenset({"embedding"})

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose the n items of the largest product."""
        doubt = amounts(self.strategy, self.strategy.scores(seen_by(self.strategy, round)))
        dense = density(round, self.likeness, self.reference, rng)
        scores = doubt * dense**self.beta
        rows = top_n(scores, n, rng)
        parts = {"uncertainty": doubt[rows], "density": dense[rows]}
        return Selection(round.candidates[rows], scores[rows], parts)
