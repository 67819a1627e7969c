"""State as a fold over events: the pool, the classes, the round and the memory of the strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asknext.answers import as_ids
from asknext.errors import DamagedLogError
from asknext.log import events as kinds
from asknext.log.audit import AuditSlice
from asknext.log.events import Event
from asknext.log.opinions import Opinions
from asknext.pool import ANSWER_CODES, PENDING_CODE, UNASKED_CODE, Answer, Pool
from asknext.rows import fingerprint
from asknext.types import Ids, Label

_SKIPPED = ANSWER_CODES[Answer.SKIPPED]
_APART = frozenset({kinds.FITTED, kinds.STOPPED, kinds.COMMENTED, kinds.REVIEWED})
"""Types of events that leave the pool as it is."""


@dataclass
class State:
    """What the events so far add up to.

    Classes have numbers that never change; `labels[c]` is the name of class c, and `into[c]` the class that
    it was merged into, or c itself. `unnamed` are the classes whose name is still to come; `former` holds
    the names that such classes and merged ones have given up, each with the class that had it last.
    `opinions` holds who said what, as permanent numbers, so that a merge rewrites nothing. Of the audit
    slice, the first `audited` items were asked. `events` counts them, and `told` holds for each item how many
    there had been after the last one that answered it; `reviewed` holds what stood for an item when somebody
    looked it over.
    """

    n: int = 0
    seed: int = 0
    data: str = ""
    audit: AuditSlice = field(default_factory=AuditSlice)
    audited: int = 0
    opinions: Opinions = field(init=False)
    told: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    events: int = 0
    labels: list[Label] = field(default_factory=list)
    into: list[int] = field(default_factory=list)
    unnamed: list[int] = field(default_factory=list)
    former: dict[Label, int] = field(default_factory=dict)
    round: int = 0
    memory: dict[str, Any] = field(default_factory=dict)
    fitted: dict[int, dict[str, Any]] = field(default_factory=dict)
    stopped: str = ""
    reviewed: dict[int, int] = field(default_factory=dict)
    _pool: Pool | None = None
    _visible: Pool | None = None

    def __post_init__(self) -> None:
        self.opinions = Opinions(self.n, self.root)

    def apply(self, event: Event) -> None:
        """Take in one more event.

        Raises
        ------
        DamagedLogError : the event does not fit what came before it.
        """
        try:
            self._apply(event.type, event.body, event.actor)
        except (ValueError, TypeError, OverflowError, MemoryError) as error:
            reason = str(error).rstrip(".")
            raise DamagedLogError(f"the event {event.id} ({event.type}) does not fit: {reason}.") from error
        self.events += 1
        if event.type not in _APART:
            self._pool = self._visible = None

    def _apply(self, kind: str, body: Mapping[str, Any], actor: str) -> None:
        match kind:
            case kinds.CREATED:
                if self.n:
                    raise ValueError("the log was created before")
                self.n, self.seed, self.data = body["n"], body["seed"], body["data"]
                self.audit = AuditSlice(as_ids(body["audit"], self.n), body["audit_share"])
                self.opinions = Opinions(self.n, self.root)
                self.told = np.zeros(self.n, dtype=np.int32)
            case kinds.CLASS_ADDED:
                if body["class"] != len(self.labels):
                    raise ValueError(f"class {body['class']} is added out of order")
                self.labels.append(body["label"])
                self.into.append(body["class"])
                if body.get("provisional"):
                    self.unnamed.append(body["class"])
            case kinds.CLASS_RENAMED:
                number = self._class(body["class"])
                if number in self.unnamed:
                    self._give_up_name(number)
                self.labels[number] = body["label"]
            case kinds.CLASS_MERGED:
                source, target = self._class(body["class"]), self._class(body["into"])
                if self.into[source] != source or self.root(target) == source:
                    raise ValueError(f"class {source} was merged before, or would be merged into itself")
                self.into[source] = target
                self._give_up_name(source)
                self.opinions.merged()
            case kinds.CLASS_SPLIT:
                source, target = self.root(self._class(body["class"])), self._class(body["into"])
                ids = as_ids(body["ids"], self.n)
                others = ids[self.pool.state[ids] != self.live.index(source)]
                if self.root(target) == source or len(others):
                    raise ValueError(f"class {source} is split into itself, or items {others} are not of it")
                self.opinions.split(ids, source, target)
            case kinds.ASKED:
                ids = as_ids(body["ids"], self.n)
                self.opinions.wait(ids[self.told[ids] <= self._seen(body)])
                self.audited = max(self.audited, self.audit.reach(ids))
                self.round = body["round"] + 1
                self.memory = body["memory"]
            case kinds.ANSWERED | kinds.CORRECTED | kinds.SECONDED | kinds.ADJUDICATED:
                self._told(kind, actor, as_ids(body["ids"], self.n), body["answers"])
            case kinds.RETRACTED:
                ids = as_ids(body["ids"], self.n)
                if len(bare := self.unanswered(ids)):
                    raise ValueError(f"items {bare} have no answer")
                as_ids(body.get("skipped", ()), self.n)
                self.opinions.retract(actor, ids)
            case kinds.REOPENED:
                ids = as_ids(body["ids"], self.n)
                if len(bare := self.undecided(ids)):
                    raise ValueError(f"items {bare} have no last word")
                self.opinions.reopen(ids)
            case kinds.COMMENTED:
                as_ids(body["ids"], self.n)
            case kinds.REVIEWED:
                ids = as_ids(body["ids"], self.n)
                self.reviewed |= dict(zip(ids.tolist(), self._codes(ids, body["answers"]), strict=True))
            case kinds.FITTED:
                self._seen(body)
                self.fitted[body["round"]] = dict(body)
            case kinds.STOPPED:
                self.stopped = body["reason"]

    def _told(self, kind: str, actor: str, ids: Ids, answers: list[int | str | None]) -> None:
        codes = self._codes(ids, answers)
        if kind == kinds.ANSWERED:
            self.opinions.only(actor, ids, codes)
        elif kind == kinds.CORRECTED:
            self.opinions.correct(actor, ids, codes)
        else:
            if len(bare := self.bare(ids)):
                raise ValueError(f"items {bare} were not answered yet")
            if kind == kinds.SECONDED:
                self.opinions.second(actor, ids, codes)
            elif _SKIPPED in codes:
                raise ValueError("skipping is no last word")
            else:
                self.opinions.adjudicate(ids, codes)
        self.told[ids] = self.events + 1

    def _seen(self, body: Mapping[str, Any]) -> int:
        """How many events the maker of an event knew: all there are, unless it says fewer."""
        seen: int = body.get("seen", self.events)
        if not 0 <= seen <= self.events:
            raise ValueError(f"it was made from {seen} events, and there were {self.events}")
        return seen

    def _codes(self, ids: Ids, answers: list[int | str | None]) -> list[int]:
        if len(ids) != len(answers):
            raise ValueError(f"{len(answers)} answers for {len(ids)} items")
        return [self._code(answer) for answer in answers]

    def _code(self, answer: int | str | None) -> int:
        if answer is None:
            raise ValueError("the class of an answer was not known")
        return ANSWER_CODES[Answer(answer)] if isinstance(answer, str) else self._class(answer)

    def _give_up_name(self, number: int) -> None:
        self.former[self.labels[number]] = number
        self.unnamed = [c for c in self.unnamed if c != number]

    def unanswered(self, ids: Ids) -> Ids:
        """Those of the items that have no answer of any kind."""
        return ids[np.isin(self.opinions.stands[ids], (UNASKED_CODE, PENDING_CODE))]

    def bare(self, ids: Ids) -> Ids:
        """Those of the items of which nobody has an opinion; skipping is none."""
        stands = self.opinions.stands[ids]
        return ids[(stands == UNASKED_CODE) | (stands == PENDING_CODE) | (stands == _SKIPPED)]

    def undecided(self, ids: Ids) -> Ids:
        """Those of the items on which nobody spoke the last word."""
        return ids[[not self.opinions.adjudicated(item) for item in ids.tolist()]]

    def _class(self, number: int) -> int:
        if not 0 <= number < len(self.labels):
            raise ValueError(f"class {number} was never added")
        return number

    @property
    def live(self) -> list[int]:
        """Numbers of the classes that are not merged into another, in order of appearance."""
        return [c for c, target in enumerate(self.into) if target == c]

    def root(self, number: int) -> int:
        """The class that a class has become by merges."""
        while self.into[number] != number:
            number = self.into[number]
        return number

    def number_of(self, label: Label) -> int | None:
        """The number of the live class of this name, or None."""
        return next((c for c in self.live if self.labels[c] == label), None)

    def meant_by(self, label: Label) -> int | None:
        """The number of the live class that an answer of this name counts for, or None.

        It is the class of this name. Where there is none, the name of a merged class stands for the class
        that this went into, and a provisional name for the class that had it before it was renamed.
        """
        number = self.number_of(label)
        if number is None and label in self.former:
            return self.root(self.former[label])
        return number

    @property
    def pool(self) -> Pool:
        """The pool at this moment, with merges resolved; the same object until something about it changes."""
        if self._pool is None:
            live, state = self.live, self.opinions.stands.copy()
            if len(live) < len(self.labels):
                place = {c: j for j, c in enumerate(live)}
                table = np.array([place[self.root(c)] for c in range(len(self.labels))], dtype=np.int32)
                known = state >= 0
                state[known] = table[state[known]]
            self._pool = Pool(state, tuple(self.labels[c] for c in live))
        return self._pool

    @property
    def visible(self) -> Pool:
        """The pool as strategy and learner see it, the answers of the audit slice hidden."""
        if self._visible is None:
            self._visible = self.audit.hide(self.pool)
        return self._visible

    @property
    def learnt(self) -> str:
        """A fingerprint of the labels that a learner learns from now, written into each `fitted` event."""
        return fingerprint(self.visible.labelled, self.visible.y)

    @property
    def digest(self) -> str:
        """A fingerprint of the pool as it is now, written into each `asked` event and checked by `verify`."""
        return fingerprint(self.pool.state, repr(self.pool.classes))


def fold_about(events: Iterable[Event], ids: Iterable[int]) -> State:
    """The state that a list of events adds up to as far as it is about classes and some of the items.

    Of the other items nothing is known. It passes over most of a long log, and so is many times faster.
    """
    about, state = frozenset(ids), State()
    for event in events:
        part = _about(event, about)
        if part is None:
            state.events += 1
        else:
            state.apply(part)
    return state


def _about(event: Event, items: frozenset[int]) -> Event | None:
    """An event as far as it is about some items, or about none in particular; None where it is not."""
    ids = event.body.get("ids")
    if ids is None:
        return event
    if event.type in _APART or items.isdisjoint(ids):
        return None
    kept = [place for place, item in enumerate(ids) if item in items]
    lists = {name: event.body[name] for name in ("ids", "answers") if name in event.body}
    return replace(event, body={**event.body, **{k: [v[i] for i in kept] for k, v in lists.items()}})


def fold(events: Iterable[Event]) -> State:
    """The state that a list of events adds up to."""
    state = State()
    for event in events:
        state.apply(event)
    return state
