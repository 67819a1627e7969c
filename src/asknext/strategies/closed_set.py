"""Closed set: let a strategy know nothing of items out of scope."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.combine import Combination


def closed(round: Round) -> Round:
    """The round without a word of the items out of scope: they are no candidates, and nothing else either."""
    return replace(round, out_of_scope=np.empty(0, dtype=np.intp))


@dataclass(frozen=True)
class ClosedSet(Combination):
    """Let a strategy choose as if no item had turned out to be out of scope.

    Strategies that cover the pool count such items as covered, so that a region that is out of scope is asked
    about once. Open-set papers run them without that knowledge: `ClosedSet(KCenter())` is their core-set.

    Parameters
    ----------
    strategy : chooses.
    """

    strategy: Strategy

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that chooses."""
        return {"strategy": self.strategy}

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items."""
        return self.ask("strategy", closed(round), n, rng)
