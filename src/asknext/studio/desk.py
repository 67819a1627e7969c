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
from asknext.errors import AskNextError
from asknext.log import Event
from asknext.log import events as kinds
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, SKIPPED, UNSURE, Answer, Pool
from asknext.randomness import spawn
from asknext.studio import rounds
from asknext.studio.pace import Pace
from asknext.studio.project import Project
from asknext.studio.queue import Place, Queue
from asknext.types import Ids, Label

PATIENCE = 600.0
"""Seconds after which a single answer is reason enough for another round."""

_SETTLED = {ANSWER_CODES[OUT_OF_SCOPE], ANSWER_CODES[UNSURE]}
_TOLD = frozenset({kinds.ANSWERED, kinds.CORRECTED})


class ConflictError(AskNextError):
    """What is wanted contradicts what is there: an answered item, or another delivery of the same name."""


class AbsentError(AskNextError):
    """There is no such item."""


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
        self.queue = Queue(spawn(self.campaign.seed, "queue"), clock)
        self.rounds = rounds.sweep(self._folder, self.log)
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
            elif event.type in _TOLD:
                skipped = SKIPPED.value in body["answers"]
                self.queue.answered(event.actor, body["ids"], skipped)
            elif event.type == kinds.RETRACTED:
                self.queue.retracted(event.actor, body["ids"], lease=False)
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

    def next(self, person: str, n: int, held: Iterable[int] = ()) -> list[Place]:
        """The next items for a person, leased to them; `held` are those that the person has already."""
        with self.turn:
            known = [item for item in held if 0 <= item < len(self)]
            return self.queue.next(self.pool.state, person, n, known)

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
    ) -> None:
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

        Raises
        ------
        ConflictError : an item was answered before, or the id stands for something else.
        AskNextError : an item or the answer is none.
        """
        with self.turn:
            ids = self._items(items)
            as_answers([answer], 1)
            names = (id, f"{id}/replaced", f"{id}/comment")
            if any(name in self.log for name in names):
                self._same(names, ids, answer, comment)
                return
            settled = [item for item in ids.tolist() if self.settled(item)]
            if settled and not replace:
                raise ConflictError(f"item {settled[0]} was answered already; say so to replace the answer.")
            rest = [item for item in ids.tolist() if item not in set(settled)]
            with self.campaign.transaction():
                if rest:
                    self.campaign.tell(rest, [answer] * len(rest), id=names[0], actor=person)
                if settled:
                    self.campaign.correct(settled, [answer] * len(settled), id=names[1], actor=person)
                if comment:
                    self.campaign.comment(ids, comment, id=names[2], actor=person)
            self._took(person, ids, answer, seconds)

    def _same(self, names: tuple[str, str, str], ids: Ids, answer: Label | Answer, comment: str) -> None:
        """Check that a delivery which is in the log says the same again."""
        found = {event.id: event for event in self.log if event.id in names}
        told = {name: found[name].body.get("ids", []) for name in names[:2] if name in found}
        try:
            if sorted(i for part in told.values() for i in part) != sorted(ids.tolist()):
                raise ConflictError("it was for other items")
            for name, part in told.items():
                deliver = self.campaign.tell if name == names[0] else self.campaign.correct
                deliver(part, [answer] * len(part), id=name)
            if (found[names[2]].body["text"] if names[2] in found else "") != comment:
                raise ConflictError("it had another comment")
        except AskNextError as error:
            raise ConflictError(
                f"the delivery {names[0]!a} was made before with another content; give this one its own id."
            ) from error

    def _took(self, person: str, ids: Ids, answer: Label | Answer, seconds: float | None) -> None:
        if self._told == self._read:
            self._first = self._clock()
        self._told += len(ids)
        self.queue.answered(person, ids.tolist(), answer is SKIPPED)
        for pace in (self.pace, self.paces[person]):
            pace.answered(len(ids), seconds)
        self.touch()

    def retract(self, person: str, id: str, items: Sequence[int]) -> None:
        """Take answers back; the items wait for the person again.

        Raises
        ------
        ConflictError : an item has no answer, or the id stands for something else.
        """
        with self.turn:
            ids, known = self._items(items), id in self.log
            if not known and (open_ := [i for i in ids.tolist() if self.pool.state[i] in (-1, -2)]):
                raise ConflictError(f"item {open_[0]} has no answer that could be taken back.")
            self._deliver(known, lambda: self.campaign.retract(ids, id=id, actor=person))
            if not known:
                self.queue.retracted(person, ids.tolist())
                self.touch()

    def comment(self, person: str, id: str, items: Sequence[int], text: str) -> None:
        """Note something about items; `id` names the delivery, as for `answer`."""
        with self.turn:
            ids = self._items(items)
            self._deliver(id in self.log, lambda: self.campaign.comment(ids, text, id=id, actor=person))
            self.touch()

    def _deliver(self, known: bool, deed: Callable[[], None]) -> None:
        try:
            deed()
        except AskNextError as error:
            if known:
                raise ConflictError(str(error)) from error
            raise

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
    """How many items were answered in events, each as often as it was."""
    return sum(len(event.body["ids"]) for event in events if event.type in _TOLD)
