"""Which items wait for a further opinion, and from whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import count

import numpy as np

from asknext.log import Opinions
from asknext.pool import ANSWER_CODES, UNSURE
from asknext.randomness import spawn
from asknext.studio.project import IMPORTER

_UNSURE = ANSWER_CODES[UNSURE]


class Seconds:
    """Items that somebody answered and others are to answer too, in the order in which they came to wait.

    These are the ones drawn, as long as fewer people answered than are wanted, and any whose only answer is
    unsure. They are kept by who answered, so that nobody's own are gone through when that person asks. Labels
    that came with the items are no opinions to be checked, and the last word needs no more.

    Parameters
    ----------
    n, seed : of the campaign.
    share : how many of the items are drawn, in [0, 1].
    wanted : opinions wanted of each of these.
    """

    def __init__(self, n: int, seed: int, share: float, wanted: int) -> None:
        self.drawn = spawn(seed, "overlap").random(n) < share
        self.wanted = wanted
        self._waiting: defaultdict[frozenset[str], dict[int, int]] = defaultdict(dict)
        self._who: dict[int, frozenset[str]] = {}
        self._places = count()

    def start(self, opinions: Opinions, when: Iterable[int]) -> None:
        """Take in everything said before; `when` tells how late each item was answered."""
        counts, late = opinions.counts(), np.asarray(when)
        unsure = (counts == 1) & (opinions.stands == _UNSURE)
        found = np.flatnonzero((self.drawn & (counts > 0) & (counts < self.wanted)) | unsure)
        self.note(opinions, found[np.argsort(late[found], kind="stable")].tolist())

    def note(self, opinions: Opinions, ids: Iterable[int]) -> None:
        """Something was said of items, or taken back."""
        for item in ids:
            if (before := self._who.pop(item, None)) is not None:
                del self._waiting[before][item]
            if self._due(opinions, item):
                who = self._who[item] = frozenset(opinions.of(item))
                self._waiting[who][item] = next(self._places)

    def _due(self, opinions: Opinions, item: int) -> bool:
        told = opinions.of(item)
        if not told or IMPORTER in told or opinions.adjudicated(item):
            return False
        unsure = len(told) == 1 and int(opinions.stands[item]) == _UNSURE
        return unsure or bool(self.drawn[item] and len(told) < self.wanted)

    def waits(self, item: int, person: str) -> bool:
        """Whether an item waits for the opinion of this person."""
        return item in self._who and person not in self._who[item]

    def of(self, person: str) -> Iterator[int]:
        """The items that wait for the opinion of this person, the longest waiting first."""
        groups = [items.items() for who, items in self._waiting.items() if person not in who]
        return (item for item, _ in merge(*groups, key=lambda pair: pair[1]))
