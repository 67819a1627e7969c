"""The answers that stand, with who gave them, when, and how far others agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from asknext.errors import AskNextError
from asknext.log import Event, State, fold
from asknext.log import events as kinds
from asknext.pool import ANSWER_CODES, SKIPPED, Answer
from asknext.quality.agreement import consensus, told
from asknext.studio.reading import CLASS

DAWID_SKENE, LAST_WORD = "dawid-skene", "last word"
_ANSWERS = {code: answer.value for answer, code in ANSWER_CODES.items()}
_SAYING = {*kinds.TOLD, kinds.CLASS_SPLIT}
_Given = tuple[Event, int | None]  # what gave an answer, and the round in which the item was asked


class Resolved(NamedTuple):
    """The answer of an item that stands.

    Parameters
    ----------
    item : its position.
    answer : "class", or "out-of-scope", "unsure" or "skipped".
    label : the name that its class has now; None for another answer.
    actor, time : who gave it, and when; where several said the same, the one who said something first.
    round : the batch that the item was asked in before; None where it never was.
    slot : "audit" or "asked", as it was asked; "unasked" where it never was.
    annotators : all who have an opinion of it, in the order of first saying.
    opinions : how many these are.
    agreement : the share of their opinions that equal the answer; None without one.
    """

    item: int
    answer: str
    label: Any
    actor: str
    time: str
    round: int | None
    slot: str
    annotators: tuple[str, ...]
    opinions: int
    agreement: float | None


class Modelled(NamedTuple):
    """An answer that a model made of the opinions: by which way it was decided, and its probability."""

    one: Resolved
    consensus: str
    p: float | None


def resolved(events: Sequence[Event], state: State | None = None) -> list[Resolved]:
    """The answers that stand, by item; `state` is that after the events, where it is known."""
    state = fold(events) if state is None else state
    audit, codes, classes = set(state.audit.ids.tolist()), state.pool.state, state.pool.classes
    found = []
    for item, (event, round) in _given(events, state):
        code = int(codes[item])
        slot = "unasked" if round is None else "audit" if item in audit else "asked"
        label = classes[code] if code >= 0 else None
        who, share = _agreement(state, item, int(state.opinions.stands[item]))
        one = Resolved(
            item, _ANSWERS.get(code, CLASS), label, event.actor, event.time, round, slot, who, len(who), share
        )
        found.append(one)
    return found


def modelled(events: Sequence[Event]) -> Iterator[Modelled]:
    """The answers by item as Dawid and Skene's model has them; the last word of an owner remains.

    Raises
    ------
    AskNextError : no item was answered by several people.
    """
    state = fold(events)
    if not state.opinions.several():
        raise AskNextError("no item was answered by several people, so there is no consensus to work out.")
    models = consensus(told(state))
    for one in resolved(events, state):
        if state.opinions.adjudicated(one.item):
            yield Modelled(one, LAST_WORD, None)
        elif one.item not in models:  # skipped, or nobody is sure
            yield Modelled(one, "", None)
        else:
            answer, p = models[one.item]
            code = ANSWER_CODES[answer] if isinstance(answer, Answer) else state.number_of(answer)
            assert code is not None
            _, share = _agreement(state, one.item, code)
            kind, label = (answer.value, None) if isinstance(answer, Answer) else (CLASS, answer)
            yield Modelled(one._replace(answer=kind, label=label, agreement=share), DAWID_SKENE, p)


def _agreement(state: State, item: int, stands: int) -> tuple[tuple[str, ...], float | None]:
    """Who has an opinion of an item, and which share of them says what stands."""
    said = state.opinions.of(item)
    alike = sum(_same(state, code, stands) for code in said.values())
    return tuple(said), alike / len(said) if said else None


def _same(state: State, one: int, other: int) -> bool:
    return one == other or (one >= 0 and other >= 0 and state.root(one) == state.root(other))


def _given(events: Sequence[Event], state: State) -> Iterator[tuple[int, _Given]]:
    """The items that are answered or skipped, ascending, with the event that gave what stands."""
    asked: dict[int, int] = {}
    last: dict[int, _Given] = {}
    words: dict[int, _Given] = {}
    before: dict[tuple[int, str], _Given] = {}
    for event in events:
        ids = event.body.get("ids", ())
        if event.type == kinds.ASKED:
            asked |= dict.fromkeys(ids, event.body["round"])
        elif event.type == kinds.ADJUDICATED:
            words |= {item: (event, asked.get(item)) for item in ids}
        elif event.type in _SAYING:
            if event.type == kinds.SECONDED:  # skipping is no opinion
                ids = [i for i, a in zip(ids, event.body["answers"], strict=True) if a != SKIPPED.value]
            for item in ids:
                if item in last and last[item][0].actor != event.actor:
                    before[item, last[item][0].actor] = last[item]
                last[item] = (event, asked.get(item))
    for item in sorted(last):
        stands = int(state.opinions.stands[item])
        if state.opinions.adjudicated(item):
            yield item, words[item]
        elif stands >= 0 or stands in _ANSWERS:  # else it was taken back, or asked once more
            yield item, _deciding(state, item, last[item], before)


def _deciding(state: State, item: int, last: _Given, before: dict[tuple[int, str], _Given]) -> _Given:
    """What gave the answer of an item: the last event, or an earlier one if later opinions left it."""
    said = state.opinions.of(item)
    stands = int(state.opinions.stands[item])
    if last[0].type == kinds.CLASS_SPLIT or not said:
        return last
    first = next(who for who, code in said.items() if _same(state, code, stands))
    return last if first == last[0].actor else before.get((item, first), last)
