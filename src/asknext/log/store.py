"""The event log on disk: SQLite, one writer, every commit on the disk before it is acknowledged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, insert
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from asknext.errors import AskNextError, DamagedLogError
from asknext.log.events import Event
from asknext.log.migrations import events, migrate
from asknext.log.reader import DATABASE
from asknext.log.seals import as_rows, read_rows


class EventLog:
    """An append-only list of events, for the process that opened it; its threads take turns.

    Parameters
    ----------
    path : the project's directory, made if need be; None keeps the log in memory.
    wait : seconds to wait for another writer to let go.

    Raises
    ------
    AskNextError : somebody else writes this log, or the directory cannot be made.
    DamagedLogError : the file is no log, or a newer asknext wrote it.
    """

    def __init__(self, path: Path | None = None, wait: float = 0.0) -> None:
        self.path = path
        self._guard = RLock()
        self._process = os.getpid()
        self._lock = None if path is None else _lock(path, wait)
        self._engine = _engine(path)
        self._waiting: list[Event] = []
        self._seal = ""
        with ExitStack() as undo:
            undo.callback(self._release)
            try:
                self._connection = undo.enter_context(self._engine.connect())
                with self._connection.begin():
                    migrate(self._connection)
                    self._load()
            except DatabaseError as error:
                raise DamagedLogError(f"{path} holds no readable log: {error.orig}.") from error
            undo.pop_all()

    def __iter__(self) -> Iterator[Event]:
        return iter(self._ids.values())

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._ids

    def append(self, *new: Event) -> list[Event]:
        """Store events, all or none, and return those that were not stored before.

        When this returns outside a `transaction`, the events are on the disk. One that comes from another log
        keeps the time at which that log stored it.

        Raises
        ------
        AskNextError : an event with this id but another content is already there.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        fresh: dict[str, Event] = {}
        with self.turn():
            for item in new:
                known = self._ids.get(item.id) or fresh.get(item.id)
                if known is None:  # kept as it will be read back: a tuple is a list, a key is a text
                    fresh[item.id] = Event(
                        item.type, json.loads(item.text), item.id, item.actor, item.time or now
                    )
                elif (known.type, known.text) != (item.type, item.text):
                    raise AskNextError(f"the event id '{item.id}' was used before for something else.")
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
            if self._connection.closed:
                raise AskNextError("this log is closed; open the campaign again to go on.")
            with self._within() if self._connection.in_transaction() else self._committing():
                yield

    @contextmanager
    def _within(self) -> Iterator[None]:
        mark = len(self._waiting)
        try:
            yield
        except BaseException:
            for undone in self._waiting[mark:]:
                del self._ids[undone.id]
            del self._waiting[mark:]
            raise

    @contextmanager
    def _committing(self) -> Iterator[None]:
        with self._explained():
            transaction = self._connection.begin()
        try:
            yield
            with self._explained():
                rows = as_rows(self._waiting, self._seal)
                if rows:
                    self._connection.execute(insert(events), rows)
                transaction.commit()
        except BaseException:
            self._undo()
            raise
        self._waiting = []
        if rows:
            self._seal = rows[-1]["seal"]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise AskNextError(
                f"the log in {self.path} cannot be written ({error.orig}); what was acknowledged before is "
                "safe. Mend the cause and go on."
            ) from error
        except DatabaseError as error:
            raise DamagedLogError(f"the log in {self.path} is damaged: {error.orig}.") from error

    def _undo(self) -> None:
        """Go back to what is on the disk; where even that cannot be read, nothing more is taken in."""
        self._waiting = []
        try:
            self._connection.rollback()
            with self._connection.begin():
                self._load()
        except BaseException:
            self._connection.close()
            raise

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
            self._connection.close()
            self._release()

    def _release(self) -> None:
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()


def _lock(path: Path, wait: float) -> FileLock:
    lock = FileLock(path / ".lock", timeout=wait, thread_local=False)  # any thread may close the log
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise AskNextError(
            f"another process, or something else in this one, is writing {path}; close it or choose another "
            "place."
        ) from error
    except OSError as error:
        raise AskNextError(f"{path} cannot hold a log: {error.strerror}; choose another place.") from error
    return lock


def _engine(path: Path | None) -> Engine:
    if path is None:
        url, settled = URL.create("sqlite"), {"poolclass": StaticPool}
    else:
        url, settled = URL.create("sqlite", database=str(path / DATABASE)), {}
    engine = create_engine(url, connect_args={"check_same_thread": False}, **settled)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
