"""What the page shows: items, why they are asked, what is like them, the map, and what to look over."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asknext import strategies
from asknext.bench.wording import listing
from asknext.errors import AskNextError
from asknext.kernels.distances import to_nearest
from asknext.log import ColumnStore
from asknext.log.decide import TEXTS
from asknext.pool import ANSWER_CODES, PENDING_CODE, SKIPPED, UNASKED_CODE, Answer
from asknext.studio.desk import Desk
from asknext.studio.queue import OPEN, Place
from asknext.studio.rounds import Published
from asknext.types import Array, Ids, Label

LIKELIEST = 3
NEIGHBOURS = 3
COLOURS = ("class", "uncertainty", "ood")
BLOCK = 1 << 16  # rows of the embedding in memory at a time
ALONE = re.compile(r"\b1 items\b")
SKIPPED_CODE = ANSWER_CODES[SKIPPED]


class HiddenError(AskNextError):
    """It would spoil an item of the audit to tell this before it is answered."""


def answer(desk: Desk, item: int) -> dict[str, Any] | None:
    """The answer that stands for an item; skipping it is one here."""
    return as_answer(desk, int(desk.campaign.state.opinions.stands[item]))


def own_answer(desk: Desk, item: int, person: str) -> dict[str, Any] | None:
    """What a person said of an item; skipping it is something here."""
    said = desk.campaign.state.opinions.said_by(person, item)
    if said is None:
        skipped = desk.pool.state[item] == SKIPPED_CODE and desk.queue.skipped(person, item)
        return as_answer(desk, SKIPPED_CODE) if skipped else None
    return as_answer(desk, said)


def as_answer(desk: Desk, code: int) -> dict[str, Any] | None:
    """A permanent class number or a code as the page reads it; None for an item that waits."""
    state = desk.campaign.state
    if code >= 0:
        return {"class": state.labels[state.root(code)]}
    return {"kind": TEXTS[code]} if code in TEXTS else None


def spelled(given: Label | Answer) -> dict[str, Any]:
    """An answer as the page reads it."""
    return {"kind": given.value} if isinstance(given, Answer) else {"class": given}


def served(
    desk: Desk, place: Place, person: str, own: bool = False, reveal: bool = False
) -> dict[str, Any]:
    """An item as the page shows it; what the model says of it only once it is answered.

    Parameters
    ----------
    place : the item, and why it is served.
    person : who sees it.
    own : whether this person sees own answers only.
    reveal : whether answers are shown even of items that wait for the opinion of this person.
    """
    item = place.item
    content = desk.project.items.content(item)
    if "image" in content:
        content["image"] = f"/api/items/{item}/image"
    blind = own or (not reveal and desk.seconds.waits(item, person))
    told = own_answer(desk, item, person) if blind else answer(desk, item)
    known = told not in (None, as_answer(desk, SKIPPED_CODE))
    likeliest_ = likeliest(desk, item, 1) if known else []
    opinions = desk.campaign.state.opinions
    return {
        "item": item,
        "slot": place.slot,
        "round": place.round,
        "content": content,
        "answer": told,
        "model": likeliest_[0] if likeliest_ else None,
        "several": not blind and len(opinions.of(item)) > 1,
        "decided": not blind and opinions.adjudicated(item),
    }


def likeliest(desk: Desk, item: int, k: int) -> list[dict[str, Any]]:
    """The likeliest classes of an item by the newest model, merged classes added up."""
    told = _probabilities(desk)
    if told is None:
        return []
    found, proba = told
    state = desk.campaign.state
    odds: dict[int, float] = {}
    for number, p in zip(found.numbers, proba[item].tolist(), strict=True):
        odds[state.root(number)] = odds.get(state.root(number), 0.0) + p
    best = sorted(odds, key=lambda number: -odds[number])[:k]
    return [{"name": state.labels[number], "p": odds[number]} for number in best]


def _probabilities(desk: Desk) -> tuple[Published, Array] | None:
    """The newest round with a model, and its probabilities, of which only the rows read come into memory."""
    found = desk.rounds[-1] if desk.rounds else None
    if found is None or found.column is None or not found.labelled:
        return None
    try:
        path = ColumnStore(desk.project.path / "columns").path(found.column)
        return found, np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None


def why(desk: Desk, place: Place, person: str, own: bool = False) -> dict[str, Any]:
    """Why an item is asked: who chose it and how, what the model thinks, and what it resembles.

    Parameters: as for `served`.

    Raises
    ------
    HiddenError : the item belongs to the audit slice and is not answered yet, or it waits for the opinion of
        this person.
    """
    item = place.item
    known = own_answer(desk, item, person) is not None if own else desk.settled(item)
    if item in desk.campaign.state.audit.ids and not known:
        raise HiddenError("this item checks the model, so what the model says is told after your answer.")
    if desk.seconds.waits(item, person):
        raise HiddenError("a second opinion is wanted, so what the model says is told after your answer.")
    found = next((one for one in reversed(desk.rounds) if item in one.ids), None)
    at = None if found is None else found.ids.index(item)
    return {
        "strategy": found.strategy if found else None,
        "sentence": _sentence(found, item in desk.campaign.state.audit.ids),
        "round": place.round,
        "rank": None if at is None else at + 1,
        "of": len(found.ids) if found else None,
        "score": None if found is None or at is None else found.scores[at],
        **_explained({} if found is None or at is None else _parts(found, at), found),
        "likeliest": likeliest(desk, item, LIKELIEST),
        "neighbours": _neighbours(desk, item, person if own else None),
    }


def _sentence(found: Published | None, audit: bool) -> str:
    if audit:
        return "Drawn at random, to learn how good the model is."
    return strategies.describe(found.strategy)["story"] if found else "Drawn at random: no batch was waiting."


def _parts(found: Published, at: int) -> dict[str, float]:
    """What explains a pick of a batch, as far as it has numbers; those of the audit have none."""
    values = {name: column[at] for name, column in found.parts.items()}
    return {name: value for name, value in values.items() if value is not None}


def _explained(parts: dict[str, float], found: Published | None) -> dict[str, Any]:
    """The parts that the strategy has words for as a sentence, the others by name."""
    words = strategies.get(found.strategy).words if found else {}
    told = [words[name].format(value) for name, value in parts.items() if name in words]
    rest = {name: value for name, value in parts.items() if name not in words}
    sentence = f"It {listing(told)}.".replace("%", "\u00a0%") if told else ""
    return {"told": ALONE.sub("1 item", sentence), "parts": rest}


def _neighbours(desk: Desk, item: int, person: str | None) -> list[dict[str, Any]]:
    """The nearest items that carry a class, or to which this person gave one."""
    with desk.turn:
        opinions = desk.campaign.state.opinions
        codes = opinions.stands.copy() if person is None else opinions.said(person)
    codes[item] = UNASKED_CODE
    return [
        {"item": other, "answer": as_answer(desk, int(codes[other])), "distance": distance}
        for other, distance in nearest(desk, item, np.flatnonzero(codes >= 0), NEIGHBOURS)
    ]


def nearest(desk: Desk, item: int, others: Ids, k: int) -> list[tuple[int, float]]:
    """The k items of some others that are nearest to one, and their distances."""
    X = desk.project.embedding
    here = np.asarray(X[[item]])
    parts = [others[start : start + BLOCK] for start in range(0, len(others), BLOCK)]
    squared = np.concatenate([[], *(to_nearest(np.asarray(X[part]), here) for part in parts)])
    best = np.argsort(squared, kind="stable")[:k]
    return [(int(others[i]), float(np.sqrt(squared[i]))) for i in best]


def similar(desk: Desk, item: int, n: int) -> list[Place]:
    """Open items nearest to one."""
    desk.check(item)
    state = desk.pool.state
    others = np.flatnonzero(np.isin(state, OPEN))
    found = nearest(desk, item, others[others != item], n)
    return [desk.place(other, "") for other, _ in found]


def map_points(desk: Desk, color: str, person: str, own: bool = False) -> dict[str, Any]:
    """The map of the newest round: places, and a value for each by what is asked for.

    Items that wait for the opinion of this person look as if nobody had answered them.

    Parameters
    ----------
    color : one of `COLOURS`; "class" is the answer, or what the model says.
    person, own : as for `served`.
    """
    if color not in COLOURS:
        raise AskNextError(f"there is no colour {color!a:.40}; give class, uncertainty or ood.")
    points = next((p for one in reversed(desk.rounds) if (p := one.points()) is not None), None)
    n = len(desk)
    if points is None:
        return {"ids": [], "x": [], "y": [], "value": [], "answered": [], "shown": 0, "of": n}
    ids = points["item"]
    with desk.turn:
        state = desk.campaign.state
        waits = np.array([desk.seconds.waits(item, person) for item in ids.tolist()], dtype=bool)
        known = np.where(waits, UNASKED_CODE, state.opinions.stands[ids])
        told = state.opinions.said(person)[ids] if own else known
        names = [state.labels[state.root(c)] for c in range(len(state.labels))]
    if color == "class":
        model = np.where(waits | _blind(desk, ids), UNASKED_CODE, points["class"])
        value = [names[c] if c >= 0 else None for c in np.where(told >= 0, told, model).tolist()]
    else:
        value = points["doubt" if color == "uncertainty" else "ood"].tolist()
    return {
        "ids": ids.tolist(),
        "x": points["x"].tolist(),
        "y": points["y"].tolist(),
        "value": value,
        "answered": (~np.isin(known, OPEN)).tolist(),
        "shown": len(ids),
        "of": n,
    }


def _blind(desk: Desk, ids: Ids) -> NDArray[np.bool_]:
    """Which items are to be answered without knowing what the model thinks: the audit's and those asked."""
    return np.isin(ids, desk.campaign.state.audit.ids) | (desk.pool.state[ids] == PENDING_CODE)


