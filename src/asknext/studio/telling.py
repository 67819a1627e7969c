"""What an answer to items becomes: a first one, a second opinion, a correction, or the last word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asknext.campaign import Campaign
from asknext.errors import AskNextError
from asknext.log import State
from asknext.log import events as kinds
from asknext.pool import SKIPPED, Answer
from asknext.studio.errors import ConflictError
from asknext.types import Ids, Label

_ENDINGS = {
    kinds.ANSWERED: "", kinds.CORRECTED: "/replaced", kinds.SECONDED: "/second", kinds.ADJUDICATED: "/last",
}  # fmt: skip
"""How the id of an event goes on after that of the delivery."""


def deliveries(id: str) -> dict[str, str]:
    """The ids that the events of a delivery of answers may bear, by the type of the event."""
    return {kind: id + ending for kind, ending in _ENDINGS.items()}


def sorted_out(
    state: State, person: str, items: list[int], answer: Label | Answer, replace: bool, over: bool
) -> dict[str, list[int]]:
    """The items by the type of the event that an answer to them becomes.

    An item that waits gets its first answer; one that others answered, a second opinion, unless the person
    may correct others and means to. Then what stands is replaced, or, where several people have said
    something, the last word is spoken, so that their opinions are kept.

    Parameters
    ----------
    state : what is known before.
    person : who answers.
    items : positions in the pool.
    answer : the same for all.
    replace : whether it may stand in for an earlier answer.
    over : whether the person may correct others.

    Raises
    ------
    ConflictError : the person answered an item before, and does not say to replace that.
    """
    found: dict[str, list[int]] = {}
    for item in items:
        told = state.opinions.of(item)
        adjudicated = state.opinions.adjudicated(item)
        if not told:
            kind = kinds.ANSWERED
        elif person in told and not replace:
            raise ConflictError(f"item {item} was answered already; say so to replace the answer.")
        elif replace and over and answer is not SKIPPED and (len(told) > 1 or adjudicated):
            kind = kinds.ADJUDICATED
        elif replace and (person in told or over) and not adjudicated:
            kind = kinds.CORRECTED if person in told or len(told) == 1 else kinds.SECONDED
        else:
            kind = kinds.SECONDED
        found.setdefault(kind, []).append(item)
    return found


def tell(
    campaign: Campaign, id: str, person: str, found: dict[str, list[int]], answer: Label | Answer
) -> None:
    """Take in an answer to items that were sorted out."""
    deeds: dict[str, Callable[..., Any]] = {
        kinds.ANSWERED: campaign.tell,
        kinds.CORRECTED: campaign.correct,
        kinds.SECONDED: campaign.second,
        kinds.ADJUDICATED: campaign.adjudicate,
    }
    names = deliveries(id)
    for kind, items in found.items():
        deeds[kind](items, [answer] * len(items), id=names[kind], actor=person)


def check_same(
    campaign: Campaign, id: str, person: str, ids: Ids, answer: Label | Answer, comment: str
) -> dict[str, list[int]]:
    """Check that a delivery which is in the log says the same again; what its items had become.

    Raises
    ------
    ConflictError : it was another.
    """
    names = {name: kind for kind, name in deliveries(id).items()}
    noted = f"{id}/comment"
    events = {name: campaign.log[name] for name in (*names, noted) if name in campaign.log}
    found = {names[name]: list(event.body.get("ids", [])) for name, event in events.items() if name != noted}
    try:
        if sorted(item for items in found.values() for item in items) != sorted(ids.tolist()):
            raise ConflictError("it was for other items")
        if any(event.actor != person for event in events.values()):
            raise ConflictError("it was somebody else's")
        tell(campaign, id, person, found, answer)
        if (events[noted].body["text"] if noted in events else "") != comment:
            raise ConflictError("it had another comment")
    except AskNextError as error:
        raise ConflictError(
            f"the delivery {id!a} was made before with another content; give this one its own id."
        ) from error
    return found
