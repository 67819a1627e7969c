"""What a learner may read beside labelled rows: it says so by `reads_…`, and gets it when it is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asknext.learners.base import Learner
from asknext.types import Label


def reads(learner: Learner | None, what: str) -> bool:
    """Whether a learner reads something that most do not: its attribute `reads_…` says so.

    Parameters
    ----------
    what : "images" or "texts" in place of features; "names" of the classes.
    """
    return bool(getattr(learner, f"reads_{what}", False))


def names_read(learner: Learner, classes: Sequence[Label]) -> tuple[Label, ...]:
    """The names of the classes where the learner reads them, else none."""
    return tuple(classes) if reads(learner, "names") else ()


def beside(learner: Learner, classes: Sequence[Label]) -> dict[str, Any]:
    """What `fit` of a learner gets by name beside labelled rows.

    Parameters
    ----------
    classes : the names of the classes, in the order of their positions.
    """
    names = names_read(learner, classes)
    return {"names": names} if names else {}
