"""What is delivered twice is done once: the sender could not know that the first delivery had arrived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asknext.errors import AskNextError
from asknext.log import EventLog
from asknext.studio.errors import ConflictError


@contextmanager
def once(log: EventLog, id: str | None, person: str) -> Iterator[bool]:
    """A delivery, done within; whether it is the first of its id.

    Parameters
    ----------
    log : where the id is that of an event; without one there is no second delivery.
    id, person : of the delivery.

    Raises
    ------
    ConflictError : it was made before by somebody else, or what is done now is refused.
    """
    first = id is None or id not in log
    if id is not None and not first and log[id].actor != person:
        raise ConflictError(f"the delivery {id!a} was somebody else's; give this one its own id.")
    try:
        yield first
    except AskNextError as error:
        if first:
            raise
        raise ConflictError(str(error)) from error
