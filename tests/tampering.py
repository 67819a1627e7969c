"""Changing a log behind its back, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from asknext.log.place import place_of
from asknext.log.postgres import GUARDED


@contextmanager
def behind(path: Path, *, guarded: bool = False) -> Iterator[Connection]:
    """A connection to the database of a log, which commits at the end; the table is unguarded meanwhile.

    Parameters
    ----------
    path : the directory.
    guarded : leave the guards where they are.
    """
    place = place_of(path)
    engine = place.engine()
    try:
        with engine.begin() as connection:
            run = connection.exec_driver_sql
            if not guarded and place.remote:
                run("ALTER TABLE events DISABLE TRIGGER USER")
            elif not guarded:
                for action in GUARDED:
                    run(f"DROP TRIGGER IF EXISTS events_no_{action.lower()}")
            yield connection
            if not guarded and place.remote:
                run("ALTER TABLE events ENABLE TRIGGER USER")
    finally:
        engine.dispose()
