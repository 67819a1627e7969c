"""Query strategies: one file each, and this folder is their registry."""

from __future__ import annotations

from functools import cache
from typing import Any

from asknext import plugins
from asknext.errors import AskNextError
from asknext.strategies.base import Score, Selection, Strategy, choose
from asknext.strategies.check import check_strategy
from asknext.strategies.description import details, summary
from asknext.strategies.peers import named
from asknext.strategies.spelled import spelled

__all__ = [
    "Score", "Selection", "Strategy", "catalogue", "check_strategy", "choose", "describe",
    "get", "names",
]  # fmt: skip


def get(strategy: str | Strategy) -> Strategy:
    """The strategy of a name or alias; a strategy object is handed through.

    Parameters
    ----------
    strategy : a name such as "typiclust", with parameters or a preset as "typiclust(neighbours=10)" and
        "typiclust.published" (see `asknext.strategies.spelled`); one of another package or your own as
        "modal:margin_sampling" and "mine:Strategy" (see `asknext.strategies.peers`); or an object such as
        `TypiClust(neighbours=10)`.

    Raises
    ------
    AskNextError : unknown name (the nearest one is suggested), or something that is no strategy.
    """
    if isinstance(strategy, str) and ":" in strategy:
        return named(strategy)
    if isinstance(strategy, str):
        return spelled(strategy, _by_name())
    if not isinstance(strategy, Strategy):
        raise AskNextError(
            f"{strategy!r} is {'a class' if plugins.concrete(strategy, Strategy) else 'no strategy'}; "
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
    """The strategy classes of this folder and of installed packages, by class name."""
    return plugins.classes(__name__, __path__, Strategy, "strategy")  # type: ignore[type-abstract]


@cache
def _by_name() -> dict[str, type[Strategy]]:
    """Those that give themselves a name, by this name and by their aliases."""
    return plugins.by_name(_classes().values(), "strategy")


def __getattr__(name: str) -> Any:
    """Strategy classes as attributes, imported when the first one is wanted."""
    if name[:1].isupper() and name in _classes():
        return _classes()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_classes()})
