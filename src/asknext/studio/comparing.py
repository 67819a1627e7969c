"""Several opinions side by side: how far people agree, and the items on which they do not."""

from __future__ import annotations

from threading import Lock
from typing import Any

from asknext.quality.agreement import Consensus, Told, agreement, consensus, told
from asknext.randomness import spawn
from asknext.studio import views
from asknext.studio.desk import Desk

MOST = 200
"""Items that are shown at once."""


class Comparison:
    """What is worked out from all opinions, once for each state of the log.

    Parameters
    ----------
    desk : the project at work; it goes on while something is worked out.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = Lock()
        self._said: tuple[int, Told] | None = None
        self._agreement: tuple[int, dict[str, Any]] | None = None
        self._consensus: tuple[int, dict[int, Consensus]] | None = None

    def _told(self) -> tuple[int, Told]:
        with self._desk.turn:
            now = len(self._desk.log)
            if self._said is None or self._said[0] != now:
                self._said = now, told(self._desk.campaign.state)
            return self._said

    def agreement(self) -> dict[str, Any]:
        """As `quality.agreement`."""
        with self._lock:
            now, said = self._told()
            if self._agreement is None or self._agreement[0] != now:
                self._agreement = now, agreement(said, spawn(self._desk.campaign.seed, "agreement"))
            return self._agreement[1]

    def disagreements(self, person: str) -> dict[str, Any]:
        """Items on which opinions differ and nobody spoke the last word, and how many more there are."""
        with self._lock:
            now, said = self._told()
            if self._consensus is None or self._consensus[0] != now:
                self._consensus = now, consensus(said)
            modelled = self._consensus[1]
        with self._desk.turn:
            items = self._desk.campaign.state.opinions.disputed()
            shown = [self._shown(person, item, modelled.get(item)) for item in items[:MOST]]
        return {"items": shown, "left": len(items) - len(shown)}

    def _shown(self, person: str, item: int, modelled: Consensus | None) -> dict[str, Any]:
        opinions = self._desk.campaign.state.opinions
        by = [
            {"actor": who, "answer": views.as_answer(self._desk, c)} for who, c in opinions.of(item).items()
        ]
        return {
            **views.served(self._desk, self._desk.place(item, person), person, reveal=True),
            "opinions": by,
            "majority": views.as_answer(self._desk, opinions.majority(item)),
            "dawid_skene": modelled and {"answer": views.spelled(modelled.answer), "p": modelled.p},
        }
