"""Checking a log: rebuilt from its events, does every recorded state come out again?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asknext.errors import AskNextError, DamagedLogError
from asknext.log import events as kinds
from asknext.log.columns import ColumnStore
from asknext.log.fold import State
from asknext.log.place import logs_below
from asknext.log.reader import integrity, read_events


@dataclass(frozen=True)
class LogReport:
    """What a check found. `problems` : one sentence each; empty where all is well."""

    path: Path
    events: int
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        return {"path": str(self.path), "events": self.events, "problems": list(self.problems)}


def logs(path: Path) -> list[Path]:
    """The directories at or below a path that hold a log, sorted.

    Raises
    ------
    AskNextError : there is none.
    """
    found = logs_below(path)
    if not found:
        raise AskNextError(f"there is no asknext project in or below {path}.")
    return found


def verify_log(path: Path) -> LogReport:
    """Check the database file, fold its events again, and look for the columns that they name.

    Every `asked` event carries a fingerprint of the pool at that moment, or after as many events as it says
    were `seen`; the fold must pass through the same states, and through every round.

    Parameters
    ----------
    path : a directory that holds a log.
    """
    problems = []
    if (state := integrity(path)) != "ok":
        return LogReport(path, 0, (f"the database is damaged: {state}",))
    try:
        found = read_events(path)
    except DamagedLogError as error:
        return LogReport(path, 0, (str(error),))
    rebuilt, columns = State(), ColumnStore(path / "columns")
    wanted = {event.body["seen"] for event in found if "seen" in event.body}
    past: dict[int, tuple[str, int]] = {}
    for event in found:
        if rebuilt.events in wanted:
            past[rebuilt.events] = (rebuilt.digest, len(rebuilt.visible.labelled))
        if event.type in (kinds.ASKED, kinds.FITTED):
            now = event.body.get("seen", rebuilt.events)
            digest, labelled = past.get(now) or (rebuilt.digest, len(rebuilt.visible.labelled))
        if event.type == kinds.ASKED and event.body["state"] != digest:
            problems.append(f"round {event.body['round']} was asked from another state than the log gives")
        if event.type == kinds.ASKED and event.body["round"] != rebuilt.round:
            problems.append(f"round {rebuilt.round} is missing, the next one asked is {event.body['round']}")
        if event.type == kinds.FITTED:
            if event.body["labelled"] != labelled:
                problems.append(f"round {event.body['round']} was fitted on other labels than the log gives")
            gone = [key for key in event.body["columns"].values() if columns.get(key) is None]
            number = event.body["round"]
            problems += [f"the column {key} of round {number} is gone or damaged" for key in gone]
        try:
            rebuilt.apply(event)
        except DamagedLogError as error:
            problems.append(str(error))
            break
    return LogReport(path, len(found), tuple(problems))
