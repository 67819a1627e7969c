"""The log together with the state that it adds up to, always in step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from itertools import takewhile
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from asknext.answers import as_label, as_name
from asknext.errors import AskNextError
from asknext.log import decide
from asknext.log.events import Event
from asknext.log.fold import State, fold, fold_about
from asknext.log.store import EventLog, used
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

    def begin(
        self, n: int, key: Callable[[], str], seed: int, classes: Sequence[Label], audit: float | None
    ) -> None:
        """Start a new log, or check that the one found belongs to this data and seed.

        Parameters, raises: as for `decide.check_same`, but `key` makes the fingerprint, where there is a file
        or a history to compare with; `classes` are known from the start of a new log.
        """
        data = key() if self.log.path or len(self.log) else ""
        if len(self.log):
            found = str(self.log.path or "the history")
            decide.check_same(self.state, found, n, data, seed, audit)
            return
        self.append(decide.created(n, data, seed, audit or 0.0))
        for label in classes:
            self.add_class(as_label(label))

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

    def deliver(self, id: str | None, actor: str, deed: Callable[..., list[Event]], *what: Any) -> None:
        """Take in what a deed comes to in this state; a delivery whose id is in the log changes nothing.

        Parameters
        ----------
        id, actor : of the event.
        deed : one of `decide`, called with the state, `what`, the id and the actor; its last event bears the
            id.

        Raises
        ------
        AskNextError : the deed cannot be done, or the id stands for another one.
        """
        name = as_name(id)
        if name not in self.log:
            self.append(*deed(self.state, *what, name, actor))
            return
        before = takewhile(lambda event: event.id != name, self.log)
        then = fold_about(before, self.log[name].body.get("ids", ()))
        try:
            same = deed(then, *what, name, actor)
        except AskNextError as error:  # what could not be done then is not what was done
            raise used(name) from error
        self.log.append(*same)  # what the deed had come to then; the log refuses another content

    def answer(self, kind: str, places: Ids, given: Sequence[Label | Answer], id: str, actor: str) -> None:
        """Take in answers, and the classes that nobody named before.

        A delivery whose id is in the log changes nothing.

        Parameters
        ----------
        kind : ANSWERED, CORRECTED, SECONDED or ADJUDICATED.
        places : (m,) items; given : one answer each.
        id, actor : of the event.

        Raises
        ------
        AskNextError : an item is not of this kind, or the id stands for another content.
        """
        deed = partial(self.deliver, id, actor, decide.answered, kind, places, given)
        if id in self.log:
            deed()
            return
        with self.transaction():
            decide.check_open(self.state, kind, places, given)
            for label in dict.fromkeys(given):
                if not isinstance(label, Answer):
                    self.add_class(label, actor)
            deed()

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
