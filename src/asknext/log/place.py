"""Where the log of a directory is: in a file of its own, or in a schema of a database that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from asknext.errors import AskNextError, DamagedLogError
from asknext.files import read_json, write_json
from asknext.log.postgres import Schema
from asknext.log.sqlite import DATABASE, File

ADDRESS = "database.json"
"""The file that names a database and a schema; without one, the log is in the directory."""

T = TypeVar("T")


class Place(Protocol):
    """A database that holds one log; `remote` where its connections can be lost."""

    @property
    def remote(self) -> bool:
        """Whether its connections can be lost, and made anew."""

    def engine(self) -> Engine:
        """What makes the writer's connection."""

    def claim(self, connection: Connection, wait: float) -> None:
        """Keep other writers away while a connection lasts."""

    def peek(self, read: Callable[[Connection], T]) -> T:
        """Read beside the writer."""

    def fault(self, connection: Connection) -> str:
        """What is broken; empty where all is well."""

    def unread(self, error: DBAPIError) -> AskNextError:
        """Why the log cannot be read, as a sentence."""

    def unwritten(self, error: DBAPIError) -> AskNextError:
        """Why the log cannot be written, as a sentence."""


def place_of(path: Path | None) -> Place:
    """Where the log of a directory is; in one that has none yet, it will be in the directory.

    Raises
    ------
    DamagedLogError : the directory names a database, but not in a way that can be read.
    """
    return (named(path) if path else None) or File(path)


def holds_log(path: Path) -> bool:
    """Whether a directory has a log."""
    return any((path / name).is_file() for name in (DATABASE, ADDRESS))


def logs_below(path: Path) -> list[Path]:
    """The directories at or below a path that have a log, sorted."""
    return sorted({found.parent for name in (DATABASE, ADDRESS) for found in path.rglob(name)})


def named(path: Path) -> Schema | None:
    """The schema that a directory names; None where it names none.

    Raises
    ------
    DamagedLogError : the file is damaged.
    """
    if not (path / ADDRESS).is_file():
        return None
    try:
        found: dict[str, Any] = read_json(path / ADDRESS)
        if not re.fullmatch(r"\w{1,63}", found["schema"]):
            raise ValueError
        return Schema(make_url(found["url"]), found["schema"])
    except (AskNextError, ArgumentError, ValueError, TypeError, KeyError) as error:
        raise DamagedLogError(f"{path / ADDRESS} names no database; restore it from a copy.") from error


def parted(text: str) -> tuple[URL, str | None]:
    """The address of a database without the password that stands in it, and this password.

    Raises
    ------
    AskNextError : it is no address of a PostgreSQL database; what was given is not repeated.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = URL.create("none")
    known = url.drivername in ("postgresql", "postgres", "postgresql+psycopg")
    if not known or {"password", "sslpassword"} & url.query.keys():
        raise AskNextError(
            "the database is given in a form that is not known; give postgresql://user@host:port/database."
        )
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare, url.password


def address(text: str) -> URL:
    """The address of a database.

    Raises
    ------
    AskNextError : it is none, or holds a password.
    """
    url, password = parted(text)
    if password is not None:
        raise AskNextError(
            "the address of the database holds a password, which is never kept; leave it out, and give it by "
            "the environment variable PGPASSWORD or by libpq's password file."
        )
    return url


def settle(path: Path, url: URL, name: str) -> None:
    """Give a directory a schema of its own, for the log that will be.

    Parameters
    ----------
    path : the directory; it has no log.
    url : of the database, without a password.
    name : of the project, to be known by.

    Raises
    ------
    AskNextError : the database cannot be used.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    schema = Schema(url, f"asknext_{plain}_{uuid4().hex[:10]}")
    write_json(path / ADDRESS, {"url": schema.address, "schema": schema.name})
    schema.create()


def unsettle(path: Path) -> None:
    """Remove the schema of a directory that is given up, if it has one and the database can be reached."""
    with suppress(AskNextError):
        if schema := named(path):
            schema.drop()
