"""What cannot be done at the desk, and why."""

from __future__ import annotations

from asknext.errors import AskNextError


class ConflictError(AskNextError):
    """What is wanted contradicts what is there: an answered item, or another delivery of the same name."""


class AbsentError(AskNextError):
    """There is no such item."""
