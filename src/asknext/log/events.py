"""The events that a log can hold, and what each must say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from asknext.answers import as_text
from asknext.errors import AskNextError

CREATED = "created"
CLASS_ADDED = "class-added"
CLASS_RENAMED = "class-renamed"
CLASS_MERGED = "class-merged"
CLASS_SPLIT = "class-split"
ASKED = "asked"
ANSWERED = "answered"
CORRECTED = "corrected"
SECONDED = "seconded"
ADJUDICATED = "adjudicated"
REOPENED = "reopened"
RETRACTED = "retracted"
COMMENTED = "commented"
REVIEWED = "reviewed"
FITTED = "fitted"
STOPPED = "stopped"

TOLD = frozenset({ANSWERED, CORRECTED, SECONDED})
"""Types of events by which somebody says something of items."""

_INT, _TEXT = {int}, {str}
_NUMBER = {int, float}
_LABEL = {str, int, float, bool}
_ANSWER = {int, str, type(None)}

REQUIRED: dict[str, dict[str, Any]] = {
    CREATED: {"n": _INT, "data": _TEXT, "seed": _INT, "audit": [_INT], "audit_share": _NUMBER},
    CLASS_ADDED: {"class": _INT, "label": _LABEL},
    CLASS_RENAMED: {"class": _INT, "label": _LABEL},
    CLASS_MERGED: {"class": _INT, "into": _INT},
    CLASS_SPLIT: {"class": _INT, "ids": [_INT], "into": _INT},
    ASKED: {
        "round": _INT, "ids": [_INT], "strategy": _TEXT, "state": _TEXT, "memory": {},
        "seconds": {"of": _NUMBER},
    },
    ANSWERED: {"ids": [_INT], "answers": [_ANSWER]},
    CORRECTED: {"ids": [_INT], "answers": [_ANSWER]},
    SECONDED: {"ids": [_INT], "answers": [_ANSWER]},
    ADJUDICATED: {"ids": [_INT], "answers": [_ANSWER]},
    REOPENED: {"ids": [_INT]},
    RETRACTED: {"ids": [_INT]},
    COMMENTED: {"ids": [_INT], "text": _TEXT},
    REVIEWED: {"ids": [_INT], "answers": [_ANSWER]},
    FITTED: {
        "round": _INT, "labelled": _INT, "learner": _TEXT, "columns": {"of": _TEXT},
        "seconds": {"of": _NUMBER},
    },
    STOPPED: {"reason": _TEXT},
}  # fmt: skip
"""Each type of event with the keys that its body must have and the form of their values: a set of types,
[types] for a list of such, {"of": types} for a table of such. Classes are referred to by a number that never
changes (`class`), so a rename or a merge rewrites nothing; answers are such numbers, the text of an `Answer`,
or null for a label that was unknown then, which no state takes in. The event of a class whose name is to come
says `provisional` besides; a question says in `origins` who computed a signal where that was open: for `ood`
the name of the detector. A retraction says in `skipped` what its actor had skipped beside the answers of
others and gets again, which changes no state. A question or a fit that was worked out while answers came in
says in `seen` how many events of the log it was made from."""


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Parameters
    ----------
    type : one of the keys of `REQUIRED`.
    body : JSON-able facts.
    id : names the event; a second event of the same id and content is ignored.
    actor : who did it; empty for the program itself.
    time : when it was stored, ISO 8601 in UTC; set by the store.

    Raises
    ------
    AskNextError : unknown type, the body lacks a key or holds a value of another form, or the id or the
        actor is no text.
    """

    type: str
    body: Mapping[str, Any]
    id: str = field(default_factory=lambda: uuid4().hex)
    actor: str = ""
    time: str = ""

    def __post_init__(self) -> None:
        if self.type not in REQUIRED:
            raise AskNextError(f"unknown event type '{self.type}'; there is: {', '.join(REQUIRED)}.")
        lacking = REQUIRED[self.type] - self.body.keys()
        if lacking:
            raise AskNextError(f"an event '{self.type}' must say {', '.join(sorted(lacking))}.")
        for key, form in REQUIRED[self.type].items():
            if not _fits(self.body[key], form):
                raise AskNextError(f"an event '{self.type}' cannot say {key} = {repr(self.body[key])[:60]}.")
        if type(self.body.get("seen", 0)) is not int:
            raise AskNextError(f"an event cannot say seen = {repr(self.body['seen'])[:60]}.")
        for name, value in (("id", self.id), ("actor", self.actor), ("the body of an event", self.text)):
            as_text(name, value)

    @property
    def text(self) -> str:
        """The body as canonical JSON."""
        return json.dumps(self.body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _fits(value: Any, form: Any) -> bool:
    """Exact types, as JSON gives them back; a truth value is no number."""
    if isinstance(form, list):
        return isinstance(value, list) and form[0].issuperset(map(type, value))
    if isinstance(form, dict):
        return isinstance(value, dict) and (not form or form["of"].issuperset(map(type, value.values())))
    return type(value) in form
