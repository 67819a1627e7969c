"""Lessons: what the answers to past batches say of the scores by which these were chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from asknext.round import Round
from asknext.types import Array, Floats, Ids

LIKELIEST = 10  # classes of each pick whose probabilities are kept; all others share what is left
HEAD = ("round", "classes", "columns", "scale")  # of a record; the rest are lists with an entry for each pick
LEAST = 1e-3  # a probability counts as at least this much, also that of a class unknown at the time


class Scale(NamedTuple):
    """Mean and standard deviation (2,) of two scores over the candidates."""

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, raw: Array) -> Scale:
        """The scale of (m, 2) scores; a column that is constant has the deviation 1."""
        mean, std = raw.mean(axis=0, dtype=np.float64), raw.std(axis=0, dtype=np.float64)
        return cls(mean, np.where(std > 1e-12 * np.abs(mean), std, 1.0))

    def standardised(self, raw: Array) -> Floats:
        """Scores less their mean, in standard deviations."""
        return (raw - self.mean) / self.std


class Lesson(NamedTuple):
    """The answered items of one batch.

    `z` (m, 2) their scores, standardised over the candidates of that round; `raw` (m, 2) the scores as they
    were; `loss` (m,) cross entropy of the answer under the model that asked, 0 where out of scope; `inside`
    (m,) whether it was in scope.
    """

    z: Floats
    raw: Floats
    loss: Floats
    inside: Array


def short(values: Any, digits: int = 6) -> Any:
    """Numbers as nested lists of plain floats, to some digits: for a memory that is written to the log."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim:
        return [short(value, digits) for value in array]
    return float(f"{float(array):.{digits}g}")


def noted(round: Round, ids: Ids, z: Floats, scale: Scale, proba: Array) -> dict[str, Any]:
    """A record of a batch: all that is needed to learn from its answers later, JSON-able.

    Parameters
    ----------
    ids : (n,) the picks; `z` : (n, 2) their scores, standardised by `scale`; `proba` : (n, k) what the model
        said of them.
    """
    top = np.argsort(-proba, axis=1, kind="stable")[:, :LIKELIEST]
    return {
        "round": round.index,
        "classes": list(round.keys),
        "columns": proba.shape[1],
        "scale": short(scale),
        "ids": [int(i) for i in ids],
        "z": short(z),
        "likeliest": top.tolist(),
        "proba": short(np.take_along_axis(proba, top, axis=1), 4),
        "loss": [None] * len(ids),
        "inside": [None] * len(ids),
    }


def remembered(
    records: Sequence[Mapping[str, Any]], new: Mapping[str, Any], window: int, enough: int
) -> list[dict[str, Any]]:
    """The last records with a new one; parts of a batch that are chosen one after the other are joined.

    Parameters
    ----------
    window : records kept; `enough` : items that these must have, else more records are kept.
    """
    kept = [dict(record) for record in records]
    last = kept[-1] if kept else None
    if last and last["round"] == new["round"] and not any(inside is not None for inside in last["inside"]):
        lists = {key: last[key] + new[key] for key in new if key not in HEAD}
        kept[-1] = {**new, **lists}
    else:
        kept.append(dict(new))
    while len(kept) > window and sum(len(record["ids"]) for record in kept[1:]) >= enough:
        kept = kept[1:]
    return kept


def settled(record: Mapping[str, Any], round: Round) -> dict[str, Any]:
    """The record with the answers that have come in since; what the model said of these items is dropped."""
    record = {key: value if key in HEAD else list(value) for key, value in record.items()}
    classes = {key: place for place, key in enumerate(record["classes"])}
    labels = dict(zip(round.labelled.tolist(), round.y.tolist(), strict=True))
    outside = set(round.out_of_scope.tolist())
    for row, item in enumerate(record["ids"]):
        if record["inside"][row] is None and (item in labels or item in outside):
            inside = item in labels
            place = classes.get(round.keys[labels[item]], -1) if inside else -1
            record["inside"][row] = inside
            record["loss"][row] = _loss(record, row, place) if inside else 0.0
            record["likeliest"][row], record["proba"][row] = [], []
    return record


def lessons(records: Sequence[Mapping[str, Any]]) -> list[Lesson]:
    """The lessons of those records that have answers, the oldest first."""
    found = []
    for record in records:
        rows = [row for row, inside in enumerate(record["inside"]) if inside is not None]
        if rows:
            columns = (record["z"], record["loss"], record["inside"])
            z, loss, inside = (np.array([column[row] for row in rows]) for column in columns)
            mean, std = np.array(record["scale"])
            found.append(Lesson(z, mean + z * std, loss, inside))
    return found


def _loss(record: Mapping[str, Any], row: int, place: int) -> float:
    """Minus the logarithm of the probability that the model gave the class at this place; -1: none."""
    likeliest, proba = record["likeliest"][row], record["proba"][row]
    chance = 0.0
    if place in likeliest:
        chance = proba[likeliest.index(place)]
    elif place >= 0:
        chance = (1.0 - sum(proba)) / (record["columns"] - len(proba))
    return float(f"{-np.log(min(1.0, max(chance, LEAST))):.6g}") + 0.0
