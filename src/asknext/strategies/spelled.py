"""Strategies as they are spelled: a name, a preset, parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from asknext.errors import AskNextError
from asknext.plugins import called, find
from asknext.strategies.base import Strategy


def spelled(text: str, kinds: Mapping[str, type[Strategy]]) -> Strategy:
    """The strategy written as `name`, `name(parameter=value, …)`, `name.preset` or `name.preset(…)`.

    One with a preset or parameters is called as it is spelled, so that it stands beside others in a table.

    Parameters
    ----------
    text : values are Python literals, a strategy within is spelled as a text of its own, as in
        `mqnet(informativeness='entropy')`, several as a list of texts; a preset is a class method that makes
        one, such as `published`.
    kinds : classes by name and alias.

    Raises
    ------
    AskNextError : an unknown name, preset or parameter, or a value that the strategy refuses.
    """
    name, parameters = called(text, "typiclust(neighbours=10)")
    name, _, preset = name.partition(".")
    kind = find("strategy", name, kinds)
    make = _preset(kind, preset) if preset else kind
    known = inspect.signature(make).parameters
    for parameter in parameters:
        if parameter not in known:
            there = f"there is: {', '.join(known)}" if known else "it takes none"
            raise AskNextError(f"the strategy '{name}' has no parameter '{parameter}'; {there}.")
    inner = {key: _inner(value, known[key].default, kinds) for key, value in parameters.items()}
    try:
        made = make(**inner)
    except TypeError as error:
        raise AskNextError(f"the strategy '{text}' cannot be made: {error}.") from error
    if preset or parameters:
        given = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
        full = kind.name + f".{preset}" * bool(preset) + f"({given})" * bool(given)
        object.__setattr__(made, "name", full)
    return made


def presets(kind: type[Strategy]) -> dict[str, Callable[..., Strategy]]:
    """The class methods that make a strategy, such as `published`, by their names."""
    return {
        name: getattr(kind, name)
        for name, attribute in inspect.getmembers_static(kind)
        if isinstance(attribute, classmethod) and not name.startswith("_")
    }


def _inner(value: Any, default: Any, kinds: Mapping[str, type[Strategy]]) -> Any:
    """The value of a parameter; a text, or a list of such, is a strategy where the default is."""
    if isinstance(value, list | tuple) and isinstance(default, tuple) and default:
        return tuple(_inner(each, default[0], kinds) for each in value)
    return spelled(value, kinds) if isinstance(value, str) and isinstance(default, Strategy) else value


def _preset(kind: type[Strategy], preset: str) -> Callable[..., Strategy]:
    found = presets(kind)
    if preset not in found:
        there = f"there is: {', '.join(found)}" if found else "it has none"
        raise AskNextError(f"the strategy '{kind.name}' has no preset '{preset}'; {there}.")
    return found[preset]
