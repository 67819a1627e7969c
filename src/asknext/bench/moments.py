"""A finished run seen round by round: what the model said, what was true, what was asked. Trains nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asknext.bench.protocol import Settings, Split
from asknext.bench.run import Run
from asknext.errors import AskNextError
from asknext.log import Event, State
from asknext.log import events as kinds
from asknext.types import Array, Ids

SUBSETS = ("test", "pool", "batch")


class View(NamedTuple):
    """What a metric sees of one subset at one moment.

    proba : (m, k) class probabilities by the model of this round.
    y : (m,) true class positions.
    previous : (m, k) the same items by the model of the round before; None in the first round.
    """

    proba: Array
    y: NDArray[np.intp]
    previous: Array | None


@dataclass(frozen=True)
class Moment:
    """One round of a run.

    Parameters
    ----------
    round : batches asked before.
    n_labelled : labels the model was fitted on.
    column : reads the class probabilities of the whole "pool" or "test".
    truth : true class positions of the same, by name.
    candidates : pool items not asked so far; batch : those asked in this round (empty in the last).
    before : the moment of the round before, or None.
    """

    round: int
    n_labelled: int
    column: Callable[[str], Array]
    truth: dict[str, Array]
    candidates: Ids
    batch: Ids
    before: Moment | None

    def view(self, subset: str) -> View | None:
        """A subset: "test", "pool" (candidates only) or "batch" (before it was labelled); None if empty."""
        if subset == "test":
            where, ids = "test", np.arange(len(self.truth["test"]))
        else:
            where, ids = "pool", self.candidates if subset == "pool" else self.batch
        if len(ids) == 0:
            return None
        previous = None if self.before is None else self.before.column(where)[ids]
        return View(self.column(where)[ids], self.truth[where][ids], previous)


def moments(run: Run, parts: Split, y: Array, settings: Settings) -> Iterator[Moment]:
    """The rounds of a run, in order, from its log and its stored columns.

    Parameters
    ----------
    run : a run that was executed.
    parts : its split.
    y : (n,) class positions of the whole data set.
    settings : of the comparison, whose rounds count.

    Raises
    ------
    AskNextError : a column is gone.
    """
    events = run.events(settings)
    asked = [e.body for e in events if e.type == kinds.ASKED]
    batches = {body["round"]: np.array(body["ids"], dtype=np.intp) for body in asked}
    truth = {"pool": y[parts.pool], "test": y[parts.test]}
    state, before = State(), None
    for event in events:
        state.apply(event)
        if event.type != kinds.FITTED:
            continue
        number = event.body["round"]
        before = Moment(
            round=number,
            n_labelled=event.body["labelled"],
            column=cache(partial(_column, run, event, len(parts.pool))),
            truth=truth,
            candidates=state.pool.candidates,
            batch=batches.get(number, np.empty(0, dtype=np.intp)),
            before=before and replace(before, before=None),  # one step back; more would fill the memory
        )
        yield before


def _column(run: Run, event: Event, n_pool: int, subset: str) -> Array:
    values = run.columns.get(event.body["columns"]["proba"])
    if values is None:
        raise AskNextError(
            f"a stored column of {run.path} is gone or damaged (round {event.body['round']}); delete this "
            "folder and run the same comparison again."
        )
    return values[:n_pool] if subset == "pool" else values[n_pool:]
