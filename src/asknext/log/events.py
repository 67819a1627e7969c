"""The events that a log can hold, and what each must say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from asknext.errors import AskNextError

CREATED = "created"
CLASS_ADDED = "class-added"
CLASS_RENAMED = "class-renamed"
CLASS_MERGED = "class-merged"
ASKED = "asked"
ANSWERED = "answered"
CORRECTED = "corrected"
FITTED = "fitted"
STOPPED = "stopped"

_LABEL = (str, int, float)
_NUMBER = (int, float)
_ANSWER = (int, str, type(None))

REQUIRED: dict[str, dict[str, Any]] = {
    CREATED: {"n": int, "data": str, "seed": int},
    CLASS_ADDED: {"class": int, "label": _LABEL},
    CLASS_RENAMED: {"class": int, "label": _LABEL},
    CLASS_MERGED: {"class": int, "into": int},
    ASKED: {
        "round": int, "ids": [int], "strategy": str, "state": str, "memory": {str: object},
        "seconds": {str: _NUMBER},
    },
    ANSWERED: {"ids": [int], "answers": [_ANSWER]},
    CORRECTED: {"ids": [int], "answers": [_ANSWER]},
    FITTED: {"round": int, "labelled": int, "columns": {str: str}, "seconds": {str: _NUMBER}},
    STOPPED: {"reason": str},
}  # fmt: skip
"""Each type of event with the keys that its body must have and the form of their values: a type or several,
[form] for a list, {str: form} for a table. Classes are referred to by a number that never changes (`class`),
so a rename or a merge rewrites nothing; answers are such numbers, the text of an `Answer`,
or null for a label that was unknown then, which no state takes in."""


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
        for name in ("id", "actor"):
            if not isinstance(getattr(self, name), str):
                raise AskNextError(f"{name} is {getattr(self, name)!r}; give a text.")

    @property
    def text(self) -> str:
        """The body as canonical JSON."""
        return json.dumps(self.body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _fits(value: Any, form: Any) -> bool:
    if isinstance(form, list):
        return isinstance(value, list) and all(_fits(item, form[0]) for item in value)
    if isinstance(form, dict):
        return isinstance(value, dict) and all(_fits(item, form[str]) for item in value.values())
    return isinstance(value, form) and not (form is int and isinstance(value, bool))
