"""How much accuracy the labels still to come may add, read from what the last third of the labels changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from asknext.monitor.stopping.verdict import History, Verdict, is_flat, latest, listed, too_early

PER_TURNOVER, PER_GAIN = 0.1, 0.25
"""What is left for each changed prediction, and for each point that the model believes to have gained."""


def left(turnover: float | None, gain: float | None) -> float | None:
    """Accuracy that the labels still to come may add, at most in nine runs of ten.

    The model of now is held against the one that had two thirds of its labels. Where few predictions
    changed, and those hardly for the better by the model's own probabilities, more labels of the same kind
    bring little: the estimate is `PER_TURNOVER` · turnover + `PER_GAIN` · gain.

    Parameters
    ----------
    turnover : share of the watched items whose predicted class changed over the last third of the labels.
    gain : what the model believes that this brought, see `asknext.monitor.readings`.

    Returns
    -------
    A share of items, at least 0; None where one of the two is not known.

    Source
    ------
    Ours. The constants are calibrated on eleven data sets by benchmarks/calibrate_stopping.py.
    """
    return None if turnover is None or gain is None else PER_TURNOVER * turnover + PER_GAIN * gain


@dataclass(frozen=True)
class LittleLeft:
    """Stop when the labels still to come are expected to add less than a point, in `rounds` rounds in a row.

    Source
    ------
    Ours, see `left`.
    """

    below: float = 0.01
    rounds: int = 3
    flat: float = 0.1
    name: ClassVar[str] = "little-left"
    reads: ClassVar[str] = "left"

    def decide(self, history: History) -> Verdict:
        """Stop where each of the last rounds is below."""
        values = latest(history, self.rounds)
        if values is None:
            return too_early(self.reads, self.rounds)
        said = f"At most {100 * max(values):.1f} points of accuracy seem left to gain ({listed(values)})"
        if max(values) < self.below:
            return Verdict(True, True, f"{said}, less than {100 * self.below:g}: settled.")
        if is_flat(history, self.rounds, self.below, self.flat):
            return Verdict(False, False, f"{said} and hardly fewer with each round: flat but high, so stuck.")
        return Verdict(False, None, f"{said}, {100 * self.below:g} or more.")
