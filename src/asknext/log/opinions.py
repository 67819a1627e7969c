"""Who said what of each item, and what stands: a pure function of the opinions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from asknext.pool import ANSWER_CODES, PENDING_CODE, UNASKED_CODE, Answer
from asknext.types import Ids

_SKIPPED, _UNSURE = ANSWER_CODES[Answer.SKIPPED], ANSWER_CODES[Answer.UNSURE]


@dataclass
class _Heard:
    """The opinions of one item, by person in the order of first saying, and the last word if there is one."""

    opinions: dict[int, int]
    word: int | None = None


class Opinions:
    """The opinions of all items, as permanent class numbers or codes of `Pool.state`; skipping is none.

    `stands` holds what stands for each item: the last word, else the most frequent opinion with merges
    resolved, where unsure counts only if there is nothing else, and a tie goes to the opinion that came
    first; a code where there is no opinion. An item with one opinion and no last word, as almost all are,
    costs a number in `_by`; the others are in `_heard`.

    Parameters
    ----------
    n : number of items.
    root : the class that a class has become by merges.
    """

    def __init__(self, n: int, root: Callable[[int], int]) -> None:
        self.stands: NDArray[np.int32] = np.full(n, UNASKED_CODE, dtype=np.int32)
        self._by: NDArray[np.int32] = np.full(n, -1, dtype=np.int32)
        self._heard: dict[int, _Heard] = {}
        self._disputed: set[int] = set()
        self._people: dict[str, int] = {}
        self._names: list[str] = []
        self._root = root

    # ---------------------------------------------------------------- what happens

    def only(self, actor: str, ids: Ids, answers: list[int]) -> None:
        """A person answers items; nothing else is said of them now."""
        self._forget(ids)
        self.stands[ids] = answers
        self._by[ids] = self._person(actor)
        if _SKIPPED in answers:
            self._by[ids[self.stands[ids] == _SKIPPED]] = -1

    def second(self, actor: str, ids: Ids, answers: list[int]) -> None:
        """A person answers items that are answered already."""
        person = self._person(actor)
        for item, answer in zip(ids.tolist(), answers, strict=True):
            if answer != _SKIPPED:
                self._open(item).opinions[person] = answer
                self._settle(item)

    def correct(self, actor: str, ids: Ids, answers: list[int]) -> None:
        """A person answers anew: beside others the own opinion is replaced, else it is the only one now."""
        person = self._person(actor)
        among = np.fromiter(map(self._among, ids.tolist(), repeat(person)), dtype=bool, count=len(ids))
        given = np.asarray(answers, dtype=np.int32)
        self.only(actor, ids[~among], given[~among].tolist())
        for item, answer in zip(ids[among].tolist(), given[among].tolist(), strict=True):
            heard = self._heard[item]
            heard.opinions[person], heard.word = answer, None
            if answer == _SKIPPED:
                del heard.opinions[person]
            self._settle(item)

    def adjudicate(self, ids: Ids, answers: list[int]) -> None:
        """The last word on items is spoken; the opinions stay."""
        for item, answer in zip(ids.tolist(), answers, strict=True):
            self._open(item).word = answer
            self._settle(item)

    def reopen(self, ids: Ids) -> None:
        """The last word on items is withdrawn: opinions count again."""
        for item in ids.tolist():
            self._heard[item].word = None
            self._settle(item)

    def retract(self, actor: str, ids: Ids) -> None:
        """A person takes the own opinions back; items wait again where none is left, or it had none."""
        person = self._person(actor)
        among = np.fromiter(map(self._among, ids.tolist(), repeat(person)), dtype=bool, count=len(ids))
        self.wait(ids[~among])
        for item in ids[among].tolist():
            del self._heard[item].opinions[person]
            self._settle(item)

    def wait(self, ids: Ids) -> None:
        """Items wait for an answer, and none is known of them."""
        self._forget(ids)
        self.stands[ids] = PENDING_CODE
        self._by[ids] = -1

    def merged(self) -> None:
        """A class became part of another: opinions that differed may be the same now."""
        for item in self._heard.copy():
            self._settle(item)

    def split(self, ids: Ids, source: int, target: int) -> None:
        """On these items, of class `source`, what was said of it is said of `target` now."""
        self.stands[ids] = target
        for item in self._heard.keys() & set(ids.tolist()) if self._heard else ():
            heard = self._heard[item]
            heard.opinions = {who: self._moved(c, source, target) for who, c in heard.opinions.items()}
            if heard.word is not None:
                heard.word = self._moved(heard.word, source, target)
            self._settle(item)

    def _moved(self, answer: int, source: int, target: int) -> int:
        return target if answer >= 0 and self._root(answer) == source else answer

    # ---------------------------------------------------------------- what is known

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who ever answered, in order of appearance; `triples` names them by their places."""
        return tuple(self._names)

    def of(self, item: int) -> dict[str, int]:
        """What was said of an item, by person, in the order of first saying."""
        if item in self._heard:
            return {self._names[who]: answer for who, answer in self._heard[item].opinions.items()}
        return {self._names[self._by[item]]: int(self.stands[item])} if self._by[item] >= 0 else {}

    def said_by(self, actor: str, item: int) -> int | None:
        """What a person said of an item, or None."""
        who = self._people.get(actor, -2)
        if item in self._heard:
            return self._heard[item].opinions.get(who)
        return int(self.stands[item]) if self._by[item] == who else None

    def said(self, actor: str) -> NDArray[np.int32]:
        """What a person said of each item (n,); the code of an unasked one where that is nothing."""
        who = self._people.get(actor, -2)
        found = np.where(self._by == who, self.stands, np.int32(UNASKED_CODE))
        for item, heard in self._heard.items():
            found[item] = heard.opinions.get(who, UNASKED_CODE)
        return found

    def adjudicated(self, item: int) -> bool:
        """Whether the last word on an item was spoken."""
        return item in self._heard and self._heard[item].word is not None

    def majority(self, item: int) -> int:
        """What would stand for an item without a last word."""
        return most_frequent(counted(self.of(item).values(), self._root))

    def several(self) -> list[int]:
        """Items of which more than one person said something, in ascending order."""
        return sorted(item for item, heard in self._heard.items() if len(heard.opinions) > 1)

    def disputed(self) -> list[int]:
        """Items on which opinions differ, unsure ones aside, and nobody spoke the last word; ascending."""
        return sorted(self._disputed)

    def counts(self) -> NDArray[np.int32]:
        """How many people said something of each item (n,)."""
        found = (self._by >= 0).astype(np.int32)
        for item, heard in self._heard.items():
            found[item] = len(heard.opinions)
        return found

    def triples(self) -> NDArray[np.int32]:
        """All opinions (m, 3), one a row: the item, the place of the person in `people`, and the answer."""
        alone = np.flatnonzero(self._by >= 0)
        singles = np.column_stack([alone, self._by[alone], self.stands[alone]])
        rows = [(item, *said) for item, heard in self._heard.items() for said in heard.opinions.items()]
        found = np.concatenate([singles, np.array(rows, dtype=np.int32).reshape(-1, 3)]).astype(np.int32)
        classes = found[:, 2] >= 0
        if classes.any():
            roots = np.array([self._root(c) for c in range(int(found[:, 2].max()) + 1)], dtype=np.int32)
            found[classes, 2] = roots[found[classes, 2]]
        return found

    # ---------------------------------------------------------------- how it is kept

    def _person(self, actor: str) -> int:
        if actor not in self._people:
            self._people[actor] = len(self._names)
            self._names.append(actor)
        return self._people[actor]

    def _among(self, item: int, person: int) -> bool:
        """Whether a person has an opinion of an item beside those of others."""
        heard = self._heard.get(item)
        return heard is not None and len(heard.opinions) > 1 and person in heard.opinions

    def _open(self, item: int) -> _Heard:
        """The opinions of an item, to add to."""
        if item not in self._heard:
            said = {int(self._by[item]): int(self.stands[item])} if self._by[item] >= 0 else {}
            self._heard[item], self._by[item] = _Heard(said), -1
        return self._heard[item]

    def _settle(self, item: int) -> None:
        """Work out what stands for an item, and whether opinions differ."""
        heard = self._heard[item]
        votes = counted(heard.opinions.values(), self._root)
        differ = len(votes) > 1 and heard.word is None
        (self._disputed.add if differ else self._disputed.discard)(item)
        if heard.word is None and len(heard.opinions) == 1:
            ((self._by[item], self.stands[item]),) = heard.opinions.items()
            del self._heard[item]
        else:
            self.stands[item] = heard.word if heard.word is not None else most_frequent(votes)

    def _forget(self, ids: Ids) -> None:
        for item in ids.tolist() if self._heard else ():
            self._heard.pop(item, None)
            self._disputed.discard(item)


def counted(opinions: Iterable[int], root: Callable[[int], int]) -> dict[int, int]:
    """How often each answer is among some opinions, in the order of first saying; unsure ones are left out.

    Parameters
    ----------
    opinions : class numbers or codes.
    root : the class that a class has become by merges.
    """
    votes: dict[int, int] = {}
    for answer in opinions:
        if answer != _UNSURE:
            meant = root(answer) if answer >= 0 else answer
            votes[meant] = votes.get(meant, 0) + 1
    return votes


def most_frequent(votes: dict[int, int]) -> int:
    """The most frequent answer of those counted, a tie going to the first; unsure where there is none."""
    return max(votes, key=lambda answer: votes[answer]) if votes else _UNSURE
