"""What each person has answered, by the log."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from asknext.log import EventLog
from asknext.log import events as kinds
from asknext.pool import SKIPPED


@dataclass
class Share:
    """Items that somebody answered, each as often as it was, and when they last did."""

    answers: int = 0
    last: str | None = None


class Tally:
    """The shares of all who are in a log, which is read on from where it was read before.

    Parameters
    ----------
    log : the log.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._read = 0
        self._shares: dict[str, Share] = {}

    def of(self, name: str) -> Share:
        """What somebody has done."""
        for event in islice(self._log, self._read, None):
            self._read += 1
            if event.type in kinds.TOLD:
                share = self._shares.setdefault(event.actor, Share())
                share.answers += sum(answer != SKIPPED.value for answer in event.body["answers"])
                share.last = event.time or share.last
        return self._shares.get(name, Share())
