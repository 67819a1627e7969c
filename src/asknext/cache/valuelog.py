"""The log of values: one SQLite file for all runs of a cache, which any tool can read."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    NullPool,
    Table,
    Text,
    create_engine,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex

from asknext.answers import as_text, as_whole
from asknext.cache.values import plain
from asknext.errors import AskNextError

DATABASE = "values.db"
_BUSY_SECONDS = 60  # how long a writer waits for another one

_schema = MetaData()
logged = Table(
    "logged_value",
    _schema,
    Column("run", Text, nullable=False),  # fingerprint of the keys
    Column("keys", Text, nullable=False),  # JSON
    Column("iteration", Integer),  # NULL: of the run as a whole
    Column("metric", Text, nullable=False),
    Column("extra", Text, nullable=False),  # JSON: subset, class, … whatever the caller added
    Column("value", Float),  # NULL: NaN, or not a number
    Column("value_json", Text),  # the exact value where it is not a float
)
Index(
    "one_value_each",
    logged.c.run,
    logged.c.metric,
    logged.c.extra,
    func.coalesce(logged.c.iteration, -1),  # NULLs would count as different
    unique=True,
)
finished = Table(
    "finished_iteration",
    _schema,
    Column("run", Text, primary_key=True),
    Column("iteration", Integer, primary_key=True),
    Column("item", Text),  # fingerprint of the item of the loop; NULL where it has none
)

Entry = dict[str, Any]
"""One logged value, as the columns of `logged_value` without run and keys."""


def entry(metric: str, value: Any, iteration: int | None, extra: Mapping[str, Any]) -> Entry:
    """One logged value, checked.

    Raises
    ------
    AskNextError : the name is no text, the value or an extra key cannot be held as JSON, or the iteration is
        neither None nor a whole number of at least 0.
    """
    metric = as_text("the name of a metric", metric)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise AskNextError(f"the value of '{metric}' is beyond any float; log it as a text.")
    if not (isinstance(value, float) and not math.isfinite(value)):
        value = plain(value, f"the value of '{metric}'")
    return {
        "metric": metric,
        "iteration": None if iteration is None else as_whole(f"the iteration of '{metric}'", iteration),
        "extra": _text(plain(extra, f"the extra keys of '{metric}'")),
        "value": float(value) if isinstance(value, int | float) else None,
        "value_json": None if isinstance(value, float) else _text(value),
    }


class ValueLog:
    """The values of one run, and which of its iterations are finished.

    Each write is one transaction of one short connection; a writer that finds another one at work waits.

    Parameters
    ----------
    path : the SQLite file, once it is prepared.
    keys : what tells this run from the others in the file.
    """

    def __init__(self, path: Path, keys: Mapping[str, Any]) -> None:
        self._path = path
        self._keys = _text(keys)
        self._run = hashlib.blake2b(self._keys.encode(), digest_size=20).hexdigest()

    def clear(self) -> None:
        """Forget all that was logged for this run."""
        with _connect(self._path) as connection:
            for table in (logged, finished):
                connection.execute(table.delete().where(table.c.run == self._run))

    def write(self, entries: Sequence[Entry]) -> None:
        """Log values; a value of the same metric, iteration and extra keys is replaced."""
        with _connect(self._path) as connection:
            self._insert(connection, entries)

    def finish(self, iteration: int, item: str | None, entries: Sequence[Entry]) -> None:
        """Count an iteration as done, and log its values, in one transaction."""
        with _connect(self._path) as connection:
            connection.execute(finished.insert().values(run=self._run, iteration=iteration, item=item))
            self._insert(connection, entries)

    def finished(self) -> list[str | None]:
        """The fingerprint of the item of each finished iteration, in order."""
        query = select(finished.c.item).where(finished.c.run == self._run).order_by(finished.c.iteration)
        with _connect(self._path) as connection:
            return list(connection.execute(query).scalars())

    def read(self, metric: str | None) -> list[dict[str, Any]]:
        """The rows of this run; see `read_values`."""
        return _read(self._path, metric, self._run)

    def _insert(self, connection: Connection, entries: Sequence[Entry]) -> None:
        if entries:
            own = {"run": self._run, "keys": self._keys}
            connection.execute(logged.insert().prefix_with("OR REPLACE"), [own | row for row in entries])


def prepare(path: Path) -> None:
    """Make the SQLite file and its tables where they are missing; one process at a time."""
    with _connect(path) as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # readers and a writer at the same time
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver opens no transaction for tables
        _schema.create_all(connection)
        for index in logged.indexes:  # an earlier version could be killed before it
            connection.execute(CreateIndex(index, if_not_exists=True))


def read_values(folder: str | Path, metric: str | None = None) -> list[dict[str, Any]]:
    """What all runs of a cache have logged, also while they are at work.

    Parameters
    ----------
    folder : the folder given to `ReplayCache` or `ResumeCache`.
    metric : one name, or None for all.

    Returns
    -------
    One dict a value, ready for a data frame: the keys of the run, the extra keys, `iteration` (None for
    the run as a whole), `metric` and `value`; ordered by keys, iteration, metric and extra keys.

    Raises
    ------
    AskNextError : there is no cache in this folder.
    """
    path = Path(folder) / DATABASE
    if not path.exists():
        raise AskNextError(f"there is no cache in {folder}; give the folder that holds {DATABASE}.")
    return _read(path, metric, None)


def _read(path: Path, metric: str | None, run: str | None) -> list[dict[str, Any]]:
    query = select(logged).order_by(logged.c["keys"], logged.c.iteration, logged.c.metric, logged.c.extra)
    if metric is not None:
        query = query.where(logged.c.metric == metric)
    if run is not None:
        query = query.where(logged.c.run == run)
    with _connect(path) as connection:
        return [
            json.loads(row["keys"])
            | json.loads(row["extra"])
            | {"iteration": row["iteration"], "metric": row["metric"]}
            | {"value": _value(row["value"], row["value_json"])}
            for row in connection.execute(query).mappings()
        ]


def _value(number: float | None, exact: str | None) -> Any:
    if exact is not None:
        return json.loads(exact)
    return math.nan if number is None else number  # SQLite keeps NaN as NULL


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _engine(path: Path) -> Engine:
    url = URL.create("sqlite", database=str(path))
    return create_engine(url, poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS})


@contextmanager
def _connect(path: Path) -> Iterator[Connection]:
    """One transaction of one connection, which is closed at the end.

    Raises
    ------
    AskNextError : the file is damaged, may not be written, or is too busy.
    """
    try:
        with _engine(path).begin() as connection:
            yield connection
    except DBAPIError as error:
        raise AskNextError(
            f"{path} cannot be used ({error.orig}); mend that, restore it from a copy, or use another folder."
        ) from error
