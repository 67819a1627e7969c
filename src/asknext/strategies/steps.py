"""Steps: a batch chosen as the one that is needed first, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.combine import Combination, seen_by, without


@dataclass(frozen=True)
class Steps(Combination):
    """Let a strategy choose a batch in steps, each as if no more were wanted and those before were pending.

    For queues that hold more than is asked until the next round: a strategy that chooses sets would spread
    the first items over the whole queue. It goes by the name of the strategy, and keeps its memory as it is.

    Parameters
    ----------
    strategy : chooses.
    size : items of the first step; all others are the second.

    Raises
    ------
    AskNextError : a size below 1.
    """

    strategy: Strategy
    size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise AskNextError(f"the size of a step is {self.size}; it must be at least 1.")
        self._declare("name", self.strategy.name)
        self._declare("family", self.strategy.family)

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that chooses."""
        return {"strategy": self.strategy}

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, those of the first step first."""
        view = seen_by(self.strategy, round)
        first = self.strategy.select(view, min(n, self.size), rng)
        if n <= self.size:
            return first
        view = replace(without(view, first.ids), memory=first.memory)
        return joined(first, self.strategy.select(view, n - self.size, rng))


def joined(first: Selection, then: Selection) -> Selection:
    """Two selections as one; scores and parts are there where both have them."""
    scores = None
    if first.scores is not None and then.scores is not None:
        scores = np.concatenate([first.scores, then.scores])
    both = [name for name in first.parts if name in then.parts]
    parts = {name: np.concatenate([first.parts[name], then.parts[name]]) for name in both}
    return replace(then, ids=np.concatenate([first.ids, then.ids]), scores=scores, parts=parts)
