"""The readings of a campaign that goes on: past moments are read once, the present each time anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from asknext.learners import Learner
from asknext.learners.fitting import Columns, Fitting, Table
from asknext.log import Event, State
from asknext.monitor.looks import Model, looks
from asknext.monitor.readings import Reading, reading, watched
from asknext.randomness import spawn_seed
from asknext.types import Ids


@dataclass
class Watch:
    """What is watched of one campaign.

    Parameters
    ----------
    learner, table, columns, seed : of the campaign.
    X : (n, d) features in which distances are measured; None where there are no numbers.
    past : readings of the moments at which a batch was asked.
    """

    learner: Learner
    table: Table
    columns: Columns | None
    seed: int
    X: Any
    past: list[Reading] = field(default_factory=list)

    def readings(self, events: Iterable[Event], upcoming: Callable[[int], Ids]) -> list[Reading]:
        """The reading of every moment, the present last.

        Models of past rounds are fitted again where their probabilities are not kept; a moment is read once.

        Parameters
        ----------
        events : the log.
        upcoming : for a number of items, those that would be asked next; used where no batch is waiting.
        """
        watch = watched(len(self.table), self.seed)
        seen: list[Reading] = []
        size = 0
        for number, look in enumerate(looks(events, self.model)):
            asked = len(look.batch) > 0
            size = len(look.batch) or size
            if number < len(self.past):
                seen.append(self.past[number])
                continue
            if not asked and size:
                look = replace(look, batch=upcoming(size))
            seen.append(reading(look, seen, watch, self.X, self.seed))
            if asked:
                self.past.append(seen[-1])
        return seen

    def model(self, state: State) -> Model:
        """The model as it was, or would have been, fitted in a state."""
        seed = spawn_seed(self.seed, state.round, "fit")
        fitting = Fitting(self.learner, self.table, state.visible, seed, self.columns)
        return fitting.sources()["proba"]
