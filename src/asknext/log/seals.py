"""Events as rows of the database, each sealed together with all that came before it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, select

from asknext.errors import DamagedLogError
from asknext.log.events import Event
from asknext.log.migrations import events

SEALED = ("event_id", "time", "actor", "type", "body")
"""The columns that a seal covers, in its order."""


def as_rows(new: Iterable[Event], seal: str, first: int = 1) -> list[dict[str, Any]]:
    """Rows to insert.

    Parameters
    ----------
    new : events, in order.
    seal : of the last row before them; empty where there is none.
    first : the number of the first one in the log.
    """
    rows: list[dict[str, Any]] = []
    for place, item in enumerate(new, start=first):
        values = (item.id, item.time, item.actor, item.type, item.text)
        seal = seal_of(seal, *values)
        rows.append(dict(zip(SEALED, values, strict=True)) | {"seq": place, "seal": seal})
    return rows


def read_rows(connection: Connection) -> tuple[list[Event], str]:
    """All events, and the last seal.

    Raises
    ------
    DamagedLogError : a row was lost, changed or added by something else, or cannot be read.
    """
    found, seal = [], ""
    for place, row in enumerate(connection.execute(select(events).order_by(events.c.seq)), start=1):
        if row.seq != place:
            raise DamagedLogError(f"the log lacks event {place}; restore it from a copy.")
        try:
            seal = seal_of(seal, *(getattr(row, name) for name in SEALED))
            if seal != row.seal:
                raise ValueError("it is not as it was written; restore it from a copy")
            found.append(Event(row.type, json.loads(row.body), row.event_id, row.actor, row.time))
        except (ValueError, TypeError, AttributeError) as error:
            raise DamagedLogError(f"event {place} of the log cannot be read: {error}") from error
    return found, seal


def seal_of(before: str, *values: str) -> str:
    """A hash of a row's values and of the seal before it."""
    return blake2b("\0".join((before, *values)).encode(), digest_size=16).hexdigest()
