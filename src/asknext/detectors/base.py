"""What a detector is: it tells from a round how unlike the labelled each item is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.types import Array, Floats, Ids


class Detector(ABC):
    """A way of telling how likely an item is to be out of scope.

    A detector is a frozen dataclass of parameters. It sees a `Round`, as strategies do, and is pure: the
    score of an item depends on the round and the item alone, not on the items that are scored with it.
    """

    name: ClassVar[str]
    paper: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    aliases: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def score(self, round: Round, ids: Ids) -> Array:
        """One number for each of the given items, larger means more likely out of scope.

        Parameters
        ----------
        round : the frozen view of the pool; labels may be few or none.
        ids : (m,) positions in the pool, candidates or not.

        Returns
        -------
        (m,) finite numbers; all equal where nothing can be told.
        """

    def needed(self, round: Round) -> frozenset[str]:  # noqa: ARG002
        """The signals that must be there in a round; those of `needs`, unless it chooses among others."""
        return self.needs

    def settled(self, round: Round) -> Detector:  # noqa: ARG002
        """The detector that scores in a round: itself, unless it chooses among others."""
        return self


def scores(detector: Detector, round: Round, ids: Ids) -> Floats:
    """Ask a detector, and check what it returns.

    Parameters
    ----------
    detector : the detector to ask.
    round : the view it gets; its `declared` signals are set to what the detector needs.
    ids : (m,) positions in the pool.

    Returns
    -------
    (m,) numbers in double precision.

    Raises
    ------
    AskNextError : a needed signal is missing, or the detector returned something other than m finite numbers
        (a fault of the detector).
    """
    needs = detector.needed(round)
    round.signals.require(needs, f"the detector '{detector.name}'")
    found = np.asarray(detector.score(replace(round, declared=needs), ids), dtype=np.float64)
    if found.shape != (len(ids),) or not np.isfinite(found).all():
        raise AskNextError(
            f"the detector '{detector.name}' returned no finite number for each of {len(ids)} items; this is "
            "a fault of the detector, choose another one."
        )
    return found


def own_places(references: Ids, ids: Ids) -> Ids:
    """Where each item stands among ascending references; -1 where it is none of them."""
    if not len(references):
        return np.full(len(ids), -1)
    places = np.minimum(np.searchsorted(references, ids), len(references) - 1)
    return np.where(references[places] == ids, places, -1)


def check_above_zero(**parameters: float) -> None:
    """Refuse parameters that make no sense at 0 or below.

    Raises
    ------
    AskNextError : one is not above 0, or no number; the message names it.
    """
    for name, value in parameters.items():
        if not value > 0:
            raise AskNextError(f"{name} is {value}; it must be above 0.")
