"""Detectors by name: the registry is this folder, plus what installed packages add."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from asknext import plugins
from asknext.detectors.base import Detector
from asknext.errors import AskNextError

PACKAGE = "asknext.detectors"
"""The package, and the entry-point group under which installed packages add detectors."""


def get(detector: str | Detector) -> Detector:
    """The detector of a name or alias; a detector object is handed through.

    Parameters
    ----------
    detector : a name such as "knn-contrast", or an object such as `asknext.detectors.Knn(k=5)`.

    Raises
    ------
    AskNextError : unknown name (the nearest one is suggested), or something that is no detector.
    """
    if isinstance(detector, str):
        return plugins.find("detector", detector, _by_name())()
    if not isinstance(detector, Detector):
        raise AskNextError(
            f"{detector!r} is {'a class' if plugins.concrete(detector, Detector) else 'no detector'}; "
            "give a name such as 'knn-contrast' or an object such as asknext.detectors.Knn(k=5)."
        )
    return detector


def names() -> list[str]:
    """The names of all detectors, without aliases, in alphabetical order."""
    return sorted({kind.name for kind in _by_name().values()})


def catalogue() -> list[dict[str, Any]]:
    """What there is: for each detector its name, needs, paper, aliases and story, JSON-able."""
    return [
        {
            "name": one.name,
            "needs": sorted(one.needs),
            "paper": one.paper,
            "aliases": list(one.aliases),
            "story": (type(one).__doc__ or "").partition("\n")[0],
        }
        for one in map(get, names())
    ]


@cache
def classes() -> dict[str, type[Detector]]:
    """The detector classes of this folder and of installed packages, by class name."""
    here = str(Path(__file__).parent)
    return plugins.classes(PACKAGE, [here], Detector, "detector")  # type: ignore[type-abstract]


@cache
def _by_name() -> dict[str, type[Detector]]:
    """Those that give themselves a name, by this name and by their aliases."""
    return plugins.by_name(classes().values(), "detector")
