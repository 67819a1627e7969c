"""What may be done in a state: each deed as the event that records it, or a word on why it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from asknext.answers import as_label
from asknext.errors import AskNextError
from asknext.learners.fitting import Fitting
from asknext.log import events as kinds
from asknext.log.audit import AuditSlice
from asknext.log.events import Event
from asknext.log.fold import State
from asknext.pool import ANSWER_CODES, Answer
from asknext.strategies import Selection, Strategy
from asknext.types import Array, Ids, Label

TEXTS = {code: answer.value for answer, code in ANSWER_CODES.items()}
"""How the log writes an answer that is no class, by its code."""


def created(n: int, data: str, seed: int, audit: float) -> Event:
    """A campaign begins.

    Parameters
    ----------
    n, data : number of items and their fingerprint; a campaign in memory has none.
    seed : of all randomness.
    audit : share of each batch that is drawn at random; the items are drawn here.
    """
    drawn = AuditSlice.draw(n, audit, seed)
    body = {"n": n, "data": data, "seed": seed, "audit": drawn.ids.tolist(), "audit_share": drawn.share}
    return Event(kinds.CREATED, body)


def asked(state: State, strategy: Strategy, selection: Selection, seconds: float) -> Event:
    """A batch was chosen in this state, by a strategy, in so many seconds."""
    return Event(kinds.ASKED, {
        "round": state.round,
        "ids": selection.ids.tolist(),
        "strategy": strategy.name,
        "parameters": repr(strategy),
        "state": state.digest,
        "memory": dict(selection.memory),
        "scores": None if selection.scores is None else _plain(selection.scores),
        "parts": {name: _plain(values) for name, values in selection.parts.items()},
        "seconds": {"select": seconds},
        **({"origins": dict(selection.origins)} if selection.origins else {}),
    })  # fmt: skip


def answered(
    state: State, kind: str, places: Ids, given: Sequence[Label | Answer], id: str, actor: str
) -> list[Event]:
    """Answers, written down by what they mean in this state; an unknown label becomes null.

    Parameters
    ----------
    state : what is known before, its classes above all.
    kind : ANSWERED, CORRECTED, SECONDED or ADJUDICATED.
    places : (m,) items; given : one answer each.
    id, actor : of the event.
    """
    numbers = {a: a.value if isinstance(a, Answer) else state.meant_by(a) for a in dict.fromkeys(given)}
    return [Event(kind, {"ids": places.tolist(), "answers": [numbers[a] for a in given]}, id, actor)]


def check_same(state: State, place: str, n: int, data: str, seed: int, audit: float | None) -> None:
    """A campaign that is opened again goes on with the data, seed and audit share that it was started with.

    Parameters
    ----------
    state : what the log says.
    place : where it is, for the message.
    n, data : number of items and their fingerprint; a campaign in memory has none.
    seed, audit : as given now; None for a share that was left out.

    Raises
    ------
    AskNextError : something differs; the message says what.
    """
    if state.n != n or (state.data and state.data != data):
        raise AskNextError(
            f"{place} holds a campaign over other data ({state.n} items; here {n}); choose another path, or "
            "give the data it was started with."
        )
    if state.seed != seed:
        raise AskNextError(f"{place} was started with seed {state.seed}, not {seed}; give that seed.")
    if audit is not None and state.audit.share != audit:
        raise AskNextError(f"{place} was started with audit={state.audit.share}, not {audit}; give that.")


def check_open(state: State, kind: str, places: Ids, given: Sequence[Label | Answer]) -> None:
    """Answers are for items without a settled one, all else for the others; unsure items take both.

    Raises
    ------
    AskNextError : an item is of the wrong kind, the message names it and the method to call; or the last word
        would be to skip.
    """
    if kind == kinds.ADJUDICATED and Answer.SKIPPED in given:
        raise AskNextError("skipping an item settles nothing; say what it is, or UNSURE.")
    codes = state.pool.state[places]
    unsure = codes == ANSWER_CODES[Answer.UNSURE]
    settled = (codes >= 0) | (codes == ANSWER_CODES[Answer.OUT_OF_SCOPE])
    wrong = places[settled if kind == kinds.ANSWERED else ~(settled | unsure)]
    if len(wrong):
        then, remedy = ("already", "correct") if kind == kinds.ANSWERED else ("not yet", "tell")
        raise AskNextError(f"item {wrong[0]} was {then} answered; use {remedy}() for it.")


def retracted(state: State, places: Ids, skipped: Ids, id: str, actor: str) -> list[Event]:
    """Answers are taken back, and of the `skipped` items that their answer was put off.

    Raises
    ------
    AskNextError : an item has none; the message names it.
    """
    if len(bare := state.unanswered(places)):
        raise AskNextError(f"item {bare[0]} has no answer that could be taken back.")
    also = {"skipped": skipped.tolist()} if len(skipped) else {}
    return [Event(kinds.RETRACTED, {"ids": places.tolist(), **also}, id, actor)]


def reopened(state: State, places: Ids, id: str, actor: str) -> list[Event]:
    """The last word on items is withdrawn.

    Raises
    ------
    AskNextError : nobody spoke it on an item; the message names it.
    """
    if len(bare := state.undecided(places)):
        raise AskNextError(f"item {bare[0]} has no last word that could be withdrawn.")
    return [Event(kinds.REOPENED, {"ids": places.tolist()}, id, actor)]


def reviewed(state: State, places: Ids, id: str, actor: str) -> list[Event]:
    """Somebody looked items over, and what stands is to stay.

    Raises
    ------
    AskNextError : an item has no answer; the message names it.
    """
    if len(bare := state.bare(places)):
        raise AskNextError(f"item {bare[0]} has no answer that could be looked over.")
    answers = [TEXTS.get(code, code) for code in state.opinions.stands[places].tolist()]
    return [Event(kinds.REVIEWED, {"ids": places.tolist(), "answers": answers}, id, actor)]


def fitted(state: State, fitting: Fitting) -> Event:
    """The learner was fitted in this state, and what it says of the pool is kept."""
    return Event(kinds.FITTED, {
        "round": state.round,
        "labelled": len(state.visible.labelled),
        "learnt": state.learnt,
        "learner": fitting.learner.key,
        "columns": {"proba": fitting.column_key("proba")},
        "seconds": dict(fitting.seconds),
    })  # fmt: skip


def class_added(state: State, label: Label, actor: str) -> Event:
    """A class becomes known."""
    return Event(kinds.CLASS_ADDED, {"class": len(state.labels), "label": label}, actor=actor)


def class_unnamed(state: State, actor: str) -> Event:
    """A class becomes known that has no name yet: the first of unnamed-1, unnamed-2 … that was never used."""
    used = {*state.labels, *state.former}
    label = next(name for i in count(1) if (name := f"unnamed-{i}") not in used)
    body = {"class": len(state.labels), "label": label, "provisional": True}
    return Event(kinds.CLASS_ADDED, body, actor=actor)


def class_renamed(state: State, old: Label, new: Label, id: str, actor: str) -> list[Event]:
    """A class gets another name.

    Raises
    ------
    AskNextError : there is no class `old`, or there is already a class `new`.
    """
    if state.number_of(as_label(new)) is not None:
        raise AskNextError(
            f"there is already a class {new!r}; merge_class({old!r}, into={new!r}) unites the two."
        )
    return [Event(kinds.CLASS_RENAMED, {"class": _known(state, old), "label": as_label(new)}, id, actor)]


def class_merged(state: State, label: Label, into: Label, id: str, actor: str) -> list[Event]:
    """A class becomes a part of another.

    Raises
    ------
    AskNextError : one of the classes is unknown, or both are the same.
    """
    source, target = _known(state, label), _known(state, into)
    if source == target:
        raise AskNextError(f"class {label!r} cannot be merged into itself.")
    return [Event(kinds.CLASS_MERGED, {"class": source, "into": target}, id, actor)]


def class_split(state: State, label: Label, places: Ids, new: Label, id: str, actor: str) -> list[Event]:
    """Items of a class become another one, which is added first where no class has this name now.

    Raises
    ------
    AskNextError : there is no class `label`, both are the same, or there are no items or some not of `label`.
    """
    source, new = _known(state, label), as_label(new)
    target = state.number_of(new)
    if source == target:
        raise AskNextError(f"class {label!r} cannot be split into itself; give the new class another name.")
    others = places[state.pool.state[places] != state.live.index(source)]
    if len(others) or not len(places):
        what = f"item {others[0]} is not of class {label!r}" if len(others) else "no items are given"
        raise AskNextError(f"{what}; give the items of class {label!r} that are to be {new!r}.")
    added = [replace(class_added(state, new, actor), id=f"{id}/class")] if target is None else []
    body = {"class": source, "ids": places.tolist(), "into": len(state.labels) if added else target}
    return [*added, Event(kinds.CLASS_SPLIT, body, id, actor)]


def _plain(values: Array) -> list[Any]:
    """Values as the log has them: numbers to six digits, null where there is none, all else as text."""
    values = np.asarray(values)
    if values.dtype.kind in "biu":
        return values.tolist()
    if values.dtype.kind == "f":
        return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values.ravel().tolist()]
    return [None if value is None else str(value) for value in values.ravel().tolist()]


def _known(state: State, label: Label) -> int:
    number = state.number_of(as_label(label))
    if number is None:
        known = ", ".join(map(repr, state.pool.classes)) or "none"
        now = state.meant_by(label)
        why = "the classes are: " + known if now is None else f"it counts as {state.labels[now]!r} now"
        raise AskNextError(f"there is no class {label!r}; {why}.")
    return number
