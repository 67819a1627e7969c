"""Copies of a project's log as plain text, from which asknext import makes it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from asknext.errors import AskNextError, DamagedLogError
from asknext.files import replacing
from asknext.log import Event
from asknext.studio.exporting import written
from asknext.studio.project import Project

FOLDER = "backups"
KEPT = 10
"""Copies that are kept, the newest ones."""


@contextmanager
def pointing_to_a_copy(path: Path) -> Iterator[None]:
    """Where the log of a project turns out to be damaged, say which copy there is of it.

    Raises
    ------
    DamagedLogError : what was raised, with the newest copy.
    """
    try:
        yield
    except DamagedLogError as error:
        copies = sorted((path / FOLDER).glob("*-events.jsonl"))
        if not copies:
            raise
        raise DamagedLogError(
            f"{error} Its newest copy is {copies[-1]}: make a new project of the same items, and asknext "
            "import it there."
        ) from error


def back_up(project: Project, events: Sequence[Event]) -> Path | None:
    """Keep a copy of the log, where none holds as many events yet; older copies go.

    Parameters
    ----------
    project : whose log it is; the copy lies in its folder `backups`.
    events : the whole log.

    Returns
    -------
    The new copy, or None where there is one already or none can be written: labelling goes on without.
    """
    folder = project.path / FOLDER
    copy = folder / f"{len(events):09d}-events.jsonl"
    if copy.exists():
        return None
    try:
        with replacing(copy, durable=True) as file:
            for line in written(project, events, "events"):
                file.write(line.encode())
    except (OSError, AskNextError):
        return None
    for old in sorted(folder.glob("*-events.jsonl"))[:-KEPT]:
        with suppress(OSError):
            old.unlink()
    return copy
