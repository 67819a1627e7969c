"""A campaign seen moment by moment: what was known when each batch was chosen, and what the model said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.log import ColumnStore, Event, State
from asknext.log import events as kinds
from asknext.pool import Pool
from asknext.types import Array, Ids

Model = Callable[[Ids], Array]
"""The class probabilities (m, k) of the given items, one column for each class known at that moment."""


@dataclass(frozen=True)
class Look:
    """One moment of a campaign.

    Parameters
    ----------
    round : batches asked before.
    pool : what was known, as strategy and learner saw it: answers of the audit slice are hidden.
    batch : items that were asked at this moment, those of the audit left out; empty where none was asked.
    audited : items of the audit slice that carried a class by then; `truth` : their class positions.
    proba : what the model of that moment says of items.
    numbers : the permanent number of each class then known.
    places : for every class ever added, by number, its place among the classes then known; those that were
        merged have the place of the class that they went into.
    event : the id of the event that asked; empty for the present.
    """

    round: int
    pool: Pool
    batch: Ids
    audited: Ids
    truth: Ids
    proba: Model
    numbers: Ids
    places: Ids
    event: str = ""


def looks(events: Iterable[Event], model: Callable[[State], Model | None]) -> Iterator[Look]:
    """The moments of a log: one for each batch asked, as things were when it was chosen, and the present.

    A batch is chosen just before it is asked, or after as many events as it says were `seen`. Where the last
    batch still waits for answers, the present is the moment at which it was chosen. Moments whose model is
    not to be had are left out.

    Parameters
    ----------
    events : of one campaign, oldest first.
    model : for a state, the model that was fitted on it, or None; it must not keep the state, which goes on.

    Raises
    ------
    AskNextError : the model of the present is not to be had.
    """
    events = list(events)
    questions = ((place, event) for place, event in enumerate(events) if event.type == kinds.ASKED)
    asked = {event.body.get("seen", place): event for place, event in questions}
    state, last, batch = State(), None, _NONE
    for event in events:
        if question := asked.get(state.events):
            if last is not None:
                yield last
            batch = np.array(question.body["ids"], dtype=np.intp)
            last = _look(state, batch, model, question.id)
        state.apply(event)
    waiting = len(np.intersect1d(batch, state.pool.pending)) > 0
    if last is not None:
        yield last
    if not state.n:
        return
    present = last if waiting else _look(state, _NONE, model)
    if present is None:
        raise AskNextError(
            f"the probabilities of the present model, with its {len(state.visible.labelled)} labels, were "
            "not kept; campaign.record() keeps them after the last answers of a round, and campaign.advice() "
            "fits the models again."
        )
    if not waiting:
        yield present


def stored(events: Iterable[Event], columns: ColumnStore) -> Callable[[State], Model | None]:
    """The models of a log whose probabilities were recorded, as `looks` wants them; nothing is trained.

    Parameters
    ----------
    events : of the campaign.
    columns : where the probabilities are kept. Those of a model that had learnt other labels are not taken.
    """
    fitted = {event.body["round"]: event.body for event in events if event.type == kinds.FITTED}

    def model(state: State) -> Model | None:
        labelled, k = len(state.visible.labelled), len(state.pool.classes)
        if not labelled:
            return lambda ids: np.full((len(ids), k), 1 / max(1, k))
        kept = fitted.get(state.round, {"labelled": -1, "columns": {}})
        if kept["labelled"] != labelled or kept.get("learnt", state.learnt) != state.learnt:
            return None
        values = columns.get(kept["columns"].get("proba", ""))
        if values is None or values.shape[1] > k:
            return None
        wider = ((0, 0), (0, k - values.shape[1]))  # classes added since, of which the model knows nothing
        return lambda ids: np.pad(values[ids], wider)

    return model


_NONE = np.empty(0, dtype=np.intp)


def _look(
    state: State, batch: Ids, model: Callable[[State], Model | None], event: str = ""
) -> Look | None:
    proba = model(state)
    if proba is None:
        return None
    audit = state.audit.ids
    told = audit[state.pool.state[audit] >= 0]
    numbers = np.array(state.live, dtype=np.intp)
    place = {number: position for position, number in enumerate(state.live)}
    return Look(
        round=state.round,
        pool=state.visible,
        batch=batch[~np.isin(batch, audit)],
        audited=told,
        truth=state.pool.state[told].astype(np.intp),
        proba=proba,
        numbers=numbers,
        places=np.array([place[state.root(c)] for c in range(len(state.labels))], dtype=np.intp),
        event=event,
    )
