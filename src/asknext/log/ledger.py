"""The log together with the state that it adds up to, always in step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import takewhile
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from asknext.log import decide
from asknext.log import events as kinds
from asknext.log.events import Event
from asknext.log.fold import State, fold
from asknext.log.store import EventLog
from asknext.pool import Answer
from asknext.types import Ids, Label

P = ParamSpec("P")
T = TypeVar("T")


class Logged(Protocol):
    """Anything that has a log."""

    log: EventLog


L = TypeVar("L", bound=Logged)


def in_turn(method: Callable[Concatenate[L, P], T]) -> Callable[Concatenate[L, P], T]:
    """Let threads take turns: what a method of something logged reads is still so when it writes."""

    @wraps(method)
    def taking_turns(self: L, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.log.turn():
            return method(self, *args, **kwargs)

    return taking_turns


class Ledger:
    """A log, opened and folded; what the state refuses never gets into it.

    Parameters
    ----------
    path, wait : of the `EventLog`.

    Raises
    ------
    AskNextError : the log cannot be opened, see `EventLog`.
    DamagedLogError : its events do not fit together.
    """

    def __init__(self, path: Path | None, wait: float = 0.0) -> None:
        self.log = EventLog(path, wait)
        try:
            self.state: State = fold(self.log)
        except BaseException:
            self.log.close()
            raise

    def append(self, *events: Event) -> None:
        """Store events and let the state take them in, all or none; those stored before change nothing."""
        with self.transaction():
            for stored in self.log.append(*events):
                self.state.apply(stored)

    def add_class(self, label: Label, actor: str = "") -> int:
        """The permanent number of the class that a name means, which becomes known if it was not."""
        number = self.state.meant_by(label)
        if number is None:
            number = len(self.state.labels)
            self.append(decide.class_added(self.state, label, actor))
        return number

    def answer(self, kind: str, places: Ids, given: Sequence[Label | Answer], id: str, actor: str) -> None:
        """Take in answers, and the classes that nobody named before.

        A delivery whose id is in the log changes nothing.

        Parameters
        ----------
        kind : ANSWERED or CORRECTED.
        places : (m,) items; given : one answer each.
        id, actor : of the event.

        Raises
        ------
        AskNextError : an item is not of this kind, or the id stands for another content.
        """
        if id in self.log:  # compared by what the labels meant then; the log refuses another content
            then = fold(takewhile(lambda event: event.id != id, self.log))
            self.log.append(decide.answered(then, kind, places, given, id, actor))
            return
        decide.check_open(self.state, kind, places)
        with self.transaction():
            for label in dict.fromkeys(given):
                if not isinstance(label, Answer):
                    self.add_class(label, actor)
            self.append(decide.answered(self.state, kind, places, given, id, actor))

    def retract(self, places: Ids, id: str, actor: str) -> None:
        """Take answers back; a delivery whose id is in the log changes nothing.

        Raises
        ------
        AskNextError : an item has no answer, or the id stands for another content.
        """
        if id not in self.log:
            decide.check_answered(self.state, places)
        self.append(Event(kinds.RETRACTED, {"ids": places.tolist()}, id, actor))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside at once, at the end; after an exception none of it happened."""
        with self.log.turn():  # also while the state goes back
            try:
                with self.log.transaction():
                    yield
            except BaseException:
                self.state = fold(self.log)
                raise
