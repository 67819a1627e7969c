"""How far people agree on the items that several of them answered, and what their opinions amount to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from asknext.kernels.dawid_skene import dawid_skene
from asknext.kernels.opinions import krippendorff_alpha, pairs, percent_agreement
from asknext.log import State
from asknext.monitor.agreement import cohen_kappa
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, UNSURE, Answer
from asknext.types import Ids, Label

_OUTSIDE, _UNSURE = ANSWER_CODES[OUT_OF_SCOPE], ANSWER_CODES[UNSURE]


class Told(NamedTuple):
    """What people said at one moment; unsure counts as nothing said.

    Parameters
    ----------
    triples : (m, 3) an opinion a row: the item, the place of the person in `people`, and of the answer in
        `answers`.
    people : in the order of their first answers.
    answers : the classes that there are, and out of scope.
    """

    triples: Ids
    people: tuple[str, ...]
    answers: tuple[Label | Answer, ...]


def told(state: State) -> Told:
    """What people said, with merges resolved; the last words of an owner are left out."""
    triples = state.opinions.triples()
    triples = triples[triples[:, 2] != _UNSURE].astype(np.intp)
    place = np.zeros(len(state.labels), dtype=np.intp)
    live = state.live
    place[live] = np.arange(len(live))
    outside = triples[:, 2] == _OUTSIDE
    triples[outside, 2] = len(live)
    triples[~outside, 2] = place[triples[~outside, 2]]
    answers = (*(state.labels[c] for c in live), OUT_OF_SCOPE)
    return Told(triples, state.opinions.people, answers)


def agreement(said: Told, rng: np.random.Generator) -> dict[str, Any]:
    """How far people agree; JSON-able, null where there is nothing to tell it from.

    Parameters
    ----------
    said : of all people.
    rng : for the interval of alpha.

    Returns
    -------
    `items` that several people answered; `percent`, the share of pairs of opinions that are equal; `alpha`,
    Krippendorff's, with the ends `low` and `high` of its 95 % interval; and for each pair of people, the one
    who came first as `a`, the same with Cohen's `kappa` and the square table `confusion`: how often a said
    the i-th and b the j-th of `names`.
    """
    alpha = krippendorff_alpha(said.triples, rng)
    _, counts = np.unique(said.triples[:, 0], return_counts=True)
    return {
        "items": int(np.count_nonzero(counts > 1)),
        "percent": percent_agreement(said.triples),
        "alpha": alpha and alpha.value,
        "low": alpha and alpha.low,
        "high": alpha and alpha.high,
        "pairs": [_pair(said, *who, both) for who, both in pairs(said.triples).items()],
    }


def _pair(said: Told, a: int, b: int, both: Ids) -> dict[str, Any]:
    used, places = np.unique(both, return_inverse=True)
    one, other = places.reshape(both.shape).T
    confusion = np.zeros((len(used), len(used)), dtype=np.intp)
    np.add.at(confusion, (one, other), 1)
    return {
        "a": said.people[a],
        "b": said.people[b],
        "items": len(both),
        "percent": float(np.mean(one == other)),
        "kappa": cohen_kappa(one, other),
        "names": [a.value if isinstance(a := said.answers[i], Answer) else a for i in used.tolist()],
        "confusion": confusion.tolist(),
    }


class Consensus(NamedTuple):
    """What the opinions of an item amount to, and how probable that is."""

    answer: Label | Answer
    p: float


def consensus(said: Told) -> dict[int, Consensus]:
    """What Dawid and Skene's model makes of all opinions, by item: each weighed by how its person errs."""
    used, places = np.unique(said.triples[:, 2], return_inverse=True)
    triples = np.column_stack([said.triples[:, :2], places])
    found = dawid_skene(triples, len(said.people), len(used))
    answers = [said.answers[i] for i in used.tolist()]
    return {
        item: Consensus(answers[c], p)
        for item, c, p in zip(found.items.tolist(), found.categories.tolist(), found.p.tolist(), strict=True)
    }
