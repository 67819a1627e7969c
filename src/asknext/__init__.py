"""asknext: what to label next, when to change the way of choosing, and when to stop."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asknext import detectors as detectors
    from asknext import strategies as strategies
    from asknext.cache import ReplayCache as ReplayCache
    from asknext.cache import ResumeCache as ResumeCache
    from asknext.campaign import Campaign as Campaign
    from asknext.errors import AskNextError as AskNextError
    from asknext.one_shot import select as select
    from asknext.pool import OUT_OF_SCOPE as OUT_OF_SCOPE
    from asknext.pool import SKIPPED as SKIPPED
    from asknext.pool import UNSURE as UNSURE
    from asknext.sampler import Sampler as Sampler

__version__ = "0.1.0"

_HOMES = {
    "AskNextError": "errors",
    "Campaign": "campaign",
    "OUT_OF_SCOPE": "pool",
    "ReplayCache": "cache",
    "ResumeCache": "cache",
    "SKIPPED": "pool",
    "Sampler": "sampler",
    "UNSURE": "pool",
    "select": "one_shot",
}
"""Public names and their modules, each imported when first used, so that `import asknext` is light."""

_PACKAGES = ("detectors", "strategies")

__all__ = [*_HOMES, *_PACKAGES]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"asknext.{name}")
    if name in _HOMES:
        return getattr(import_module(f"asknext.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'asknext' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
