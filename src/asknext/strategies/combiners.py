"""Combiners: one score out of two, how pure an item is and how informative."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.monotone_net import fit_ranker, fit_ranker_published
from asknext.kernels.pareto import fronts
from asknext.kernels.threads import one_thread
from asknext.plugins import find
from asknext.strategies.lessons import Lesson, Scale
from asknext.types import Floats

Rule = Callable[[Floats], Floats]
"""Scores (m,), larger means asked sooner, of standardised purity and informativeness (m, 2)."""

CLIP = 3.0  # standard deviations beyond which a learned rule tells nothing apart
HAIR = 1e-9  # weight of the plain sum, which breaks ties of a learned rule
LEAST = 8  # answers to learn from
HIGHEST = 500.0  # exponent that still gives a number


class Combiner(ABC):
    """Makes one score of purity and informativeness."""

    window: int = 0
    """Past batches that it learns from; 0 if it does not learn."""
    enough: ClassVar[int] = 0
    """Items that the window should have; it takes in more batches until it does."""

    @abstractmethod
    def rule(self, past: Sequence[Lesson], scale: Scale, rng: np.random.Generator) -> Rule:
        """The rule for this round.

        Parameters
        ----------
        past : lessons of the last batches, the newest last.
        scale : by which this round's scores are standardised.
        rng : the only source of randomness.
        """


@dataclass(frozen=True)
class SumExp(Combiner):
    """exp(purity) + exp(informativeness): very high in either is enough. MQ-Net's rule before any answer."""

    def rule(self, past: Sequence[Lesson], scale: Scale, rng: np.random.Generator) -> Rule:  # noqa: ARG002
        """The sum, whatever the past says."""
        return lambda z: _exp(z).sum(axis=1)


@dataclass(frozen=True)
class Weighted(Combiner):
    """alpha · purity + (1 - alpha) · informativeness.

    Parameters
    ----------
    alpha : 1 is purity alone, 0 is informativeness alone.

    Raises
    ------
    AskNextError : an alpha outside [0, 1].
    """

    alpha: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha <= 1.0:
            raise AskNextError(f"alpha is {self.alpha}; give a number from 0 to 1.")

    def rule(self, past: Sequence[Lesson], scale: Scale, rng: np.random.Generator) -> Rule:  # noqa: ARG002
        """The weighted sum, whatever the past says."""
        return lambda z: z @ np.array([self.alpha, 1.0 - self.alpha])


@dataclass(frozen=True)
class Pareto(Combiner):
    """Items that no other beats in both come first, then those that only these beat, and so on.

    Within a front the sum decides.

    Paper
    -----
    Zhan et al. 2022 (POAL) search for the front by Monte Carlo; for two numbers it is exact by sorting.
    """

    def rule(self, past: Sequence[Lesson], scale: Scale, rng: np.random.Generator) -> Rule:  # noqa: ARG002
        """Minus the front, and the sum as a fraction."""
        return lambda z: _fraction(z.sum(axis=1)) - fronts(z)


@dataclass(frozen=True)
class Ranker(Combiner):
    """Learns from past answers which trade-off was worth asking: the cross entropy where in scope, else 0.

    The rule never falls in purity or informativeness. Scores are clipped at three standard deviations;
    pairs of equal worth teach nothing.

    Parameters
    ----------
    model : "net": a monotone net that ranks pairs, the larger their gap the more it counts; "trees":
        monotone gradient boosting of the worth itself.
    window : past batches learned from; more of them as long as these hold fewer than 100 items.
    units : hidden units of the net.
    before : the rule as long as there is too little to learn from: fewer than 8 answers, none in scope, none
        out of scope, or all of one worth. The paper has `SumExp`, which asks items that are extreme in one of
        the two and poor in the other.

    Raises
    ------
    AskNextError : an unknown model, or a window or number of units below 1.

    Paper
    -----
    Park et al. 2022 (MQ-Net). In the toy problem of `benchmarks/bench_mqnet_toy.py` the net finds batches of
    as much worth as trees do and more with few answers, and both more than the published training.
    """

    model: Literal["net", "trees"] = "net"
    window: int = 3
    units: int = 16
    before: Combiner = Weighted()
    enough = 100

    def __post_init__(self) -> None:
        if self.model not in ("net", "trees"):
            raise AskNextError(f"the model of the ranker is {self.model!r}; choose 'net' or 'trees'.")
        for name in ("window", "units"):
            as_whole(f"{name} of the ranker", getattr(self, name), 1)

    def rule(self, past: Sequence[Lesson], scale: Scale, rng: np.random.Generator) -> Rule:
        """The rule learned from the window, or the one before."""
        if not past:
            return self.before.rule(past, scale, rng)
        z, _, worth, inside = (np.concatenate(column) for column in zip(*past, strict=True))
        if len(worth) < LEAST or inside.all() or np.ptp(worth) == 0:  # worth 0: none in scope
            return self.before.rule(past, scale, rng)
        X = _clipped(z)
        net = self.model == "net"
        fitted = fit_ranker(X, worth, rng, self.units).scores if net else _trees(X, worth, rng)
        return lambda z: fitted(_clipped(z)) + HAIR * z.sum(axis=1)


