"""Bandits: what strategies share that learn from the answers which of several others pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.badge import Badge
from asknext.strategies.base import Strategy
from asknext.strategies.combine import Combination
from asknext.strategies.margin import Margin
from asknext.strategies.open_head import answered
from asknext.strategies.typiclust import TypiClust
from asknext.strategies.uherding import UHerding
from asknext.types import Ids

ARMS = (TypiClust(), UHerding(), Margin(), Badge())
"""Strategies that differ and need no more than every learner offers."""


class Rankings:
    """What each arm would ask next while a batch fills up: its first item that is not taken yet.

    Parameters
    ----------
    lists : for each arm n distinct items, best first; up to n can be taken in all.
    """

    def __init__(self, lists: list[list[int]]) -> None:
        self._lists = lists
        self._at = [0] * len(lists)
        self._taken: set[int] = set()

    def next(self, arm: int) -> int:
        """The item that an arm would ask now."""
        while self._lists[arm][self._at[arm]] in self._taken:
            self._at[arm] += 1
        return self._lists[arm][self._at[arm]]

    def take(self, arm: int) -> int:
        """Ask this item; no arm has it any more."""
        item = self.next(arm)
        self._taken.add(item)
        return item


class Bandit(Combination):
    """A strategy that fills each batch by several others, its arms, and learns from the answers which pay.

    Parameters
    ----------
    arms : strategies; each ranks as many items as are to be asked, once a batch.

    Raises
    ------
    AskNextError : no arm, or one that is no strategy object.
    """

    family = "adaptive"
    cost = "that of all its arms"
    stochastic = True

    arms: tuple[Strategy, ...]

    def __post_init__(self) -> None:
        self._declare("arms", tuple(self.arms))
        super().__post_init__()
        if not self.arms:
            raise AskNextError(f"{type(self).__name__} has no arms; give at least one strategy to pull.")

    @property
    def parts(self) -> dict[str, Strategy]:
        """The arms by number."""
        return {str(i): arm for i, arm in enumerate(self.arms)}

    @property
    def names(self) -> list[str]:
        """What the parts are called, in order."""
        return [part.name for part in self.parts.values()]

    def past(self, round: Round) -> Mapping[str, Any]:
        """What it remembers; nothing of the time before its arms were these."""
        return round.memory if round.memory.get("arms") == self.names else {}

    def pulled(self, round: Round) -> Ids:
        """The arms that can be pulled, by number; until the first label those that need none, if any do."""
        blind = [i for i, arm in enumerate(self.arms) if arm.needs == {"embedding"}]
        return np.array(blind if blind and not len(round.labelled) else range(len(self.arms)), dtype=np.intp)

    def ranked(self, round: Round, n: int, rng: np.random.Generator) -> tuple[Rankings, dict[str, Any]]:
        """What each part would ask of n items; and the memories of all, with their names."""
        lists = []
        round = replace(round, memory={key: self.past(round).get(key, {}) for key in self.parts})
        for key in self.parts:
            chosen = self.ask(key, round, n, rng)
            round = replace(round, memory=chosen.memory)
            lists.append(chosen.ids.tolist())
        return Rankings(lists), {**round.memory, "arms": self.names}


def told(round: Round) -> dict[int, int]:
    """The answers as they stand now: the place of each item's class, and that after the last out of scope."""
    ids, y = answered(round)
    return dict(zip(ids.tolist(), y.tolist(), strict=True))
