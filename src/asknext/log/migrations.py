"""The database schema as numbered steps; each runs once, in order, and is written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
)

from asknext.errors import DamagedLogError
from asknext.log import postgres, sqlite

metadata = MetaData()

migrations = Table(
    "migrations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("applied", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("event_id", Text, nullable=False, unique=True),
    Column("time", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("seal", Text, nullable=False),
)
"""`seq` counts from 1 without a gap, which no sequence of a database promises; `seal` is a hash of the row
and of the seal before it, so that no row is changed or lost unnoticed."""


def m001_events(connection: Connection) -> None:
    """The append-only table of events; the database itself refuses to change or delete a row."""
    events.create(connection)
    guard = postgres.guard if connection.dialect.name == "postgresql" else sqlite.guard
    guard(connection)


MIGRATIONS: list[Callable[[Connection], None]] = [m001_events]


def migrate(connection: Connection) -> None:
    """Bring a database up to the newest schema.

    Raises
    ------
    DamagedLogError : the database was written by a newer asknext.
    """
    if not inspect(connection).has_table("migrations"):
        migrations.create(connection)
    done = connection.execute(select(migrations.c.number)).scalars().all()
    if max(done, default=0) > len(MIGRATIONS):
        raise DamagedLogError(
            f"this log has schema {max(done)}, and this asknext knows {len(MIGRATIONS)}; upgrade asknext."
        )
    for number, step in enumerate(MIGRATIONS, start=1):
        if number not in done:
            step(connection)
            now = datetime.now(UTC).isoformat()
            connection.execute(insert(migrations).values(number=number, name=step.__name__, applied=now))
