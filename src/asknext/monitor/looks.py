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
    """

    round: int
    pool: Pool
    batch: Ids
    audited: Ids
    truth: Ids
    proba: Model


def looks(events: Iterable[Event], model: Callable[[State], Model]) -> Iterator[Look]:
    """The moments of a log: one for each batch asked, just before it was, and the present.

    Where the last batch still waits for answers, the present is the moment at which it was asked.

    Parameters
    ----------
    events : of one campaign, oldest first.
    model : for a state, the model that was fitted on it; it must not keep the state, which goes on.
    """
    state, last = State(), None
    for event in events:
        if event.type == kinds.ASKED:
            if last is not None:
                yield last
            last = _look(state, np.array(event.body["ids"], dtype=np.intp), model)
        state.apply(event)
    if last is not None:
        yield last
    waiting = last is not None and len(np.intersect1d(last.batch, state.pool.pending)) > 0
    if state.n and not waiting:
        yield _look(state, np.empty(0, dtype=np.intp), model)


def stored(events: Iterable[Event], columns: ColumnStore, place: str) -> Callable[[State], Model]:
    """The models of a log whose probabilities were recorded, as `looks` wants them; nothing is trained.

    Parameters
    ----------
    events : of the campaign.
    columns : where the probabilities are kept.
    place : how to call the campaign in a message.

    Raises
    ------
    AskNextError : when a model is asked for whose probabilities were not recorded, are gone, or are those of
        fewer answers.
    """
    fitted = {event.body["round"]: event.body for event in events if event.type == kinds.FITTED}

    def model(state: State) -> Model:
        number, labelled, k = state.round, len(state.visible.labelled), len(state.pool.classes)
        kept = fitted.get(number, {"labelled": 0, "columns": {}})

        def rows(ids: Ids) -> Array:
            if not labelled:
                return np.full((len(ids), k), 1 / max(1, k))
            values = columns.get(kept["columns"].get("proba", ""))
            if values is None or kept["labelled"] != labelled or values.shape[1] != k:
                raise AskNextError(
                    f"{place} keeps no probabilities of round {number} with its {labelled} labels; "
                    "campaign.record() keeps them after the last answers of a round, and campaign.advice() "
                    "fits the models again."
                )
            return values[ids]

        return rows

    return model


def _look(state: State, batch: Ids, model: Callable[[State], Model]) -> Look:
    audit = state.audit.ids
    told = audit[state.pool.state[audit] >= 0]
    return Look(
        round=state.round,
        pool=state.visible,
        batch=batch[~np.isin(batch, audit)],
        audited=told,
        truth=state.pool.state[told].astype(np.intp),
        proba=model(state),
    )
