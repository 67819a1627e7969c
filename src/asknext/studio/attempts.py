"""How often somebody may try a wrong key."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

MOST = 5
"""Wrong keys a second from one address, and as many at once."""

_KEPT = 10_000  # addresses remembered; the one that was quiet for longest is forgotten first


class Attempts:
    """Wrong keys by the address they came from: a bucket each, which fills by `MOST` a second.

    Parameters
    ----------
    clock : tells the seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def spent(self, client: str) -> bool:
        """Note a wrong key; whether there were too many."""
        now = self._clock()
        left, then = self._left.pop(client, (MOST, now))
        left = min(MOST, left + (now - then) * MOST)
        self._left[client] = (max(0.0, left - 1), now)
        if len(self._left) > _KEPT:
            del self._left[next(iter(self._left))]
        return left < 1
