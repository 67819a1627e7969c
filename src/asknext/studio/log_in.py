"""A log that was exported, made again in a project of the same items."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from asknext.campaign import Campaign
from asknext.errors import AskNextError
from asknext.log import Event
from asknext.log import events as kinds
from asknext.studio.reading import objects, readable


def is_log(path: Path) -> bool:
    """Whether a file is a log: its first line is the event that a campaign was created."""
    if path.suffix.lower() != ".jsonl":
        return False
    with readable(path):
        first = next(objects(path), ("", {}))[1]
    return first.get("type") == kinds.CREATED


def read_log(path: Path) -> list[Event]:
    """The events that `exporting` wrote as a file.

    Raises
    ------
    AskNextError : the file cannot be read, or a line is no event.
    """
    with readable(path):
        found = [_event(facts, where) for where, facts in objects(path)]
    if not found or found[0].type != kinds.CREATED:
        raise AskNextError(f"{path.name} holds no log; a log begins with the event '{kinds.CREATED}'.")
    return found


def take_log(campaign: Campaign, events: list[Event]) -> int:
    """Go on with a log that was exported from another copy of the same project.

    Parameters
    ----------
    campaign : of a project over the same items; its log is the beginning of the other one.
    events : the other log.

    Returns
    -------
    How many events were new.

    Raises
    ------
    AskNextError : the projects differ in items, seed or audit, or this one knows what the other does not.
    """
    mine = list(campaign.log)
    if mine[0].text != events[0].text:
        raise AskNextError("the log belongs to a project of other items, or of another seed or audit share.")
    if [event.id for event in mine[1:]] != [event.id for event in events[1 : len(mine)]]:
        raise AskNextError(
            "the project holds answers or classes that the log lacks; import the log into a new project of "
            "the same items, made without --classes and --label."
        )
    campaign.publish(*events[len(mine) :])
    return len(events) - len(mine)


def _event(facts: dict[str, Any], where: str) -> Event:
    try:
        body, time = facts["body"], facts["time"]
        if not isinstance(body, dict):
            raise AskNextError("its body is no JSON object")
        datetime.fromisoformat(time)
        return Event(facts["type"], body, facts["id"], facts["actor"], time)
    except KeyError as error:
        raise AskNextError(f"{where}, is no event: it lacks {error}.") from error
    except (TypeError, ValueError) as error:
        raise AskNextError(f"{where}, is no event: {error}") from error