@dataclass(frozen=True)
class PublishedRanker(Combiner):
    """The net of MQ-Net as published: exp of the scores goes in, only the last batch teaches, no fallback.

    Parameters
    ----------
    faults : "none": as in the paper; "confidence" or "loss": with the faults of the released code in its
        two modes, for replications. Both teach the net in other units than those in which it is used:
        purity, and in mode "confidence" informativeness, standardised over the batch itself, and in mode
        "loss" informativeness as it is; both push pairs of equal worth apart. Before the first answer mode
        "confidence" adds informativeness as it is.

    Raises
    ------
    AskNextError : an unknown kind of faults.

    Paper
    -----
    Park et al. 2022, "Meta-Query-Net: Resolving Purity-Informativeness Dilemma in Open-set Active Learning".
    """

    faults: Literal["none", "confidence", "loss"] = "none"
    window = 1

    def __post_init__(self) -> None:
        if self.faults not in ("none", "confidence", "loss"):
            raise AskNextError(f"faults is {self.faults!r}; choose 'none', 'confidence' or 'loss'.")

    def rule(self, past: Sequence[Lesson], scale: Scale, rng: np.random.Generator) -> Rule:
        """The rule learned from the last batch."""
        if not past:
            if self.faults == "confidence":
                return lambda z: _exp(z[:, 0]) + z[:, 1] * scale.std[1] + scale.mean[1]
            return SumExp().rule(past, scale, rng)
        last = past[-1]
        X = _exp(last.z)
        if self.faults != "none":
            X = _exp(Scale.of(last.raw).standardised(last.raw))
        if self.faults == "loss":
            X[:, 1] = last.raw[:, 1]
        net = fit_ranker_published(X, last.loss, rng, ties=self.faults != "none")
        return lambda z: net.scores(_exp(z))


COMBINERS: dict[str, Callable[[], Combiner]] = {
    "ranker": Ranker, "published-ranker": PublishedRanker, "sum-exp": SumExp, "weighted": Weighted,
    "pareto": Pareto,
}  # fmt: skip
"""Names of combiners, each with what makes one."""


def as_combiner(combiner: Any) -> Combiner:
    """A combiner from its name or from one.

    Raises
    ------
    AskNextError : it is neither.
    """
    if isinstance(combiner, str):
        return find("combiner", combiner, COMBINERS)()
    if not isinstance(combiner, Combiner):
        raise AskNextError(f"the combiner is {combiner!r}; give a name or an object such as Ranker().")
    return combiner


def _exp(z: Floats) -> Floats:
    return np.exp(np.minimum(z, HIGHEST))


def _fraction(values: Floats) -> Floats:
    """Numbers in (0, 1), in the same order but for rounding."""
    return 0.5 + np.arctan(values) / 3.15


def _clipped(z: Floats) -> Floats:
    return np.clip(z, -CLIP, CLIP)


def _trees(X: Floats, worth: Floats, rng: np.random.Generator) -> Rule:
    from sklearn.ensemble import HistGradientBoostingRegressor

    seed = int(rng.integers(2**31 - 1))
    with one_thread():
        return HistGradientBoostingRegressor(monotonic_cst=[1, 1], random_state=seed).fit(X, worth).predict
