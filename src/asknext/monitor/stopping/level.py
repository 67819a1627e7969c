"""Rules that stop when a figure has reached a level and stays there.

Short of the level, a figure that moved in three rounds by at most `flat` of the way left is stuck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from asknext.monitor.stopping.verdict import History, Verdict, is_flat, latest, listed, too_early

TIE = 1e-12  # a mean that differs by rounding alone is equal


@dataclass(frozen=True)
class LowContradiction:
    """Stop when the share of changed predictions is below `below` for `rounds` rounds, not merely flat.

    The source gives no threshold; these are ours. A model that is refitted with another seed contradicts
    itself too: `below` must lie above that floor.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2020.
    """

    below: float = 0.02
    rounds: int = 3
    flat: float = 0.1
    name: ClassVar[str] = "low-contradiction"
    reads: ClassVar[str] = "contradiction"

    def decide(self, history: History) -> Verdict:
        """Stop where each of the last rounds is below."""
        return _reached(
            history, self.reads, self.rounds, self.flat, self.below, "below",
            lambda values: max(values) < self.below,
        )  # fmt: skip


@dataclass(frozen=True)
class StabilisingPredictions:
    """Stop when Cohen's kappa between models on a fixed stop set is at least .99 on average over 3 rounds.

    Each round's value is the kappa of its model with the one before. The comparison study averages all
    pairs of the last three models instead, which is one round sooner and sterner on slow drift. The stop
    set is drawn once, at random, and need not be labelled.

    Paper
    -----
    Bloodgood & Vijay-Shanker 2009, "A Method for Stopping Active Learning Based on Stabilizing Predictions".
    """

    at_least: float = 0.99
    windows: int = 3
    flat: float = 0.1
    name: ClassVar[str] = "stabilising-predictions"
    reads: ClassVar[str] = "kappa"

    def decide(self, history: History) -> Verdict:
        """Stop where the mean of the last windows is at least the level."""
        return _reached(
            history, self.reads, self.windows, self.flat, self.at_least, "on average at least",
            lambda values: fmean(values) >= self.at_least - TIE,
        )  # fmt: skip


@dataclass(frozen=True)
class ClassificationChange:
    """Stop when no prediction on the unlabelled pool changed.

    Paper
    -----
    Zhu, Wang & Hovy 2008, "Multi-Criteria-Based Strategy to Stop Active Learning for Data Annotation".
    """

    rounds: int = 1
    flat: float = 0.1
    name: ClassVar[str] = "classification-change"
    reads: ClassVar[str] = "contradiction"

    def decide(self, history: History) -> Verdict:
        """Stop where the contradiction ratio is 0."""
        return _reached(
            history, self.reads, self.rounds, self.flat, 0.0, "at most", lambda values: max(values) <= 0
        )  # fmt: skip


@dataclass(frozen=True)
class MaxEntropy:
    """Stop when the most uncertain item of the pool has an entropy of at most `at_most` nats.

    Paper
    -----
    Zhu, Wang & Hovy 2008, "Learning a Stopping Criterion for Active Learning"; .01 by the comparison study.
    """

    at_most: float = 0.01
    rounds: int = 1
    flat: float = 0.1
    name: ClassVar[str] = "max-entropy"
    reads: ClassVar[str] = "max_entropy"

    def decide(self, history: History) -> Verdict:
        """Stop where each of the last rounds is at most the level."""
        return _reached(
            history, self.reads, self.rounds, self.flat, self.at_most, "at most",
            lambda values: max(values) <= self.at_most,
        )  # fmt: skip


@dataclass(frozen=True)
class OverallUncertainty:
    """Stop when the mean uncertainty of the pool is below `below`.

    Paper
    -----
    Zhu, Wang & Hovy 2008, "Multi-Criteria-Based Strategy"; .01 by the comparison study.
    """

    below: float = 0.01
    rounds: int = 1
    flat: float = 0.1
    name: ClassVar[str] = "overall-uncertainty"
    reads: ClassVar[str] = "mean_uncertainty"

    def decide(self, history: History) -> Verdict:
        """Stop where each of the last rounds is below."""
        return _reached(
            history, self.reads, self.rounds, self.flat, self.below, "below",
            lambda values: max(values) < self.below,
        )  # fmt: skip


@dataclass(frozen=True)
class BatchAccuracy:
    """Stop when the model was right on at least .9 of the last batch before its labels were told.

    The batch is chosen where the model errs, so this is no accuracy of the pool's, and a strategy that finds
    hard items keeps it low; with a batch of 10, one round of luck is enough.

    Paper
    -----
    Zhu, Wang & Hovy 2008, "Learning a Stopping Criterion for Active Learning".
    """

    at_least: float = 0.9
    rounds: int = 1
    flat: float = 0.1
    name: ClassVar[str] = "batch-accuracy"
    reads: ClassVar[str] = "batch_accuracy"

    def decide(self, history: History) -> Verdict:
        """Stop where each of the last rounds is at least the level."""
        return _reached(
            history, self.reads, self.rounds, self.flat, self.at_least, "at least",
            lambda values: min(values) >= self.at_least,
        )  # fmt: skip


def _reached(
    history: History,
    figure: str,
    rounds: int,
    flat: float,
    level: float,
    side: str,
    test: Callable[[list[float]], bool],
) -> Verdict:
    values = latest(history, rounds)
    if values is None:
        return too_early(figure, rounds)
    span = "the last round" if rounds == 1 else f"the last {rounds} rounds"
    if test(values):
        return Verdict(True, True, f"{figure} was {side} {level:g} in {span} ({listed(values)}): settled.")
    missed = f"{figure} was not {side} {level:g} in {span} ({listed(values)})"
    if is_flat(history, rounds, level, flat):
        return Verdict(False, False, f"{missed} and hardly moves: flat but not there, so stuck, not settled.")
    return Verdict(False, None, f"{missed}.")
