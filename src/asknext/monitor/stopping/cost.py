"""Rules of price: stop when what the next batch is expected to bring is worth less than its labels.

Both look one batch ahead along a curve fitted to the rounds so far, and take the high end of what it may
bring, so that noise alone never stops a campaign. A curve knows nothing of a class that nobody has found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from asknext.monitor.stopping.curve import LEAST, extrapolate
from asknext.monitor.stopping.verdict import History, Verdict, is_flat


@dataclass(frozen=True)
class AuditCost:
    """Stop when the accuracy that the next batch may add is worth less than its labels.

    The history holds each round's accuracy on its audit items, or that of the present model on held-out
    ones. Below `enough`, a flat curve is stuck, not settled: the next batch brings nothing *as it is chosen
    now*, and the rule does not stop.

    Parameters
    ----------
    initial, batch : labels before the first value, and labels from one value to the next.
    price : of one label.
    point : what one point of accuracy (.01) is worth, in the same money.
    enough : the accuracy from which on a flat curve counts as settled.
    level : one-sided confidence of the high end.
    """

    initial: int
    batch: int
    price: float
    point: float
    enough: float = 0.8
    level: float = 0.9
    name: ClassVar[str] = "audit-cost"
    reads: ClassVar[str] = "audit_accuracy"

    def decide(self, history: History) -> Verdict:
        """Stop where the high end of the gain is not worth its price, at a sufficient accuracy."""
        curve = extrapolate(history, self.initial, self.batch, self.level)
        if curve is None:
            return _unknown(self.reads)
        worth, cost = 100 * max(curve.gain_high, 0.0) * self.point, self.batch * self.price
        said = (
            f"The next {self.batch} labels cost {cost:g} and should add {_points(curve.gain)} points, "
            f"at most {_points(curve.gain_high)}, worth {worth:.2f}; {self.reads} is about {curve.now:.3g}"
        )
        if worth >= cost:
            return Verdict(False, None, f"{said}: they may pay.")
        if curve.now < self.enough:
            return Verdict(False, False, f"{said}, below {self.enough:g}: flat but not there, so stuck.")
        return Verdict(True, True, f"{said}, at least {self.enough:g}: they do not pay.")


@dataclass(frozen=True)
class ContradictionCost:
    """Stop when even a gain on every prediction that will change is worth less than the labels.

    Accuracy can only change where a prediction changes, so the contradiction ratio of the next round, read
    from the curve, bounds what the next batch can add. It needs no labels, and is a generous bound.

    Parameters
    ----------
    initial, batch, price, point, level : as in `AuditCost`.
    flat : a ratio that moved in three rounds by at most this share of the way to where it pays is stuck.
    """

    initial: int
    batch: int
    price: float
    point: float
    flat: float = 0.1
    level: float = 0.9
    name: ClassVar[str] = "contradiction-cost"
    reads: ClassVar[str] = "contradiction"

    def decide(self, history: History) -> Verdict:
        """Stop where the high end of the next ratio is not worth its price."""
        curve = extrapolate(history, self.initial, self.batch, self.level)
        if curve is None:
            return _unknown(self.reads)
        likely, most = max(curve.next, 0.0), max(curve.next_high, 0.0)
        worth, cost = 100 * most * self.point, self.batch * self.price
        said = (
            f"The next {self.batch} labels cost {cost:g} and may change {_points(likely)} % of the "
            f"predictions, at most {_points(most)} %, worth at most {worth:.2f}"
        )
        if worth < cost:
            return Verdict(True, True, f"{said}: they do not pay.")
        if is_flat(history, 1, cost / (100 * self.point), self.flat):
            return Verdict(False, False, f"{said}; {self.reads} is flat but high, so stuck, not settled.")
        return Verdict(False, None, f"{said}: they may pay.")


def _points(share: float) -> str:
    return f"{round(100 * share, 2) + 0.0:g}"


def _unknown(figure: str) -> Verdict:
    text = f"Too early to say: a curve needs {LEAST} known values of {figure}, the last one among them."
    return Verdict(False, None, text)
