"""The readings of a campaign that goes on: past moments are read once, the present each time anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from asknext.errors import AskNextError
from asknext.learners import Learner
from asknext.learners.fitting import Columns, Fitting, Table
from asknext.log import Event, State
from asknext.monitor.looks import Look, Model, looks
from asknext.monitor.readings import Reading, readings, watched
from asknext.randomness import spawn_seed
from asknext.types import Ids


@dataclass
class Watch:
    """What is watched of one campaign.

    Parameters
    ----------
    learner, table, columns, seed : of the campaign.
    X : (n, d) features in which distances are measured; None where there are no numbers.
    known : readings of past moments, by the id of the event that asked.

    Raises
    ------
    AskNextError : the learner has no class probabilities.
    """

    learner: Learner
    table: Table
    columns: Columns | None
    seed: int
    X: Any
    known: dict[str, Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "proba" not in self.learner.provides:
            raise AskNextError("advice needs a learner with class probabilities, and this one has none.")

    def readings(self, events: Iterable[Event], upcoming: Callable[[int], Ids]) -> list[Reading]:
        """The reading of every moment, the present last.

        Models of past rounds are fitted again where their probabilities are not kept; a moment is read once.

        Parameters
        ----------
        events : the log.
        upcoming : for a number of items, those that would be asked next; used where no batch is waiting.
        """
        moments = self._ahead(looks(events, self.model), upcoming)
        return list(readings(moments, watched(len(self.table), self.seed), self.X, self.seed, self.known))

    def model(self, state: State) -> Model:
        """The model as it was, or would have been, fitted in a state."""
        seed = spawn_seed(self.seed, state.round, "fit")
        fitting = Fitting(self.learner, self.table, state.visible, seed, self.columns)
        return fitting.sources()["proba"]

    @staticmethod
    def _ahead(moments: Iterable[Look], upcoming: Callable[[int], Ids]) -> Iterator[Look]:
        """The moments, the present with the batch that would come next, of the size of the last one."""
        size = 0
        for look in moments:
            if look.event or not (size and len(look.pool.candidates)):
                yield look
            else:
                yield replace(look, batch=upcoming(size))
            size = len(look.batch) or size
