"""How fast somebody labels, over the last minutes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

WINDOW = 600.0
"""Seconds that count."""

LAST = 50
"""Answers whose median time is told."""


class _Delivery(NamedTuple):
    time: float
    items: int


class Pace:
    """The answers of the last ten minutes, as long as the server runs.

    Parameters
    ----------
    clock : tells the seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._deliveries: deque[_Delivery] = deque()
        self._seconds: deque[float] = deque(maxlen=LAST)

    def answered(self, items: int, seconds: float | None) -> None:
        """So many items were answered, in so many seconds where that is known."""
        self._deliveries.append(_Delivery(self._clock(), items))
        if seconds is not None:
            self._seconds.append(seconds)

    def figures(self) -> dict[str, float | None]:
        """Answers a minute since the first that counts, and the median of the seconds; null while unknown."""
        now = self._clock()
        while self._deliveries and self._deliveries[0].time < now - WINDOW:
            self._deliveries.popleft()
        if not self._deliveries:
            return {"per_minute": None, "median_seconds": median(self._seconds) if self._seconds else None}
        minutes = max(1.0, (now - self._deliveries[0].time) / 60)
        return {
            "per_minute": sum(one.items for one in self._deliveries) / minutes,
            "median_seconds": median(self._seconds) if self._seconds else None,
        }
