"""Query strategies: one file each, and this folder is their registry."""

from __future__ import annotations

import pkgutil
import warnings
from functools import cache
from importlib import import_module
from inspect import isabstract
from typing import Any

from asknext.errors import AskNextError
from asknext.plugins import find, plugins
from asknext.strategies.base import Score, Selection, Strategy, choose
from asknext.strategies.check import check_strategy
from asknext.strategies.description import details, summary
from asknext.strategies.peers import named

__all__ = [
    "Score", "Selection", "Strategy", "catalogue", "check_strategy", "choose", "describe",
    "get", "names",
]  # fmt: skip

GROUP = "asknext.strategies"
"""The entry-point group under which installed packages add strategies."""


def get(strategy: str | Strategy) -> Strategy:
    """The strategy of a name or alias; a strategy object is handed through.

    Parameters
    ----------
    strategy : a name such as "typiclust", one of another package or your own such as "modal:margin_sampling"
        or "mine:Strategy" (see `asknext.strategies.peers`), or an object such as `TypiClust(neighbours=10)`.

    Raises
    ------
    AskNextError : unknown name (the nearest one is suggested), or something that is no strategy.
    """
    if isinstance(strategy, str) and ":" in strategy:
        return named(strategy)
    if isinstance(strategy, str):
        return find("strategy", strategy, _by_name())()
    if not isinstance(strategy, Strategy):
        raise AskNextError(
            f"{strategy!r} is {'a class' if _concrete(strategy) else 'no strategy'}; "
            "give a name such as 'typiclust' or an object such as asknext.strategies.TypiClust()."
        )
    return strategy


def names() -> list[str]:
    """The names of all strategies, without aliases, in alphabetical order."""
    return sorted({kind.name for kind in _by_name().values()})


def catalogue() -> list[dict[str, Any]]:
    """What there is: for each strategy its name, family, needs, cost, paper, aliases and story, JSON-able."""
    return [summary(get(name)) for name in names()]


def describe(strategy: str | Strategy) -> dict[str, Any]:
    """All that is told about a strategy; see `asknext.strategies.description.details`.

    Parameters
    ----------
    strategy : a name, an alias or an object, whose own parameters are told then.

    Raises
    ------
    AskNextError : unknown name (the nearest one is suggested), or something that is no strategy.
    """
    return details(get(strategy))


@cache
def _classes() -> dict[str, type[Strategy]]:
    """The strategy classes of this folder and of installed packages, by class name; the folder wins."""
    found: dict[str, type[Strategy]] = {}
    for module in pkgutil.iter_modules(__path__):
        for kind in vars(import_module(f"{__name__}.{module.name}")).values():
            if _concrete(kind) and kind.__module__ == f"{__name__}.{module.name}":
                found[kind.__name__] = kind
    for name, kind in plugins(GROUP).items():
        if not (_concrete(kind) and isinstance(vars(kind).get("name"), str)):
            _leave_out(name, f"it is {kind!r}, not a strategy class with a name")
        elif kind.__name__ in found:
            _leave_out(name, f"there is a strategy class {kind.__name__} already")
        else:
            found[kind.__name__] = kind
    return found


@cache
def _by_name() -> dict[str, type[Strategy]]:
    """Classes that give themselves a name, by this name and by their aliases; the first one wins."""
    found: dict[str, type[Strategy]] = {}
    for kind in _classes().values():
        name = vars(kind).get("name")
        if not isinstance(name, str):  # a building block such as a combination, used as an object only
            continue
        for key in (name, *kind.aliases):
            if found.setdefault(key, kind) is not kind:
                _leave_out(key, f"the name belongs to {found[key].__name__} already")
    return found


def _concrete(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Strategy) and not isabstract(kind)


def _leave_out(name: str, why: str) -> None:
    warnings.warn(f"the strategy '{name}' is left out: {why}", stacklevel=2)


def __getattr__(name: str) -> Any:
    """Strategy classes as attributes, imported when the first one is wanted."""
    if name[:1].isupper() and name in _classes():
        return _classes()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_classes()})
