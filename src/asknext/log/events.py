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

REQUIRED: dict[str, frozenset[str]] = {
    CREATED: frozenset({"n", "data", "seed"}),
    CLASS_ADDED: frozenset({"class", "label"}),
    CLASS_RENAMED: frozenset({"class", "label"}),
    CLASS_MERGED: frozenset({"class", "into"}),
    ASKED: frozenset({"round", "ids", "strategy", "state", "memory", "seconds"}),
    ANSWERED: frozenset({"ids", "answers"}),
    CORRECTED: frozenset({"ids", "answers"}),
    FITTED: frozenset({"round", "labelled", "columns", "seconds"}),
    STOPPED: frozenset({"reason"}),
}
"""Each type of event with the keys that its body must have. Classes are referred to by a number that never
changes (`class`), so a rename or a merge rewrites nothing; answers are such numbers or the text of an
`Answer`."""


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
    AskNextError : unknown type, or the body lacks a key.
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

    @property
    def text(self) -> str:
        """The body as canonical JSON."""
        return json.dumps(self.body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
