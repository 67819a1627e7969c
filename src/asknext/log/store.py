"""The event log on disk: SQLite, one writer, every commit on the disk before it is acknowledged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from asknext.errors import AskNextError, DamagedLogError
from asknext.log.events import Event
from asknext.log.migrations import events, migrate

DATABASE = "project.db"


class EventLog:
    """An append-only list of events.

    Parameters
    ----------
    path : the project's directory, made if need be; None keeps the log in memory.
    wait : seconds to wait for another writer to let go.

    Raises
    ------
    AskNextError : another process writes this log.
    DamagedLogError : the file is no log, or a newer asknext wrote it.
    """

    def __init__(self, path: Path | None = None, wait: float = 0.0) -> None:
        self.path = path
        self._lock = None
        if path is not None:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(path, wait)
        self._engine = _engine(path)
        try:
            self._connection = self._engine.connect()
            with self._connection.begin():
                migrate(self._connection)
            self._ids = {e.id: e for e in _read(self._connection)}
        except DatabaseError as error:
            self._release()
            raise DamagedLogError(f"{path} holds no readable log: {error.orig}.") from error
        except BaseException:
            self._release()
            raise

    def __iter__(self) -> Iterator[Event]:
        return iter(self._ids.values())

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._ids

    def append(self, *new: Event) -> list[Event]:
        """Store events, all or none, and return those that were not stored before.

        When this returns outside a `transaction`, the events are on the disk.

        Raises
        ------
        AskNextError : an event with this id but another content is already there.
        """
        fresh = []
        for item in new:
            known = self._ids.get(item.id)
            if known is None:
                fresh.append(item)
            elif (known.type, known.text) != (item.type, item.text):
                raise AskNextError(f"the event id '{item.id}' was used before for something else.")
        if not fresh:
            return []
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        stored = [Event(e.type, e.body, e.id, e.actor, now) for e in fresh]
        values = [
            {"event_id": e.id, "time": now, "actor": e.actor, "type": e.type, "body": e.text} for e in stored
        ]
        try:
            with self.transaction():
                self._connection.execute(insert(events), values)
        except OperationalError as error:
            raise AskNextError(
                f"the log in {self.path} cannot be written ({error.orig}); what was acknowledged before is "
                "safe. Mend the cause and go on."
            ) from error
        self._ids.update((e.id, e) for e in stored)
        return stored

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything appended inside at once, at the end; after an exception none of it happened."""
        if self._connection.in_transaction():
            yield
            return
        try:
            with self._connection.begin():
                yield
        except BaseException:
            self._ids = {e.id: e for e in _read(self._connection)}
            raise

    def close(self) -> None:
        """Give the file back; a later `EventLog` goes on where this one stopped."""
        self._connection.close()
        self._release()

    def _release(self) -> None:
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()


def read_events(path: Path) -> list[Event]:
    """All events of a project, without becoming its writer; works beside a writer.

    Raises
    ------
    AskNextError : there is no log in this directory.
    DamagedLogError : the file cannot be read.
    """
    if not (path / DATABASE).is_file():
        raise AskNextError(f"there is no asknext project in {path} (no {DATABASE}).")
    engine = create_engine(f"sqlite:///file:{path / DATABASE}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            return _read(connection)
    except DatabaseError as error:
        raise DamagedLogError(f"{path / DATABASE} is no readable log: {error.orig}.") from error
    finally:
        engine.dispose()


def integrity(path: Path) -> str:
    """SQLite's own check of the database file: 'ok', or what is broken."""
    engine = create_engine(f"sqlite:///file:{path / DATABASE}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("PRAGMA integrity_check").scalar_one())
    except DatabaseError as error:
        return str(error.orig)
    finally:
        engine.dispose()


def _read(connection: Connection) -> list[Event]:
    rows = connection.execute(select(events).order_by(events.c.seq)).all()
    connection.rollback()
    try:
        return [Event(r.type, json.loads(r.body), r.event_id, r.actor, r.time) for r in rows]
    except ValueError as error:
        raise DamagedLogError(f"the log holds an event that cannot be read: {error}") from error


def _lock(path: Path, wait: float) -> FileLock:
    lock = FileLock(path / ".lock", timeout=wait)
    try:
        lock.acquire()
    except Timeout as error:
        raise AskNextError(f"another process is writing {path}; stop it or choose another place.") from error
    return lock


def _engine(path: Path | None) -> Engine:
    if path is None:
        engine = create_engine("sqlite://", poolclass=StaticPool)
    else:
        engine = create_engine(f"sqlite:///{path / DATABASE}")

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
