"""A log in a schema of its own in a PostgreSQL database, for a team."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic, sleep
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from asknext.errors import AskNextError, BusyLogError, DamagedLogError, UnwritableLogError

GRACE = 2.0
"""Seconds for which a lock is waited for: a server sees a little late that a connection was cut."""

PULSE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
"""So that either side notices in a minute or so that the other has vanished; seconds, the last one ms."""

DEFAULTS = {"connect_timeout": 10, "application_name": "asknext", **PULSE}
"""Of a connection, where the URL says nothing else."""

GUARDED = ("UPDATE", "DELETE", "TRUNCATE")
"""What the database refuses to do to events."""

T = TypeVar("T")


@dataclass(frozen=True)
class Schema:
    """The schema of a database that holds a log.

    Parameters
    ----------
    url : of the database, without a password.
    name : of the schema.
    """

    url: URL
    name: str
    remote = True

    def engine(self, reading: bool = False) -> Engine:
        """What makes connections to the schema, each a new one.

        Raises
        ------
        AskNextError : psycopg is not installed.
        """
        try:
            engine = create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                poolclass=NullPool,  # a lock is held by the connection, and must end with it
                connect_args={k: v for k, v in DEFAULTS.items() if k not in self.url.query},
                client_encoding="utf8",
            )
        except ImportError as error:
            raise AskNextError(
                "a log in PostgreSQL needs the package psycopg; install it with: pip install 'asknext[team]'."
            ) from error

        @event.listens_for(engine, "connect")
        def settings(connection: Any, _record: Any) -> None:
            connection.autocommit = True
            for statement in _settings(self.name, reading):
                connection.execute(statement)
            connection.autocommit = False

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("SELECT 1")  # a connection that was lost is found out before the work

        return engine

    def claim(self, connection: Connection, wait: float) -> None:
        """Lock the log for this connection, until it ends.

        Raises
        ------
        BusyLogError : another connection holds it.
        DamagedLogError : the schema is gone.
        """
        self._check(connection)
        digest = blake2b(f"asknext {self.name}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, signed=True)
        end = monotonic() + max(wait, GRACE)
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            connection.rollback()
            if monotonic() > end:
                raise BusyLogError(f"another process is writing {self}; close it, wherever it runs.")
            sleep(0.05)
        connection.rollback()

    def create(self) -> None:
        """Make the schema.

        Raises
        ------
        AskNextError : the database cannot be reached, has no Unicode texts, or refuses a new schema.
        """

        def made(connection: Connection) -> None:
            if (kind := connection.scalar(text("SHOW server_encoding"))) != "UTF8":
                raise AskNextError(
                    f"the database {self.address} holds {kind} texts; choose one with the encoding UTF8."
                )
            connection.exec_driver_sql(f'CREATE SCHEMA "{self.name}"')
            connection.commit()

        self._tried(made)

    def drop(self) -> None:
        """Remove the schema with all that is in it."""

        def dropped(connection: Connection) -> None:
            connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{self.name}" CASCADE')
            connection.commit()

        self._tried(dropped)

    def _tried(self, deed: Callable[[Connection], None]) -> None:
        try:
            with self.engine().connect() as connection:
                deed(connection)
        except DBAPIError as error:
            raise self.unread(error) from error

    def peek(self, read: Callable[[Connection], T]) -> T:
        """Read beside the writer."""
        with self.engine(reading=True).connect() as connection:
            self._check(connection)
            return read(connection)

    def _check(self, connection: Connection) -> None:
        """A schema that was lost must not pass for a log that is about to begin."""
        if connection.scalar(text("SELECT current_schema()")) != self.name:
            raise DamagedLogError(
                f"the database {self.address} lacks the schema {self.name}; restore it from a copy."
            )

    def fault(self, connection: Connection) -> str:
        """What no longer guards the events; empty where all is well. The server checks its own files."""
        on = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'events'::regclass AND tgenabled IN ('O', 'A')"
        guards = set(connection.scalars(text(on)))
        gone = [action for action in GUARDED if f"events_no_{action.lower()}" not in guards]
        return f"its table no longer refuses {gone[0]}" if gone else ""

    def unread(self, error: DBAPIError) -> AskNextError:
        """Why the log cannot be read, as a sentence."""
        said = _sentence(error)
        remedy = "; give it by PGPASSWORD, or in libpq's password file" if "password" in said else ""
        return UnwritableLogError(f"the database {self.address} cannot be used: {said}{remedy}.")

    def unwritten(self, error: DBAPIError) -> AskNextError:
        """Why the log cannot be written, as a sentence."""
        return UnwritableLogError(
            f"the log in {self} cannot be written ({_sentence(error)}); what was acknowledged before is "
            "safe. Mend the cause and go on."
        )

    @property
    def address(self) -> str:
        """Where the database is, for people: nothing secret."""
        return self.url.render_as_string(hide_password=True)

    def __str__(self) -> str:
        return f"the schema {self.name} of {self.address}"


def guard(connection: Connection) -> None:
    """Have the database refuse to change or remove events."""
    connection.exec_driver_sql(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$"
    )
    for action in GUARDED:
        connection.exec_driver_sql(
            f"CREATE TRIGGER events_no_{action.lower()} BEFORE {action} ON events "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def _settings(schema: str, reading: bool) -> list[str]:
    """What holds for a connection: where the tables are, and that a commit waits for the disk."""
    strong = "current_setting('synchronous_commit') IN ('on', 'remote_apply')"
    pulse = [f"SET tcp_{name} = {PULSE[name]}" for name in PULSE if name.startswith("keepalives")]
    return [
        f'SET search_path = "{schema}"',
        f"SELECT set_config('synchronous_commit', 'on', false) WHERE NOT {strong}",
        "SET lock_timeout = '30s'",
        *pulse,
        *(["SET default_transaction_read_only = on"] if reading else []),
    ]


def _sentence(error: DBAPIError) -> str:
    """What the server or the driver says, in one line and without hints."""
    lines = [line for line in str(error.orig).splitlines() if line.strip() and not line.startswith("\t")]
    said = lines[-1] if "All failures were" in str(error.orig) else lines[0]
    return said.rpartition("FATAL:")[2].strip().rstrip(".") or type(error.orig).__name__
