"""A log in a file of its own: SQLite, every commit on the disk before it is acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import StaticPool

from asknext.errors import AskNextError, DamagedLogError, UnwritableLogError

DATABASE = "project.db"

T = TypeVar("T")


@dataclass(frozen=True)
class File:
    """The file in a directory that holds a log.

    Parameters
    ----------
    path : the directory; None for a log in memory.
    """

    path: Path | None
    remote = False

    def engine(self) -> Engine:
        """What makes the writer's connection."""
        if self.path is None:
            url, settled = URL.create("sqlite"), {"poolclass": StaticPool}
        else:
            url, settled = URL.create("sqlite", database=str(self.path / DATABASE)), {}
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

    def claim(self, connection: Connection, wait: float) -> None:
        """The lock on the directory is all that a file needs."""

    def peek(self, read: Callable[[Connection], T]) -> T:
        """Read beside the writer; where nothing may be written, a log that was closed well can be read.

        SQLite wants to make a file beside the database even to read it. In a read-only directory, or on a
        full disk, it is told that nobody writes (`immutable`) — unless there is a write-ahead log that it
        would miss.
        """
        assert self.path is not None
        try:
            return self._connected(read, mode="ro")
        except OperationalError:
            waiting = self.path / f"{DATABASE}-wal"
            if waiting.exists() and waiting.stat().st_size:
                raise
            return self._connected(read, immutable="1")

    def _connected(self, read: Callable[[Connection], T], **how: str) -> T:
        assert self.path is not None
        file = quote(str((self.path / DATABASE).absolute()))
        engine = create_engine(URL.create("sqlite", database=f"file:{file}", query={**how, "uri": "true"}))
        try:
            with engine.connect() as connection:
                return read(connection)
        finally:
            engine.dispose()

    def fault(self, connection: Connection) -> str:
        """The first thing that SQLite's own check of the file finds broken; empty where all is well."""
        found = str(connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()[0])
        return "" if found == "ok" else found

    def unread(self, error: DBAPIError) -> AskNextError:
        """Why the log cannot be read, as a sentence."""
        return DamagedLogError(f"{self} is no readable log: {error.orig}.")

    def unwritten(self, error: DBAPIError) -> AskNextError:
        """Why the log cannot be written, as a sentence."""
        if isinstance(error, OperationalError):
            return UnwritableLogError(
                f"the log in {self.path} cannot be written ({error.orig}); what was acknowledged before is "
                "safe. Mend the cause and go on."
            )
        return DamagedLogError(f"the log in {self.path} is damaged: {error.orig}.")

    def __str__(self) -> str:
        return "a log in memory" if self.path is None else str(self.path / DATABASE)


def guard(connection: Connection) -> None:
    """Have the database refuse to change or delete events."""
    for action in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER events_no_{action.lower()} BEFORE {action} ON events "
            "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        )
