"""The signal `ood`: what a detector tells of the items, computed when a strategy reads it."""

from __future__ import annotations

from functools import cached_property

from asknext.detectors.base import Detector, scores
from asknext.detectors.registry import get
from asknext.round import Round
from asknext.types import Array, Ids

OOD = "ood"


class Ood:
    """The source of the signal `ood`.

    Parameters
    ----------
    detector : what scores the items; it is settled once.
    round : the view in which it scores.
    """

    def __init__(self, detector: Detector, round: Round) -> None:
        self._detector = detector
        self._round = round

    @property
    def needs(self) -> frozenset[str]:
        """The signals that must be there for this one."""
        return self._detector.needed(self._round)

    @property
    def reader(self) -> str:
        """Who reads them, for messages."""
        return f"the detector '{self._detector.name}'"

    @cached_property
    def settled(self) -> Detector:
        """The detector that scores."""
        return self._detector.settled(self._round)

    @property
    def origin(self) -> str:
        """Which detector scored; with "auto", the one that was chosen."""
        return self.settled.name

    def __call__(self, ids: Ids) -> Array:
        """Scores of the given items."""
        return scores(self.settled, self._round, ids)


def with_ood(round: Round, detector: str | Detector) -> Round:
    """The round, with the signal `ood` where its strategy needs it and nobody gave it.

    Parameters
    ----------
    round : the view; its signals get one more.
    detector : what scores the items, a name or an object.

    Raises
    ------
    AskNextError : unknown detector.
    """
    if OOD in round.declared and OOD not in round.signals:
        round.signals.add(OOD, Ood(get(detector), round))
    return round
