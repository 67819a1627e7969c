"""Reading a log beside its writer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, func, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError

from asknext.errors import AskNextError, DamagedLogError
from asknext.log.events import Event
from asknext.log.migrations import events
from asknext.log.seals import read_rows

DATABASE = "project.db"

T = TypeVar("T")


def read_events(path: Path) -> list[Event]:
    """All events of a project, without becoming its writer; works beside a writer.

    Raises
    ------
    AskNextError : there is no log in this directory.
    DamagedLogError : the file cannot be read.
    """
    if not (path / DATABASE).is_file():
        raise AskNextError(f"there is no asknext project in {path} (no {DATABASE}).")

    def read(connection: Connection) -> list[Event]:
        # a log that was cut short at its creation holds nothing yet
        return read_rows(connection)[0] if inspect(connection).has_table(events.name) else []

    try:
        return _peek(path, read)
    except DatabaseError as error:
        raise DamagedLogError(f"{path / DATABASE} is no readable log: {error.orig}.") from error


def count_events(path: Path, type: str) -> int:
    """How many events of a type a project's log holds, read beside its writer; 0 where it cannot be read."""
    query = select(func.count()).select_from(events).where(events.c.type == type)
    try:
        return _peek(path, lambda connection: int(connection.execute(query).scalar_one()))
    except DatabaseError:  # being created this moment
        return 0


def integrity(path: Path) -> str:
    """SQLite's own check of the database file: 'ok', or the first thing that is broken."""
    try:
        return _peek(path, lambda c: str(c.exec_driver_sql("PRAGMA integrity_check").scalars().all()[0]))
    except DatabaseError as error:
        return str(error.orig)


def _peek(path: Path, read: Callable[[Connection], T]) -> T:
    """Read a log beside its writer; where nothing may be written, a log that was closed well can be read.

    SQLite wants to make a file beside the database even to read it. In a read-only directory, or on a full
    disk, it is told that nobody writes (`immutable`) — unless there is a write-ahead log that it would miss.
    """
    try:
        return _connected(path, read, mode="ro")
    except OperationalError:
        waiting = path / f"{DATABASE}-wal"
        if waiting.exists() and waiting.stat().st_size:
            raise
        return _connected(path, read, immutable="1")


def _connected(path: Path, read: Callable[[Connection], T], **how: str) -> T:
    file = quote(str((path / DATABASE).absolute()))
    engine = create_engine(URL.create("sqlite", database=f"file:{file}", query={**how, "uri": "true"}))
    try:
        with engine.connect() as connection:
            return read(connection)
    finally:
        engine.dispose()
