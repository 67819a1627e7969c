"""Detectors: how unlike the labelled an item is, the signal `ood`; one file each, as for strategies."""

from __future__ import annotations

from typing import Any

from asknext.detectors.audit import Audited, rank_detectors
from asknext.detectors.auto import choose
from asknext.detectors.base import Detector, scores
from asknext.detectors.registry import catalogue, classes, get, names
from asknext.detectors.signal import with_ood

__all__ = [
    "Audited", "Detector", "catalogue", "choose", "get", "names", "rank_detectors", "scores", "with_ood",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Detector classes as attributes, imported when the first one is wanted."""
    if name[:1].isupper() and name in classes():
        return classes()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *classes()})
