"""Strategies of the user's own: a class, an object or a plain function, found by `package.module:Name`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import isabstract
from pathlib import Path
from typing import Any

import numpy as np

from asknext.answers import as_ids
from asknext.errors import AskNextError
from asknext.plugins import imported
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy

USUAL = frozenset({"embedding", "proba"})
"""The signals that a function may read if it does not say otherwise."""


def own(name: str) -> Strategy:
    """The user's strategy of a name.

    It is a class derived from `Strategy` with a default for each parameter, an object of one, or a function
    `f(round, n, rng) -> ids`. Such a function returns n distinct positions in the pool, out of
    `round.candidates`, best first. It may read all of the `Round` it is given — `candidates`, `labelled`,
    `y`, `out_of_scope`, `pending`, `classes`, `index` — and of the signals, by `round.read("proba")`, those
    that its attribute `needs` names, `f.needs = {"samples"}`; without that attribute `embedding` and `proba`.
    `rng` is the only source of randomness.

    Parameters
    ----------
    name : `package.module:Name`; the module is also looked for in the current folder.

    Raises
    ------
    AskNextError : nothing of this name can be imported, or it is no strategy.
    """
    found = imported("strategy", name)
    if isinstance(found, type) and issubclass(found, Strategy) and not isabstract(found):
        try:
            found = found()
        except TypeError as error:
            raise AskNextError(
                f"the strategy '{name}' cannot be made without arguments ({error}); give each parameter a "
                "default, or name an object of it."
            ) from error
    if isinstance(found, Strategy):
        return Own(name, found)
    if isinstance(found, type) or not callable(found):
        raise AskNextError(
            f"the strategy '{name}' is {found!r}; give a Strategy or a function f(round, n, rng) -> ids."
        )
    return Own(name, Function(found, frozenset(getattr(found, "needs", USUAL))))


@dataclass(frozen=True)
class Function(Strategy):
    """A function as a strategy, see `own`."""

    function: Callable[[Round, int, np.random.Generator], Any] = field(repr=False)
    needs: frozenset[str] = USUAL

    name = "a function"
    family = "your own"
    paper = ""
    stochastic = True

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """What the function returns."""
        ids = self.function(round, n, rng)
        return Selection(as_ids(ids, int(round.candidates[-1]) + 1))


@dataclass(frozen=True)
class Own(Strategy):
    """A strategy of the user's own, under the name by which it is found again.

    Parameters
    ----------
    name : `package.module:Name`.
    strategy : what stands there.

    Raises
    ------
    AskNextError : it fails; the message says in which line.
    """

    name: str  # type: ignore[misc]  # of the object, not of the class
    strategy: Strategy

    family = "your own"
    paper = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", self.strategy.needs)
        object.__setattr__(self, "stochastic", self.strategy.stochastic)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """What the strategy selects."""
        try:
            return self.strategy.select(round, n, rng)
        except AskNextError:
            raise
        except Exception as error:  # code of the user's may raise anything
            raise AskNextError(
                f"the strategy '{self.name}' fails ({type(error).__name__}: {error}; {self._where(error)})."
            ) from error

    def _where(self, error: Exception) -> str:
        """The last line of the user's module on the way to the error."""
        lines = traceback.extract_tb(error.__traceback__)
        home = sys.modules[self.name.partition(":")[0]].__file__
        last = next((line for line in reversed(lines) if line.filename == home), lines[-1])
        return f"{Path(last.filename).name}, line {last.lineno}"
