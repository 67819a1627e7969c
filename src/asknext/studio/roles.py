"""What each person may do."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What somebody may do: look on, label, or everything."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    OWNER = "owner"


class Person(NamedTuple):
    """Somebody who was let in."""

    name: str
    role: Role
