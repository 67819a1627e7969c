"""The one writer of a project: answers, undo, classes, publishing a round; and what to label next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from threading import RLock
from time import time
from uuid import uuid4

from asknext.answers import as_answers, as_ids
from asknext.errors import AskNextError, UnwritableLogError
from asknext.log import Event
from asknext.log import events as kinds
from asknext.pool import (
    ANSWER_CODES,
    OUT_OF_SCOPE,
    PENDING_CODE,
    SKIPPED,
    UNASKED_CODE,
    UNSURE,
    Answer,
    Pool,
)
from asknext.randomness import spawn
from asknext.studio import rounds
from asknext.studio.errors import AbsentError, ConflictError
from asknext.studio.once import once
from asknext.studio.pace import Pace
from asknext.studio.project import Project
from asknext.studio.queue import Place, Queue
from asknext.studio.seconds import Seconds
from asknext.studio.telling import check_same, deliveries, sorted_out, tell
from asknext.types import Ids, Label

PATIENCE = 600.0
"""Seconds after which a single answer is reason enough for another round."""

_SETTLED = {ANSWER_CODES[OUT_OF_SCOPE], ANSWER_CODES[UNSURE]}
_NEWS = frozenset({kinds.ANSWERED, kinds.CORRECTED, kinds.ADJUDICATED, kinds.REOPENED})
"""Types of events that are a reason to learn anew; a further opinion seldom changes what stands."""


class Desk:
    """A project at work. Threads take turns; what is acknowledged is on the disk.

    Nothing is fitted here: the campaign has no learner, and what a worker found is published.

    Parameters
    ----------
    project : the project; its log is written until `close`.
    clock : tells the seconds of the epoch.
    """

    def __init__(self, project: Project, clock: Callable[[], float] = time) -> None:
        self.project = project
        self.campaign = project.campaign(learner=None, audit=None)
        self.log = self.campaign.log
        self.turn = RLock()
        self.changes = 0
        self.closed = False
        self.pace = Pace(clock)
        self.paces: defaultdict[str, Pace] = defaultdict(lambda: Pace(clock))
        about = (project.settings["overlap"], project.settings["opinions"])
        self.seconds = Seconds(len(self), self.campaign.seed, *about)
        self.seconds.start(self.campaign.state.opinions, self.campaign.state.told)
        self.queue = Queue(spawn(self.campaign.seed, "queue"), clock, self.seconds)
        self.rounds = rounds.sweep(self._folder, self.log)
        self._doubtful: dict[str, float | None] = {}
        self._clock = clock
        self._tried = self.campaign.round > 0
        self._told = _told(self.log)
        self._read = self._ranked = _told(islice(self.log, self._remember()))
        self._first = clock()

    @property
    def _folder(self) -> Path:
        return self.project.path / "rounds"

    def _remember(self) -> int:
        """Tell the queue what is in the log; how many events the newest round had seen."""
        seen = 0
        for place, event in enumerate(self.log):
            body = event.body
            if event.type == kinds.ASKED:
                self.queue.asked(body["round"], body["ids"])
                seen = body.get("seen", place)
            elif event.type in kinds.TOLD:
                skipped = SKIPPED.value in body["answers"]
                self.queue.answered(event.actor, body["ids"], skipped)
            elif event.type == kinds.RETRACTED:
                self.queue.retracted(event.actor, [*body["ids"], *body.get("skipped", ())], lease=False)
        return seen

    # ---------------------------------------------------------------- what there is

    @property
    def pool(self) -> Pool:
        """The state of every item now."""
        return self.campaign.pool

    def __len__(self) -> int:
        return len(self.project.items)

    @property
    def age(self) -> int:
        """Answers since the newest round was chosen."""
        return self._told - self._ranked

    def check(self, item: int) -> int:
        """An item, if there is one of this number.

        Raises
        ------
        AbsentError : there is none.
        """
        if not 0 <= item < len(self):
            raise AbsentError(f"there is no such item; the items are 0 to {len(self) - 1}.")
        return item

    def settled(self, item: int) -> bool:
        """Whether an item has an answer; skipping is none."""
        code = int(self.pool.state[item])
        return code >= 0 or code in _SETTLED

    def next(
        self, person: str, n: int, held: Iterable[int] = (), tab: str = "", lend: bool = True
    ) -> list[Place]:
        """The next items for a person, leased to one tab; `held` are those that this tab has already."""
        with self.turn:
            known = [item for item in held if 0 <= item < len(self)]
            return self.queue.next(self.pool.state, person, n, known, tab, lend)

    def release(self, person: str, items: Sequence[int], tab: str = "") -> None:
        """A tab gives its items back, for instance because it is closed.

        Raises
        ------
        AskNextError : an item is none.
        """
        with self.turn:
            self.queue.release(person, self._items(items).tolist(), tab)

    def place(self, item: int, person: str) -> Place:
        """Why an item is served to a person."""
        with self.turn:
            return self.queue.place(self.check(item), person)

    # ---------------------------------------------------------------- what a person does

    def answer(
        self,
        person: str,
        id: str,
        items: Sequence[int],
        answer: Label | Answer,
        *,
        comment: str = "",
        seconds: float | None = None,
        replace: bool = False,
        over: bool = False,
    ) -> bool:
        """Take in one answer for some items; a second delivery of the same name changes nothing.

        Parameters
        ----------
        person : who answers.
        id : names the delivery.
        items : (m,) positions in the pool.
        answer : a class, one never named before too, or OUT_OF_SCOPE, UNSURE or SKIPPED.
        comment : noted beside it.
        seconds : how long it took.
        replace : whether it may stand in for an earlier answer.
        over : whether the person may correct others.

        Returns
        -------
        Whether it is a second opinion of some of the items.

        Raises
        ------
        ConflictError : the person answered an item before, or the id stands for something else.
        AskNextError : an item or the answer is none.
        """
        with self.turn:
            ids = self._items(items)
            as_answers([answer], 1)
            noted = f"{id}/comment"
            if any(name in self.log for name in (*deliveries(id).values(), noted)):
                found = check_same(self.campaign, id, person, ids, answer, comment)
                if id in self._doubtful:  # it was done, and the word of it was lost on the way here
                    self._took(person, found, answer is SKIPPED, self._doubtful.pop(id))
                return kinds.SECONDED in found
            found = sorted_out(self.campaign.state, person, ids.tolist(), answer, replace, over)
            try:
                with self.campaign.transaction():
                    tell(self.campaign, id, person, found, answer)
                    if comment:
                        self.campaign.comment(ids, comment, id=noted, actor=person)
            except UnwritableLogError:
                self._doubtful[id] = seconds
                raise
            self._doubtful.pop(id, None)
            self._took(person, found, answer is SKIPPED, seconds)
            return kinds.SECONDED in found

    def _took(
        self, person: str, found: dict[str, list[int]], skipped: bool, seconds: float | None = None
    ) -> None:
        ids = self._note(found)
        self.queue.answered(person, ids, skipped)
        for pace in (self.pace, self.paces[person]):
            pace.answered(len(ids), seconds)

    def _note(self, found: dict[str, list[int]]) -> list[int]:
        """Note that something was said of items, by the type of the event; which they are."""
        if self._told == self._read:
            self._first = self._clock()
        ids = [item for items in found.values() for item in items]
        self._told += sum(len(items) for kind, items in found.items() if kind in _NEWS)
        self.seconds.note(self.campaign.state.opinions, ids)
        self.touch()
        return ids

    def retract(
        self, person: str, id: str, items: Sequence[int], *, over: bool = False, tab: str = ""
    ) -> None:
        """Take answers back; the items wait for the person again.

        Parameters
        ----------
        person, id, items, over : as for `answer`.
        tab : the one that gets the items.

        Raises
        ------
        ConflictError : an item has no answer, or one of others only, or the id stands for something else.
        """
        with self.turn, once(self.log, id, person) as first:
            ids = self._items(items).tolist()
            if first:
                skipped = [item for item in ids if self._passed_over(person, item)]
            else:
                skipped = self.log[id].body.get("skipped", [])
            put_off = set(skipped)
            told = [item for item in ids if item not in put_off]
            for item in told if first else ():
                self._check_own(person, item, over)
            self.campaign.retract(told, skipped=skipped, id=id, actor=person)
            if first:
                self.queue.retracted(person, ids, tab=tab)
                self.seconds.note(self.campaign.state.opinions, told)
                self.touch()

    def _passed_over(self, person: str, item: int) -> bool:
        """Whether a person skipped an item that others answered: there is nothing to be taken back."""
        told = self.campaign.state.opinions.of(item)
        return bool(told) and person not in told and self.queue.skipped(person, item)

    def _check_own(self, person: str, item: int, over: bool) -> None:
        told = self.campaign.state.opinions.of(item)
        if self.pool.state[item] in (PENDING_CODE, UNASKED_CODE):
            raise ConflictError(f"item {item} has no answer that could be taken back.")
        if told and person not in told and not over:
            raise ConflictError(f"item {item} was answered by somebody else; only that can be taken back.")

    def adjudicate(self, person: str, id: str, items: Sequence[int], answer: Label | Answer) -> None:
        """Speak the last word on items; `id` names the delivery.

        Raises
        ------
        ConflictError : an item has no answer yet, or the id stands for something else.
        AskNextError : an item or the answer is none.
        """
        with self.turn, once(self.log, id, person) as first:
            ids = self._items(items)
            if first and len(bare := self.campaign.state.bare(ids)):
                raise ConflictError(f"item {bare[0]} was not answered yet, so there is nothing to decide.")
            self.campaign.adjudicate(ids, [answer] * len(ids), id=id, actor=person)
            if first:
                self._took(person, {kinds.ADJUDICATED: ids.tolist()}, False)

    def reopen(self, person: str, id: str, items: Sequence[int]) -> None:
        """Withdraw the last word on items; `id` names the delivery.

        Raises
        ------
        ConflictError : nobody had the last word on an item, or the id stands for something else.
        AskNextError : an item is none.
        """
        with self.turn, once(self.log, id, person) as first:
            ids = self._items(items)
            if first and len(bare := self.campaign.state.undecided(ids)):
                raise ConflictError(f"nobody had the last word on item {bare[0]}, so it cannot be withdrawn.")
            self.campaign.reopen(ids, id=id, actor=person)
            if first:
                self._note({kinds.REOPENED: ids.tolist()})

    def review(self, person: str, id: str, items: Sequence[int]) -> None:
        """Note that labels were looked over and stay; `id` names the delivery.

        Raises
        ------
        ConflictError : an item has no answer, or the id stands for something else.
        """
        with self.turn, once(self.log, id, person) as first:
            ids = self._items(items)
            if first and len(bare := self.campaign.state.bare(ids)):
                raise ConflictError(f"item {bare[0]} has no answer that could be looked over.")
            self.campaign.review(ids, id=id, actor=person)
            self.touch()

    def comment(self, person: str, id: str, items: Sequence[int], text: str) -> None:
        """Note something about items; `id` names the delivery, as for `answer`."""
        with self.turn, once(self.log, id, person):
            self.campaign.comment(self._items(items), text, id=id, actor=person)
            self.touch()

    def reclass(self, person: str, id: str | None, deed: Callable[..., None]) -> None:
        """Change classes by a deed of the campaign; `id` names the delivery.

        Raises
        ------
        ConflictError : the id stands for something else.
        AskNextError : it cannot be done.
        """
        with self.turn, once(self.log, id, person):
            deed(id=id, actor=person)
            self.touch()

    def _items(self, items: Sequence[int]) -> Ids:
        if not len(items):
            raise AskNextError("no items are given; name at least one.")
        return as_ids(items, len(self))

    def touch(self) -> None:
        """Note that something changed, for those who watch."""
        self.changes += 1

    # ---------------------------------------------------------------- rounds

    def due(self) -> str:
        """What kind of job is due: the first one, or one for the answers that came; empty where none is."""
        with self.turn:
            new = self._told - self._read
            if not self._tried:
                return "first round"
            late = new > 0 and self._clock() - self._first >= PATIENCE
            return "new answers" if late or new >= self.project.settings["retrain_every"] else ""

    def work(self) -> tuple[Path, int, Path]:
        """What a worker is to do now: the project, the events to read, and the folder to make."""
        with self.turn:
            self._tried, self._read = True, self._told
            target = self._folder / f"{len(self.log):08d}-{uuid4().hex[:8]}"
            return self.project.path, len(self.log), target

    def publish(self, folder: Path) -> None:
        """Take in the round that a worker left: both of its events, or none.

        Raises
        ------
        AskNextError : the folder holds no round, or one that does not follow from the log.
        """
        found = rounds.read(folder)
        with self.turn:
            self.campaign.publish(*found.as_events())
            self.rounds.append(found)
            if found.asked:
                self.queue.asked(found.round, found.ids)
            self._ranked = self._read
            self.touch()

    def close(self) -> None:
        """Let go of the project."""
        with self.turn:
            self.closed = True
            self.campaign.close()
            self.project.items.close()


def _told(events: Iterable[Event]) -> int:
    """How many items were answered in events, each as often as it was; further opinions are not counted."""
    return sum(len(event.body["ids"]) for event in events if event.type in _NEWS)
