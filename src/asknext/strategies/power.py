"""Stochastic batches: the score of another strategy to a power, as the chance to be asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.bald import Bald
from asknext.strategies.base import Score, Selection, Strategy
from asknext.strategies.combine import Combination, amounts, seen_by
from asknext.strategies.entropy import Entropy
from asknext.strategies.least_confidence import LeastConfidence
from asknext.strategies.margin import Margin


@dataclass(frozen=True)
class Power(Combination):
    """Draw the batch without replacement, the chance of each item in proportion to its score to a power.

    The n best of a score are often n times the same item; drawing spreads them, at no cost. It is done as
    the n largest of log score + Gumbel noise / beta. Items of score 0 come last.

    Parameters
    ----------
    strategy : gives the scores, which must not be negative.
    beta : the power; 0 is random sampling, a large one takes the best.

    Raises
    ------
    AskNextError : a strategy without scores of each item, a beta below 0, or a negative score.

    Paper
    -----
    Kirsch et al. 2023, "Stochastic Batch Acquisition: A Simple Baseline for Deep Active Learning", the power
    distribution.
    """

    paper = "Kirsch et al. 2023"
    cost = "that of the scores, and N"
    stochastic = True

    strategy: Score
    beta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.strategy, Score):
            raise AskNextError(f"the strategy '{self.strategy.name}' has no score of each item to draw by.")
        if not 0 <= self.beta < np.inf:
            raise AskNextError(f"beta is {self.beta}; it must be a number of at least 0.")

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that scores."""
        return {"strategy": self.strategy}

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Draw n items; the part `score` is the score without noise."""
        scores = amounts(self.strategy, self.strategy.scores(seen_by(self.strategy, round)))
        with np.errstate(divide="ignore"):
            noisy = self.beta * np.log(scores) if self.beta else np.zeros(len(scores))
        noisy += rng.gumbel(size=len(scores))
        rows = top_n(noisy, n, rng)
        return Selection(round.candidates[rows], noisy[rows], {"score": scores[rows]})


@dataclass(frozen=True)
class PowerMargin(Power):
    """Draw items by 1 - (p1 - p2), the closeness of the two likeliest classes, to a power.

    Paper
    -----
    Kirsch et al. 2023; the score is that of `margin`.
    """

    name = "power-margin"
    family = "uncertainty"
    cost = "N C"
    aliases = ("powermargin",)

    strategy: Score = Margin()  # noqa: RUF009 (frozen)


@dataclass(frozen=True)
class PowerEntropy(Power):
    """Draw items by the entropy of their class probabilities to a power.

    Paper
    -----
    Kirsch et al. 2023; the score is that of `entropy`.
    """

    name = "power-entropy"
    family = "uncertainty"
    cost = "N C"

    strategy: Score = Entropy()  # noqa: RUF009 (frozen)


@dataclass(frozen=True)
class PowerLeastConfidence(Power):
    """Draw items by 1 - p1, the doubt about the likeliest class, to a power.

    Paper
    -----
    Kirsch et al. 2023; the score is that of `least-confidence`.
    """

    name = "power-least-confidence"
    family = "uncertainty"
    cost = "N C"

    strategy: Score = LeastConfidence()  # noqa: RUF009 (frozen)


@dataclass(frozen=True)
class PowerBald(Power):
    """Draw items by what their label would tell about the model to a power.

    Paper
    -----
    Kirsch et al. 2023, where it comes close to BatchBALD; the score is that of `bald`.
    """

    name = "power-bald"
    family = "bayesian"
    cost = "N M C"
    aliases = ("powerbald",)

    strategy: Score = Bald()  # noqa: RUF009 (frozen)
