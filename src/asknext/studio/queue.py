"""Who gets which item next; leases; never dry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np

from asknext.pool import ANSWER_CODES, PENDING_CODE, UNASKED_CODE, Answer
from asknext.studio.seconds import Seconds
from asknext.types import Array, Ids

LEASE = 600.0
"""Seconds for which an item is kept for the one who got it."""

APART = 10
"""Answers after which a skipped item comes back, where there is anything else."""

SECOND = "second opinion"
"""The slot of an item that somebody else answered."""

_SKIPPED = ANSWER_CODES[Answer.SKIPPED]
OPEN = (UNASKED_CODE, PENDING_CODE, _SKIPPED)
"""States in which an item waits for an answer."""


class Place(NamedTuple):
    """An item with the reason why it is served, and the round that asked for it; None where none did."""

    item: int
    slot: str
    round: int | None


class _Lease(NamedTuple):
    person: str
    tab: str
    end: float


@dataclass
class Queue:
    """The order of service.

    First what is leased to the person already, then what waits for a second opinion, then items that were
    asked, the newest round first, then what the person skipped or took back, then random items, and in the
    end whatever is left of others. An item is leased to one tab of one person at a time.

    Parameters
    ----------
    rng : draws the random items.
    clock : tells the seconds.
    seconds : what waits for a second opinion.
    """

    rng: np.random.Generator
    clock: Callable[[], float]
    seconds: Seconds
    _rounds: dict[int, int] = field(default_factory=dict)
    _order: Ids = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    _newest: int = -1
    _leases: dict[int, _Lease] = field(default_factory=dict)
    _again: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _answers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def asked(self, round: int, ids: Iterable[int]) -> None:
        """A batch was asked."""
        batch = np.fromiter(ids, dtype=np.intp)
        self._newest = round
        self._rounds |= dict.fromkeys(batch.tolist(), round)
        self._order = np.concatenate([batch, self._order[~np.isin(self._order, batch)]])

    def answered(self, person: str, ids: Iterable[int], skipped: bool) -> None:
        """A person answered or skipped items."""
        self._answers[person] += 1
        for item in ids:
            self._leases.pop(item, None)
            self._again[person].pop(item, None)
            if skipped:
                self._again[person][item] = self._answers[person]

    def retracted(self, person: str, ids: Iterable[int], lease: bool = True, tab: str = "") -> None:
        """A person took answers back; the items wait for this person again, at once where they are leased."""
        for item in ids:
            self._again[person][item] = self._answers[person] - APART
            if lease:
                self._lease(person, tab, item)

    def skipped(self, person: str, item: int) -> bool:
        """Whether an item comes back to a person who skipped it or took the answer back."""
        return item in self._again[person]

    def next(
        self, state: Array, person: str, n: int, held: Iterable[int] = (), tab: str = "", lend: bool = True
    ) -> list[Place]:
        """The next items for a person, leased to them.

        Parameters
        ----------
        state : (n,) of the pool, as `Pool.state`.
        person, tab : who asks, and in which of several windows.
        n : items wanted.
        held : items that the person has already in this tab; their leases are renewed.
        lend : whether they are leased; a reserve for bad times is not.
        """
        now = self.clock()
        self._leases = {i: lease for i, lease in self._leases.items() if lease.end > now}
        kept = {item for item in held if self._open(state, item, person)}
        for item in kept:
            if self._owner(item) in (None, (person, tab), (person, "")):
                self._lease(person, tab, item)
        given: dict[int, Place] = {}
        for item in chain.from_iterable(self._sources(state, person, n + len(kept), tab)):
            if len(given) >= n:
                break
            if item not in kept and item not in given and self._owner(item) in (None, (person, tab)):
                given[item] = self.place(item, person)
        for item in given if lend else ():
            self._lease(person, tab, item)
        return list(given.values())

    def release(self, person: str, ids: Iterable[int], tab: str = "") -> None:
        """A tab of a person gives back what was leased to it."""
        for item in ids:
            if self._owner(item) == (person, tab):
                del self._leases[item]

    def place(self, item: int, person: str) -> Place:
        """Why an item is served to a person."""
        round = self._rounds.get(item)
        if item in self._again[person]:
            return Place(item, "again", round)
        if self.seconds.waits(item, person):
            return Place(item, SECOND, round)
        if round is None:
            return Place(item, "random", None)
        return Place(item, "asked" if round == self._newest else "left over", round)

    def _open(self, state: Array, item: int, person: str) -> bool:
        """Whether an answer of this person is awaited."""
        return state[item] in OPEN or self.seconds.waits(item, person)

    def _sources(self, state: Array, person: str, n: int, tab: str) -> Iterable[Iterable[int]]:
        """Open items in the order of service, leased or not; each kind is looked for only when it is due."""
        mine = [item for item in self._leases if self._owner(item) == (person, tab)]
        yield [item for item in mine if self._open(state, item, person)]
        again = self._again[person]
        yield (item for item in self.seconds.of(person) if item not in again)
        back = [item for item in again if self._open(state, item, person)]
        asked = self._order[state[self._order] == PENDING_CODE]
        yield (item for item in asked.tolist() if item not in again)
        yield [item for item in back if self._answers[person] - again[item] >= APART]
        yield self._random(state, n)
        yield back
        yield np.flatnonzero(np.isin(state, OPEN)).tolist()

    def _random(self, state: Array, n: int) -> Iterable[int]:
        """Items that nobody was asked for, at random: enough of them that n are left beside the leased."""
        unasked = np.flatnonzero(state == UNASKED_CODE)
        size = min(len(unasked), n + len(self._leases))
        yield from self.rng.choice(unasked, size=size, replace=False, shuffle=True).tolist() if size else ()

    def _owner(self, item: int) -> tuple[str, str] | None:
        lease = self._leases.get(item)
        return None if lease is None else (lease.person, lease.tab)

    def _lease(self, person: str, tab: str, item: int) -> None:
        self._leases[item] = _Lease(person, tab, self.clock() + LEASE)
