"""Query strategies: one file each. The registry is this folder."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from inspect import isabstract
from typing import Any

from asknext.errors import AskNextError
from asknext.plugins import find, plugins
from asknext.strategies.base import Score, Selection, Strategy, choose

__all__ = ["Score", "Selection", "Strategy", "catalogue", "choose", "get", "names"]


@cache
def _registry() -> dict[str, type[Strategy]]:
    """Every strategy class by name: those defined in this folder's modules, then those of plug-ins."""
    found: dict[str, type[Strategy]] = {}
    for module in pkgutil.iter_modules(__path__):
        for thing in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(thing, type) and issubclass(thing, Strategy) and not isabstract(thing):
                found[thing.name] = thing
    return {**found, **plugins("asknext.strategies")}


def names() -> list[str]:
    """The names of all strategies, sorted."""
    return sorted(_registry())


def get(strategy: str | Strategy) -> Strategy:
    """A strategy from its name, or the object itself.

    Raises
    ------
    AskNextError : unknown name (the nearest one is suggested), or neither a name nor a strategy.
    """
    if isinstance(strategy, Strategy):
        return strategy
    if not isinstance(strategy, str):
        raise AskNextError(f"{strategy!r} is no strategy; give a name or an object such as TypiClust().")
    known = dict(_registry())
    for kind in _registry().values():
        known.update(dict.fromkeys(kind.aliases, kind))
    return find("strategy", strategy, known)()


def catalogue() -> list[dict[str, Any]]:
    """What there is: a dict with name, family, needs, paper, aliases and story for each strategy."""
    return [
        {
            "name": kind.name,
            "family": kind.family,
            "needs": sorted(kind.needs),
            "paper": kind.paper,
            "aliases": list(kind.aliases),
            "story": (kind.__doc__ or "").strip().splitlines()[0],
        }
        for kind in sorted(_registry().values(), key=lambda kind: kind.name)
    ]
