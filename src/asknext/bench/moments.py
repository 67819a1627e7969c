"""A finished run seen round by round: what the model said, what was true, what was asked. Trains nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from asknext.bench.division import Split
from asknext.bench.protocol import Settings
from asknext.bench.run import Run
from asknext.errors import AskNextError
from asknext.log import Event, State
from asknext.log import events as kinds
from asknext.monitor.view import View
from asknext.types import Array, Ids

SUBSETS = ("test", "pool", "batch", "labelled", "asked")


@dataclass(frozen=True)
class Moment:
    """One round of a run.

    Parameters
    ----------
    round : batches asked before.
    n_labelled : answers bought so far, first labels included; see `Measure`.
    column : reads the class probabilities of the whole "pool" or "test".
    truth, features : true class positions among those in scope, -1 out of scope, and features of the same, by
        name.
    asked : pool items answered so far.
    labelled, labels : those of them that the model learnt from, and their class positions; outside : those
        out of scope that it may have learnt from.
    candidates : pool items not asked so far; batch : those asked in this round (empty in the last).
    before : the moment of the round before, or None.
    noisy : which items of the same are noisy, by name; empty where nobody knows.
    found : (k,) classes of which an item was told so far.
    sizes : (k,) items of each class in the pool.
    ood_cost : of an answer "out of scope".
    """

    round: int
    n_labelled: int
    column: Callable[[str], Array]
    truth: dict[str, Array]
    features: dict[str, Array]
    asked: Ids
    labelled: Ids
    labels: Ids
    outside: Ids
    candidates: Ids
    batch: Ids
    before: Moment | None
    reference: Array | None
    noisy: dict[str, Array]
    found: NDArray[np.bool_]
    sizes: Ids
    ood_cost: float

    def view(self, subset: str) -> View | None:
        """The items of a subset, None if there are none.

        Parameters
        ----------
        subset : "test", "pool" (candidates only), "batch" (before it was answered), "asked" (all that was
            answered so far) or "labelled" (what the model learnt from).
        """
        ids: Ids | slice
        if subset == "test":
            where, ids = "test", slice(None)  # all of it, without a copy
        else:
            parts = {"pool": self.candidates, "batch": self.batch}
            parts |= {"labelled": self.labelled, "asked": self.asked}
            where, ids = "pool", parts[subset]
            if len(ids) == 0:
                return None
        before = self.before
        return View(
            proba=self.column(where)[ids],
            y=self.truth[where][ids],
            previous=None if before is None else before.column(where)[ids],
            X=self.features[where][ids],
            known=self.features["pool"][self.labelled],
            labels=self.labels,
            new=None if before is None else ~np.isin(self.labelled, before.labelled),
            reference=self.reference[ids] if self.reference is not None and where == "pool" else None,
            noisy=self.noisy[where][ids] if self.noisy else None,
            found=self.found,
            sizes=self.sizes,
            cost=np.where(self.truth[where][ids] < 0, self.ood_cost, 1.0),
        )


def moments(
    run: Run,
    parts: Split,
    X: Array,
    y: Array,
    settings: Settings,
    reference: Array | None = None,
    noisy: Array | None = None,
) -> Iterator[Moment]:
    """The rounds of a run, in order, from its log and its stored columns.

    Parameters
    ----------
    run : a run that was executed.
    parts : its split.
    X, y : (n, d) features and (n,) class positions of the whole data set; -1 for items of no class.
    settings : of the comparison, whose rounds count.
    reference : (p, k) what a reference model says of the pool; see `insight`.
    noisy : (n,) which items of the whole data set are noisy.

    Raises
    ------
    AskNextError : a column is gone.
    """
    events = run.events(settings)
    bodies = [e.body for e in events if e.type == kinds.ASKED]
    batches = {body["round"]: np.array(body["ids"], dtype=np.intp) for body in bodies}
    places, k = parts.positions(y), len(parts.scope)
    truth = {"pool": places[parts.pool], "test": places[parts.test]}
    inside = truth["pool"][truth["pool"] >= 0]
    features = {"pool": X[parts.pool], "test": X[parts.test]}
    noise = {} if noisy is None else {"pool": noisy[parts.pool], "test": noisy[parts.test]}
    state, before = State(), None
    for event in events:
        state.apply(event)
        if event.type != kinds.FITTED:
            continue
        number, pool, learnt = event.body["round"], state.pool, state.visible
        asked = np.sort(np.concatenate([pool.labelled, pool.out_of_scope]))
        carriers = pool.labelled[np.unique(pool.y, return_index=True)[1]]  # an item of each class
        known = np.arange(k) if settings.scenario.known is None else truth["pool"][carriers]
        before = Moment(
            round=number,
            n_labelled=len(asked),
            column=cache(partial(_column, run, event, len(parts.pool), known, k)),
            truth=truth,
            features=features,
            asked=asked,
            labelled=learnt.labelled,
            labels=truth["pool"][learnt.labelled],
            outside=learnt.out_of_scope,
            candidates=pool.candidates,
            batch=batches.get(number, np.empty(0, dtype=np.intp)),
            before=before and replace(before, before=None),  # one step back; more would fill the memory
            reference=reference,
            noisy=noise,
            found=np.isin(np.arange(k), truth["pool"][carriers]),
            sizes=np.bincount(inside, minlength=k),
            ood_cost=settings.scenario.ood_cost,
        )
        yield before


def _column(run: Run, event: Event, n_pool: int, known: Ids, k: int, subset: str) -> Array:
    """(m, k) probabilities of the pool or the test items; 0 for classes that were not known."""
    values = run.columns.get(event.body["columns"]["proba"])
    if values is None:
        raise AskNextError(
            f"a stored column of {run.path} is gone or damaged (round {event.body['round']}); delete this "
            "folder and run the same comparison again."
        )
    values = values[:n_pool] if subset == "pool" else values[n_pool:]
    if np.array_equal(known, np.arange(k)):
        return values
    spread = np.zeros((len(values), k), dtype=values.dtype)
    spread[:, known] = values
    return spread
