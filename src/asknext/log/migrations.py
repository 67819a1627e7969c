"""The database schema as numbered steps; each runs once, in order, and is written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
)

from asknext.errors import DamagedLogError

metadata = MetaData()

migrations = Table(
    "migrations",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("applied", String(40), nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(100), nullable=False, unique=True),
    Column("time", String(40), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("type", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("seal", String(32), nullable=False),
)
"""`seal` is a hash of the row and of the seal before it, so that no row is changed or lost unnoticed."""


def m001_events(connection: Connection) -> None:
    """The append-only table of events; SQLite itself refuses to change or delete a row."""
    events.create(connection)
    if connection.dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            connection.execute(
                text(
                    f"CREATE TRIGGER events_no_{action.lower()} BEFORE {action} ON events "
                    "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
                )
            )


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
