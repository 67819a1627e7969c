"""What there is to tell about a strategy, read from its class and its docstring."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from typing import Any

from asknext.strategies.base import Strategy
from asknext.strategies.spelled import presets

_HEADING = re.compile(r"^([A-Z]\w+)\n-{3,}$", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+(?:, \w+)*) : ", re.MULTILINE)


def summary(strategy: Strategy) -> dict[str, Any]:
    """Its name, family, needs, cost, paper, aliases and story, JSON-able."""
    return {
        "name": strategy.name,
        "family": strategy.family,
        "needs": sorted(strategy.needs),
        "cost": strategy.cost,
        "paper": strategy.paper,
        "aliases": list(strategy.aliases),
        "story": _sections(type(strategy))[""].partition("\n")[0],
    }


def details(strategy: Strategy) -> dict[str, Any]:
    """Its summary and all else that the docstring tells, JSON-able.

    Parameters
    ----------
    strategy : an object; what stands in its fields is told as their value.

    Returns
    -------
    The summary and `class`, `presets` (as they are spelled), `stochastic`, `about` (paragraphs after the
    story), `parameters` (each with its `name`, `value` as text and `text`), `raises` (what it refuses) and
    `source` (paragraphs: the paper in full, and where we differ from published code).
    """
    kind = type(strategy)
    parts = _sections(kind)
    return {
        **summary(strategy),
        "class": kind.__name__,
        "presets": [f"{kind.name}.{preset}" for preset in presets(kind)],
        "stochastic": strategy.stochastic,
        "about": _paragraphs(parts[""])[1:],
        "parameters": _parameters(strategy),
        "raises": [" ".join(text.split()) for text in _ENTRY.split(parts.get("Raises", ""))[2::2]],
        "source": _paragraphs(parts.get("Paper", "")),
    }


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _sections(kind: type) -> dict[str, str]:
    """The parts of a docstring by their underlined headings; what stands before them has none."""
    first, *rest = _HEADING.split(inspect.cleandoc(kind.__doc__ or ""))
    return {"": first.strip(), **{rest[i]: rest[i + 1].strip() for i in range(0, len(rest), 2)}}


def _parameters(strategy: Strategy) -> list[dict[str, str]]:
    """The fields that can be set, with what the class, or one that it derives from, tells of them."""
    told: dict[str, str] = {}
    for kind in reversed(type(strategy).__mro__):
        _, *rest = _ENTRY.split(_sections(kind).get("Parameters", ""))
        for i in range(0, len(rest), 2):
            told |= dict.fromkeys(rest[i].split(", "), " ".join(rest[i + 1].split()))
    return [
        {"name": field.name, "value": repr(getattr(strategy, field.name)), "text": told.get(field.name, "")}
        for field in fields(strategy)  # type: ignore[arg-type]
        if field.init
    ]
