"""Reading a log beside its writer."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import DBAPIError

from asknext.errors import AskNextError
from asknext.log.events import Event
from asknext.log.migrations import events
from asknext.log.place import holds_log, place_of
from asknext.log.seals import read_rows
from asknext.log.sqlite import DATABASE


def read_events(path: Path) -> list[Event]:
    """All events of a project, without becoming its writer; works beside a writer.

    Raises
    ------
    AskNextError : there is no log in this directory, or its database cannot be reached.
    DamagedLogError : the log cannot be read.
    """
    if not holds_log(path):
        raise AskNextError(f"there is no asknext project in {path} (no {DATABASE}).")
    place = place_of(path)

    def read(connection: Connection) -> list[Event]:
        # a log that was cut short at its creation holds nothing yet
        return read_rows(connection)[0] if inspect(connection).has_table(events.name) else []

    try:
        return place.peek(read)
    except DBAPIError as error:
        raise place.unread(error) from error


def count_events(path: Path, type: str) -> int:
    """How many events of a type a project's log holds, read beside its writer; 0 where it cannot be read."""
    query = select(func.count()).select_from(events).where(events.c.type == type)
    try:
        return place_of(path).peek(lambda connection: int(connection.execute(query).scalar_one()))
    except DBAPIError:  # being created this moment
        return 0


def integrity(path: Path) -> str:
    """The database's own check: 'ok', or the first thing that is broken."""
    place = place_of(path)
    try:
        return place.peek(place.fault) or "ok"
    except DBAPIError as error:
        return str(error.orig) if not place.remote else str(place.unread(error))
