"""Two stages: any strategy among the purest items, as many of them as keep a precision."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.combine import Combination
from asknext.strategies.open_head import precision
from asknext.strategies.purity import Purity


@dataclass(frozen=True)
class TwoStage(Combination):
    """Let a strategy choose among the purest items, more of them while enough of the answers are in scope.

    It sees factor · n candidates. After a batch of which more than target + band is in scope the factor grows
    by half; after one below target - band it shrinks by a third, to 1 at the least.

    Parameters
    ----------
    strategy : chooses among the purest.
    purity : keeps the items that it would ask first.
    target : share of the answers wanted in scope.
    band : leave the factor alone this close to the target.
    factor : items kept for each one asked in the first batch.

    Raises
    ------
    AskNextError : a target outside (0, 1), a negative band, or a factor below 1.

    Paper
    -----
    Zong et al. 2025 (EAOA) adapt the factor by one up or down; by a ratio it also finds its way in large
    pools with few items out of scope.
    """

    strategy: Strategy
    purity: Strategy = Purity()  # noqa: RUF009 (frozen)
    target: float = 0.6
    band: float = 0.05
    factor: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (0.0 < self.target < 1.0 and self.band >= 0.0 and self.factor >= 1.0):
            raise AskNextError(
                f"target is {self.target}, band {self.band} and factor {self.factor}; give a share between 0 "
                "and 1, a width of at least 0, and at least 1 item for each one asked."
            )

    @property
    def parts(self) -> dict[str, Strategy]:
        """The filter and the strategy."""
        return {"purity": self.purity, "strategy": self.strategy}

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n of the purest; the memory holds the factor and the batch by which it is judged."""
        factor = self._adapted(round)
        size = min(max(n, math.ceil(min(factor * n, len(round.candidates)))), len(round.candidates))
        kept = self.ask("purity", round, size, rng)
        chosen = self.ask("strategy", replace(round.restrict(kept.ids), memory=kept.memory), n, rng)
        own = {"factor": float(f"{factor:.6g}"), "batch": chosen.ids.tolist()}
        return replace(chosen, memory={**chosen.memory, **own})

    def _adapted(self, round: Round) -> float:
        """The factor after the last batch; no larger than the pool can need."""
        factor = float(round.memory.get("factor", self.factor))
        reached = precision(round, round.memory.get("batch", []))
        if reached is not None and reached > self.target + self.band:
            factor = min(1.5 * factor, max(factor, len(round.candidates)))
        if reached is not None and reached < self.target - self.band:
            factor = max(1.0, factor / 1.5)
        return factor
