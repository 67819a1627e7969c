"""The rule of a labelling plugin: stop when the contradictions no longer change, but only at a low level."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from asknext.monitor.stopping.verdict import History, Verdict, latest, listed, too_early


@dataclass(frozen=True)
class FlatContradiction:
    """Stop when the contradiction ratio changed by less than `change` at each of the last `points` rounds.

    The plugin warns at any level, so also where the model keeps contradicting itself; `ceiling=1` gives
    that. Ours asks for a level of at most `ceiling` too. The plugin takes a round only when it has 20 labels
    more than the last one (leave the others out of the history), and divides the contradictions by the
    number of rows wished for, not by the number there were. Read on AUC, it is the plugin's other rule.

    Source
    ------
    The code of Dataiku's labelling plugin (.01, three points).
    """

    change: float = 0.01
    points: int = 3
    ceiling: float = 0.05
    name: ClassVar[str] = "flat-contradiction"
    reads: ClassVar[str] = "contradiction"

    def decide(self, history: History) -> Verdict:
        """Stop where it is flat and low."""
        values = latest(history, self.points + 1)
        if values is None:
            return too_early(self.reads, self.points + 1)
        if any(abs(b - a) >= self.change for a, b in pairwise(values)):
            text = f"{self.reads} still changes by {self.change:g} or more in a round ({listed(values)})."
            return Verdict(False, None, text)
        flat = f"{self.reads} changed by less than {self.change:g} in {self.points} rounds ({listed(values)})"
        if max(values) <= self.ceiling:
            return Verdict(True, True, f"{flat} and is at most {self.ceiling:g}: low and settled.")
        return Verdict(False, False, f"{flat} above {self.ceiling:g}: flat but high, so stuck, not settled.")
