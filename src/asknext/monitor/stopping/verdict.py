"""What a stopping rule says, and the shape that all rules share."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple, Protocol

History = Sequence[float | None]
"""One value a round, oldest first; None (or a number that is not finite) where it is not known."""

LOOK_BACK = 3  # rounds that a figure must stand still to be called flat, at least


class Verdict(NamedTuple):
    """A rule's say after a round.

    `settled` is True for a figure that is where it should be and stays there, False for one that is flat
    but not there (stuck: go on, but choose in another way), and None where neither can be said: it still
    moves, or too little is known. `stop` is never True where `settled` is False.
    """

    stop: bool
    settled: bool | None
    why: str


class Rule(Protocol):
    """A frozen dataclass with its thresholds as fields."""

    @property
    def name(self) -> str:
        """The name in recipes and reports."""

    @property
    def reads(self) -> str:
        """Which figure the history holds."""

    def decide(self, history: History) -> Verdict:
        """The say after the last round of the history."""


def first_stop(rule: Rule, history: History) -> int | None:
    """The position of the first round after which the rule would have stopped; None if it never would."""
    return next((t for t in range(len(history)) if rule.decide(history[: t + 1]).stop), None)


def known(history: History) -> list[tuple[int, float]]:
    """The values that are known, each with its round."""
    return [(t, v) for t, v in enumerate(history) if v is not None and isfinite(v)]


def latest(history: History, n: int) -> list[float] | None:
    """The last n values; None where there are fewer, or where one of them is not known.

    A value that is not known thus breaks a run: nothing is said of the rounds on both sides of it together.
    """
    values = [v for _, v in known(history[max(0, len(history) - n) :])]
    return values if len(values) == n else None


def is_flat(history: History, rounds: int, level: float, flat: float) -> bool:
    """Whether the last rounds, three or more, differ by at most `flat` times the way left to the level.

    The scale is that way, so that a figure on its slow last steps to a level is not called stuck.
    """
    values = latest(history, max(rounds, LOOK_BACK))
    return values is not None and max(values) - min(values) <= flat * abs(values[-1] - level)


def too_early(figure: str, n: int) -> Verdict:
    """The say while the last n values are not all known."""
    return Verdict(False, None, f"Too early to say: the last {n} values of {figure} must all be known.")


def listed(values: Sequence[float]) -> str:
    """The values in a sentence."""
    return ", ".join(f"{v:.3g}" for v in values)
