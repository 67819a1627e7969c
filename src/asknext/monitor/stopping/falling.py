"""Rules that stop when a figure has passed its peak and falls round after round.

Published, such a rule knows no level: any run of drops will do, however small and however high. Ours stop at
the same round, and tell by the figure's own peak whether it is low: at most `low` times the highest value so
far. Above that, and moving in three rounds by at most `flat` of the way left, it is stuck.

The code of the comparison study (Pullar-Strecker et al. 2022) counts drops without ever starting anew, so
that they need not be consecutive, and reports one round late; here they are consecutive.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from asknext.monitor.stopping.verdict import History, Verdict, is_flat, known, latest, listed, too_early
from asknext.types import Array, Floats


def contradictory_information(wrong: Array, confidence: Floats) -> float | None:
    """How sure the last model was where the new labels prove it wrong: the sum of s_i / mean s over those.

    Parameters
    ----------
    wrong : (b,) whether the model before them was wrong on the newly labelled items.
    confidence : (b,) its confidence s on them, at least 0: the distance to the boundary in the paper, as
        in |f|; the comparison study's code takes the *un*certainty instead.

    Returns
    -------
    A number in [0, b]; None without items or where all confidences are 0.

    Source
    ------
    Vlachos 2008, "A stopping criterion for active learning".
    """
    mean = float(np.mean(confidence)) if len(confidence) else 0.0
    return float(confidence[np.asarray(wrong, dtype=bool)].sum()) / mean if mean > 0 else None


@dataclass(frozen=True)
class VarianceModel:
    """VM: stop when the variance of the model's confidence falls `drops` times in a row.

    The variance is that of the confidence over the batch, or over the pool.

    Paper
    -----
    Ghayoomi 2010, "Using Variance as a Stopping Criterion for Active Learning of Frame Assignment".
    """

    drops: int = 2
    low: float = 0.5
    flat: float = 0.1
    name: ClassVar[str] = "variance-model"
    reads: ClassVar[str] = "uncertainty_variance"

    def decide(self, history: History) -> Verdict:
        """Stop after a run of drops of any size."""
        return _fallen(history, self.reads, self.drops, 0.0, self.low, self.flat)


@dataclass(frozen=True)
class ExtendedVarianceModel:
    """EVM: as VM, and each drop is larger than `by`.

    The paper's .5 cannot be in units of a confidence in [0, 1], whose variance is at most .25; the default
    is the comparison study's .001. That study's EVM also takes two drops whatever number it is given.

    Paper
    -----
    Ghayoomi 2010.
    """

    drops: int = 2
    by: float = 0.001
    low: float = 0.5
    flat: float = 0.1
    name: ClassVar[str] = "extended-variance-model"
    reads: ClassVar[str] = "uncertainty_variance"

    def decide(self, history: History) -> Verdict:
        """Stop after a run of drops larger than `by`."""
        return _fallen(history, self.reads, self.drops, self.by, self.low, self.flat)


@dataclass(frozen=True)
class ContradictoryInformation:
    """Stop when the contradictory information of the new labels falls `drops` times in a row.

    Noisy for small batches, where it is a sum over a handful of errors.

    Paper
    -----
    Vlachos 2008.
    """

    drops: int = 3
    low: float = 0.5
    flat: float = 0.1
    name: ClassVar[str] = "contradictory-information"
    reads: ClassVar[str] = "contradictory_information"

    def decide(self, history: History) -> Verdict:
        """Stop after a run of drops of any size."""
        return _fallen(history, self.reads, self.drops, 0.0, self.low, self.flat)


def _fallen(history: History, figure: str, drops: int, by: float, low: float, flat: float) -> Verdict:
    values = latest(history, drops + 1)
    if values is None:
        return too_early(figure, drops + 1)
    peak = max(v for _, v in known(history))
    low_now = values[-1] <= low * peak
    level = f"is {'at most' if low_now else 'above'} {low:g} of its peak of {peak:.3g}"
    more = f" by more than {by:g}" if by else ""
    if all(b < a - by for a, b in pairwise(values)):
        said = "low and settled" if low_now else "the rule says stop, but the figure is not low yet"
        text = f"{figure} fell{more} in {drops} rounds in a row ({listed(values)}), and {level}: {said}."
        return Verdict(True, True if low_now else None, text)
    if not low_now and is_flat(history, drops + 1, low * peak, flat):
        return Verdict(False, False, f"{figure} is flat ({listed(values)}) and {level}: stuck, not settled.")
    return Verdict(False, None, f"{figure} did not fall{more} in {drops} rounds in a row ({listed(values)}).")
