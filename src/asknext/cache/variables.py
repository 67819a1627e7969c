"""Variables of a cached loop, and how an iteration looks at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from asknext.cache.shelf import Shelf
from asknext.errors import AskNextError


@dataclass(frozen=True)
class Reading:
    """A variable seen from an iteration: its value so many iterations away.

    Parameters
    ----------
    variable : the variable.
    offset : 0 for the iteration itself, -1 for the one before.
    """

    variable: Variable
    offset: int

    def at(self, iteration: int) -> Any:
        """The value seen from that iteration, a fresh copy; see `Shelf.read`."""
        return self.variable.shelf.read(self.variable.name, iteration + self.offset)


@dataclass(frozen=True, eq=False)
class Variable:
    """A value that changes from one iteration to the next, and is kept; made by `cache.variable`."""

    name: str
    shelf: Shelf = field(repr=False)

    def previous(self, offset: int = -1) -> Reading:
        """The value that many iterations ago; the initial value before the first iteration."""
        if not isinstance(offset, int | np.integer) or offset >= 0:
            raise AskNextError(f"previous({offset!r}) is not in the past; give a negative whole number.")
        return Reading(self, offset)

    def current(self) -> Reading:
        """The value set in the iteration itself; for metrics, after the loop."""
        return Reading(self, 0)

    def set(self, value: Any) -> None:
        """Give the variable its value in this iteration: as it is now, whatever happens to it later."""
        self.shelf.put(self.name, value)
