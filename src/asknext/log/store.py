"""The event log: one writer, every commit on the disk before it is acknowledged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

from filelock import FileLock, Timeout
from sqlalchemy import Transaction, insert
from sqlalchemy.exc import DBAPIError

from asknext.errors import AskNextError, BusyLogError, UnwritableLogError
from asknext.log.events import Event
from asknext.log.migrations import events, migrate
from asknext.log.place import place_of
from asknext.log.seals import as_rows, read_rows


class EventLog:
    """An append-only list of events, for the process that opened it; its threads take turns.

    Where a directory says that its log is in a database (see `place_of`), a connection that is lost is made
    anew for the next transaction, and the log read again.

    Parameters
    ----------
    path : the project's directory, made if need be; None keeps the log in memory.
    wait : seconds to wait for another writer to let go.

    Raises
    ------
    BusyLogError : somebody else writes this log.
    UnwritableLogError : the database cannot be reached.
    AskNextError : the directory cannot be made.
    DamagedLogError : the file is no log, or a newer asknext wrote it.
    """

    def __init__(self, path: Path | None = None, wait: float = 0.0) -> None:
        self.path = path
        self._guard = RLock()
        self._process = os.getpid()
        self._lock = None if path is None else _lock(path, wait)
        self._waiting: list[Event] = []
        self._ids: dict[str, Event] = {}
        self._seal = ""
        self._closed = False
        with ExitStack() as undo:
            if self._lock is not None:
                undo.callback(self._lock.release)
            self._place = place_of(path)
            self._engine = self._place.engine()
            undo.callback(self._engine.dispose)
            self._connect(wait)
            undo.pop_all()

    def _connect(self, wait: float = 0.0) -> None:
        """The connection that writes, and what the log holds."""
        with ExitStack() as undo:
            try:
                self._connection = undo.enter_context(self._engine.connect())
                self._place.claim(self._connection, wait)
                with self._connection.begin():
                    migrate(self._connection)
                    self._load()
            except DBAPIError as error:
                raise self._place.unread(error) from error
            undo.pop_all()

    def __iter__(self) -> Iterator[Event]:
        return iter(self._ids.values())

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._ids

    def __getitem__(self, event_id: str) -> Event:
        return self._ids[event_id]

    def append(self, *new: Event) -> list[Event]:
        """Store events, all or none, and return those that were not stored before.

        When this returns outside a `transaction`, the events are on the disk. One that comes from another log
        keeps the time at which that log stored it.

        Raises
        ------
        AskNextError : an event with this id but another content is already there, or a name holds what no
            database takes.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        fresh: dict[str, Event] = {}
        with self.turn():
            for item in new:
                if "\0" in item.id + item.actor:
                    raise AskNextError("an event's id or actor holds a zero character; leave it out.")
                known = self._ids.get(item.id) or fresh.get(item.id)
                if known is None:  # kept as it will be read back: a tuple is a list, a key is a text
                    fresh[item.id] = Event(
                        item.type, json.loads(item.text), item.id, item.actor, item.time or now
                    )
                elif (known.type, known.text) != (item.type, item.text):
                    raise used(item.id)
            if fresh:
                with self.transaction():
                    self._waiting += fresh.values()
                    self._ids.update(fresh)
        return list(fresh.values())

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other thread is at work, and keep the others waiting meanwhile.

        Raises
        ------
        AskNextError : the log belongs to the process that this one was forked from.
        """
        if os.getpid() != self._process:  # before any waiting: the thread that held the lock stayed behind
            raise AskNextError(
                "this campaign was opened before the process was forked, and belongs to the parent; open it "
                "anew in the process that writes it."
            )
        with self._guard:
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything appended inside at once, at the end; after an exception none of it happened.

        Another thread waits until it is over. One within another is a part of it: its own exception undoes
        what happened in it, and the outer one commits.

        Raises
        ------
        AskNextError : the log is closed, belongs to the process that this one was forked from, or cannot be
            written, for instance because the disk is full.
        """
        with self.turn():
            if self._closed:
                raise AskNextError("this log is closed; open the campaign again to go on.")
            with self._within() if self._connection.in_transaction() else self._committing():
                yield

    @contextmanager
    def _within(self) -> Iterator[None]:
        mark = len(self._waiting)
        try:
            yield
        except BaseException:
            self._forget(mark)
            raise

    @contextmanager
    def _committing(self) -> Iterator[None]:
        transaction, rows = self._begin(), []
        try:
            yield
            rows = as_rows(self._waiting, self._seal, len(self) - len(self._waiting) + 1)
            try:
                if rows:
                    self._connection.execute(insert(events), rows)
                transaction.commit()
            except DBAPIError as error:
                raise self._place.unwritten(error) from error
        except BaseException as failure:
            self._undo()
            if isinstance(failure, UnwritableLogError) and rows and self._seal == rows[-1]["seal"]:
                return  # it was done, and only the word of it was lost
            raise
        self._waiting = []
        if rows:
            self._seal = rows[-1]["seal"]

    def _begin(self) -> Transaction:
        """A transaction, on a new connection where the old one was lost.

        Raises
        ------
        UnwritableLogError : the database cannot be reached; or it holds more than was known, so that what
            was decided before may be wrong now.
        """
        if not self._connection.closed:
            try:
                return self._connection.begin()
            except DBAPIError as error:
                self._connection.close()
                if not self._place.remote:
                    raise self._place.unwritten(error) from error
        known = self._seal
        self._connect()
        if self._seal != known:
            raise UnwritableLogError(
                f"the connection to {self._place} was lost, and the log now holds more than was known here; "
                "nothing was done, try again."
            )
        return self._connection.begin()

    def _undo(self) -> None:
        """Go back to what is on the disk; a file that cannot be read takes nothing more in."""
        self._forget()
        try:
            self._connection.rollback()
            with self._connection.begin():
                self._load()
        except BaseException as error:
            self._connection.close()
            if not (self._place.remote and isinstance(error, DBAPIError)):
                self._closed = True
                raise
            with suppress(UnwritableLogError, BusyLogError):  # the next transaction tries again
                self._connect()

    def _forget(self, mark: int = 0) -> None:
        for undone in self._waiting[mark:]:
            del self._ids[undone.id]
        del self._waiting[mark:]

    def _load(self) -> None:
        found, self._seal = read_rows(self._connection)
        self._ids = {event.id: event for event in found}

    def close(self) -> None:
        """Give the file back; a later `EventLog` goes on where this one stopped.

        Raises
        ------
        AskNextError : a transaction is not over.
        """
        if os.getpid() != self._process:  # the parent's, who still writes it
            return
        with self._guard:
            if not self._connection.closed and self._connection.in_transaction():
                raise AskNextError("a transaction is at work; close the campaign after it.")
            self._closed = True
            self._connection.close()
            self._engine.dispose()
            if self._lock is not None:
                self._lock.release()


def used(event_id: str) -> AskNextError:
    """That an id stands for another event."""
    return AskNextError(f"the event id '{event_id}' was used before for something else.")


def _lock(path: Path, wait: float) -> FileLock:
    lock = FileLock(path / ".lock", timeout=wait, thread_local=False)  # any thread may close the log
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise BusyLogError(
            f"another process, or something else in this one, is writing {path}; close it or choose another "
            "place."
        ) from error
    except OSError as error:
        raise AskNextError(f"{path} cannot hold a log: {error.strerror}; choose another place.") from error
    return lock