def review(desk: Desk) -> dict[str, Any]:
    """Labels to look over: those that the model doubts, and equal items with different answers.

    What was looked over is left out as long as its label stands.
    """
    state = desk.campaign.state
    names = [state.labels[state.root(c)] for c in range(len(state.labels))]
    found = desk.rounds[-1].suspects if desk.rounds else []
    suspects = [
        {"item": s["item"], "answer": given, "model": names[s["model"]], "p": s["p"]}
        for s in found
        if (given := answer(desk, s["item"])) == {"class": names[s["answer"]]}
        and names[s["model"]] != names[s["answer"]]
        and not looked_over(desk, s["item"])
    ]
    duplicates = []
    for group in desk.project.duplicates:
        told = {item: given for item in group if desk.settled(item) and (given := answer(desk, item))}
        differ = len({tuple(given.items()) for given in told.values()}) > 1
        if differ and not all(looked_over(desk, item) for item in told):
            duplicates.append({"items": list(told), "answers": list(told.values())})
    return {"suspects": suspects, "duplicates": duplicates}


def looked_over(desk: Desk, item: int) -> bool:
    """Whether somebody looked an item over, and what stood then stands."""
    then = desk.campaign.state.reviewed.get(item)
    return then is not None and as_answer(desk, then) == answer(desk, item)


def of_class(desk: Desk, name: Label, n: int, after: int) -> tuple[Ids, int]:
    """The first n items of a class beyond an item, and how many more there are.

    Raises
    ------
    AskNextError : there is no such class.
    """
    with desk.turn:
        number = desk.campaign.state.number_of(name)
        if number is None:
            raise AskNextError(f"there is no class {name!a:.40}.")
        ids = np.flatnonzero(desk.pool.state == desk.campaign.state.live.index(number))
    ids = ids[ids > after]
    return ids[:n], max(0, len(ids) - n)
