"""Several opinions of an item: what stands, and that it is a function of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.errors import AskNextError, DamagedLogError
from asknext.log import Event, State, fold, fold_about, read_events
from asknext.log.events import (
    ADJUDICATED,
    ANSWERED,
    ASKED,
    CLASS_ADDED,
    CLASS_MERGED,
    CLASS_SPLIT,
    CORRECTED,
    CREATED,
    REOPENED,
    RETRACTED,
    REVIEWED,
    SECONDED,
)
from asknext.log.verify import verify_log

N, PEOPLE, CLASSES = 4, ("ann", "bo", "cy"), ("a", "b", "c", "d")
WAITS = {"unasked", "pending", "skipped"}


def campaign(path: Path | None = None) -> Campaign:
    return Campaign(np.zeros((N, 1)), None, "random", path=path, classes=CLASSES)


def told(*opinions: Any) -> Campaign:
    """Item 0 was answered by ann, bo, cy … in this order."""
    one = campaign()
    one.tell([0], [opinions[0]], actor=PEOPLE[0])
    for actor, answer in zip(PEOPLE[1:], opinions[1:], strict=False):
        one.second([0], [answer], actor=actor)
    return one


def said(one: Campaign, item: int = 0) -> dict[str, Any]:
    """The opinions of an item, with the names of classes."""
    state = one.state
    return {who: state.labels[state.root(c)] if c >= 0 else c for who, c in state.opinions.of(item).items()}


# ---------------------------------------------------------------- what stands


@pytest.mark.parametrize(
    ("opinions", "stands"),
    [
        ("a", "a"),
        ("ab", "a"),
        ("abb", "b"),
        ("abc", "a"),
        ([UNSURE, "b"], "b"),
        ([UNSURE, UNSURE, "b"], "b"),
        ([UNSURE, UNSURE], UNSURE),
        ([OUT_OF_SCOPE, "b", OUT_OF_SCOPE], OUT_OF_SCOPE),
        (["a", SKIPPED, "b"], "a"),
    ],
)
def test_the_most_frequent_opinion_stands_and_a_tie_goes_to_the_first(opinions: Any, stands: Any) -> None:
    assert told(*opinions).labels == {0: stands}


def test_whoever_says_something_else_keeps_the_place_of_the_first_saying() -> None:
    one = told("a", "b")
    one.correct([0], ["c"], actor="ann")
    assert list(said(one).items()) == [("ann", "c"), ("bo", "b")]
    assert one.labels == {0: "c"}
    one.second([0], ["d"], actor="bo")
    assert (said(one), one.labels) == ({"ann": "c", "bo": "d"}, {0: "c"})


def test_a_correction_by_one_without_an_opinion_is_the_only_one() -> None:
    one = told("a", "b", "b")
    one.correct([0], ["c"], actor="owner")
    assert (said(one), one.labels) == ({"owner": "c"}, {0: "c"})


def test_the_last_word_stands_until_somebody_corrects() -> None:
    one = told("a", "b")
    one.adjudicate([0], ["d"], actor="owner")
    one.second([0], ["b"], actor="cy")
    assert one.labels == {0: "d"}
    assert said(one) == {"ann": "a", "bo": "b", "cy": "b"}
    assert one.state.opinions.adjudicated(0)
    one.retract([0], actor="cy")
    assert one.labels == {0: "d"}
    one.correct([0], ["b"], actor="ann")
    assert (one.labels, one.state.opinions.adjudicated(0)) == ({0: "b"}, False)


def test_a_last_word_that_is_withdrawn_leaves_the_opinions() -> None:
    one = told("a", "b", "b")
    one.tell([1], ["a"], actor="ann")
    one.adjudicate([0, 1], ["d", "d"], actor="owner")
    with pytest.raises(AskNextError, match="item 2 has no last word that could be withdrawn"):
        one.reopen([0, 2])
    for _ in range(2):
        one.reopen([0, 1], id="again", actor="owner")
    assert one.labels == {0: "b", 1: "a"}
    assert not one.state.opinions.adjudicated(0)
    assert (one.state.opinions.disputed(), one.state.opinions.several()) == ([0], [0])
    one.adjudicate([0], ["d"], actor="owner")
    one.reopen([0, 1], id="again", actor="owner")
    assert one.labels[0] == "d"


def test_taking_back_leaves_what_others_said() -> None:
    one = told("a", "b", "b")
    one.retract([0], actor="bo")
    assert one.labels == {0: "a"}
    one.retract([0], actor="ann")
    assert one.labels == {0: "b"}
    one.retract([0], actor="cy")
    assert (one.labels, one.pending.tolist(), said(one)) == ({}, [0], {})


def test_taking_back_by_one_without_an_opinion_leaves_nothing() -> None:
    one = told("a", "b")
    one.adjudicate([0], ["d"])
    one.retract([0], actor="owner")
    assert (one.pending.tolist(), said(one), one.state.opinions.adjudicated(0)) == ([0], {}, False)


def test_a_merge_makes_opinions_equal_and_a_split_parts_them() -> None:
    one = told("a", "b", "c")
    one.merge_class("c", into="b")
    assert one.labels == {0: "b"}
    one.split_class("b", [0], "e")
    assert said(one) == {"ann": "a", "bo": "e", "cy": "e"}
    assert one.labels == {0: "e"}


def test_a_split_moves_the_last_word_too() -> None:
    one = told("a", "b")
    one.adjudicate([0], ["d"])
    one.split_class("d", [0], "e")
    assert (one.labels, said(one)) == ({0: "e"}, {"ann": "a", "bo": "b"})


def test_an_answer_that_skips_the_own_opinion_leaves_those_of_others() -> None:
    one = told("a", "b")
    one.correct([0], [SKIPPED], actor="ann")
    assert (one.labels, said(one)) == ({0: "b"}, {"bo": "b"})
    one.correct([0], [SKIPPED], actor="bo")
    assert (one.labels, said(one), one.pool.state[0]) == ({}, {}, -5)


# ---------------------------------------------------------------- what is refused, and told twice


def test_only_an_answered_item_takes_a_second_opinion_or_a_last_word() -> None:
    one = campaign()
    one.tell([1], [SKIPPED])
    for deliver in (one.second, one.adjudicate):
        for item in (0, 1):
            with pytest.raises(AskNextError, match=f"item {item} was not yet answered; use tell"):
                deliver([item], ["a"])
    one.tell([0], ["a"])
    with pytest.raises(AskNextError, match="skipping an item settles nothing"):
        one.adjudicate([0], [SKIPPED])
    with pytest.raises(AskNextError, match="item 2 has no answer that could be looked over"):
        one.review([0, 2])


def test_delivered_twice_counts_once(tmp_path: Path) -> None:
    with campaign(tmp_path) as one:
        one.tell([0], ["a"], actor="ann")
        deeds = {"s": (one.second, ["b"]), "t": (one.second, ["e"]), "w": (one.adjudicate, ["b"])}
        for _ in range(2):
            for id, (deed, answer) in deeds.items():
                deed([0], answer, id=id, actor="bo" if id == "s" else "cy")
            one.review([0], id="r")
            one.rename_class("c", "C", id="name")
            one.merge_class("d", into="a", id="merge")
            one.split_class("b", [0], "new", id="split")
            assert (one.labels, said(one)) == ({0: "new"}, {"ann": "a", "bo": "new", "cy": "e"})
        assert len(one.log) == 15
        for id, (deed, _) in deeds.items():
            with pytest.raises(AskNextError, match=f"the event id '{id}' was used before"):
                deed([0], ["C"], id=id, actor="bo")
        for wrong in (
            lambda: one.rename_class("c", "D", id="name"),
            lambda: one.merge_class("a", into="b", id="name"),
            lambda: one.split_class("b", [0], "other", id="split"),
        ):
            with pytest.raises(AskNextError, match="was used before"):
                wrong()
    assert [e.type for e in read_events(tmp_path)].count(SECONDED) == 2
    assert verify_log(tmp_path).problems == ()


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Event(SECONDED, {"ids": [1], "answers": [0]}), r"items \[1\] were not answered yet"),
        (Event(ADJUDICATED, {"ids": [0, 2], "answers": [0, 0]}), r"items \[2\] were not answered yet"),
        (Event(ADJUDICATED, {"ids": [0], "answers": ["skipped"]}), "skipping is no last word"),
        (Event(SECONDED, {"ids": [0], "answers": [9]}), "class 9 was never added"),
        (Event(SECONDED, {"ids": [0], "answers": []}), "0 answers for 1 items"),
        (Event(REOPENED, {"ids": [0]}), r"items \[0\] have no last word"),
        (Event(REVIEWED, {"ids": [0], "answers": []}), "0 answers for 1 items"),
        (Event(REVIEWED, {"ids": [7], "answers": [0]}), "id 7 is no position"),
    ],
)
def test_an_event_that_does_not_fit_is_refused(event: Event, why: str) -> None:
    with pytest.raises(DamagedLogError, match=why):
        fold([*told("a", "b").log, event])


def test_looking_over_changes_nothing_and_says_what_stood() -> None:
    one = told("a", "b")
    before = one.pool
    one.review([0], actor="owner")
    assert one.pool is before
    assert (list(one.log)[-1].body, one.state.reviewed) == ({"ids": [0], "answers": [0]}, {0: 0})


def test_an_item_that_is_asked_again_has_no_opinions() -> None:
    body = {"round": 0, "ids": [0], "strategy": "s", "state": "", "memory": {}, "seconds": {}}
    state = fold([*told("a", "b").log, Event(ASKED, body)])
    assert (state.pool.pending.tolist(), state.opinions.of(0)) == ([0], {})


def test_what_is_read_out_agrees_with_what_was_said() -> None:
    one = told("a", "b", "b")
    one.tell([2, 3], ["c", UNSURE], actor="bo")
    one.merge_class("c", into="a")
    opinions = one.state.opinions
    assert opinions.people == PEOPLE
    said_ = [(0, 0, 0), (0, 1, 1), (0, 2, 1), (2, 1, 0), (3, 1, -4)]
    assert sorted(map(tuple, opinions.triples().tolist())) == said_
    assert opinions.counts().tolist() == [3, 0, 1, 1]
    assert opinions.several() == [0]
    assert [opinions.said_by("bo", item) for item in range(N)] == [1, None, 2, -4]
    assert opinions.said("bo").tolist() == [1, -1, 2, -4]
    assert opinions.said_by("nobody", 1) is None
    assert opinions.said("nobody").tolist() == [-1] * N


# ---------------------------------------------------------------- against a plain reference


class Plain:
    """The table of decision 9, item by item, with names in place of numbers."""

    def __init__(self) -> None:
        self.said: list[dict[str, str]] = [{} for _ in range(N)]
        self.word: list[str] = [""] * N
        self.bare = ["unasked"] * N

    def wait(self, item: int, how: str) -> None:
        self.said[item], self.word[item], self.bare[item] = {}, "", how

    def stands(self, item: int) -> str:
        opinions = list(self.said[item].values())
        if not opinions or self.word[item]:
            return self.word[item] or self.bare[item]
        decided = [one for one in opinions if one != "unsure"] or opinions
        return max(decided, key=lambda one: (decided.count(one), -decided.index(one)))

    def take(self, kind: str, actor: str, item: int, answer: str) -> None:
        mine = self.said[item]
        beside = actor in mine and len(mine) > 1
        if kind == RETRACTED or (kind == CORRECTED and answer == "skipped"):
            if beside:
                del mine[actor]
                self.word[item] = self.word[item] if kind == RETRACTED else ""
            else:
                self.wait(item, "pending" if kind == RETRACTED else "skipped")
        elif kind == ANSWERED or (kind == CORRECTED and not beside):
            self.wait(item, "skipped")
            self.said[item] = {} if answer == "skipped" else {actor: answer}
        elif kind in (ADJUDICATED, REOPENED):
            self.word[item] = answer if kind == ADJUDICATED else ""
        elif answer != "skipped":
            mine[actor] = answer
            self.word[item] = "" if kind == CORRECTED else self.word[item]

    def exchange(self, old: str, new: str, items: Sequence[int]) -> None:
        for item in items:
            self.said[item] = {a: new if one == old else one for a, one in self.said[item].items()}
            self.word[item] = new if self.word[item] == old else self.word[item]


def shown(state: State, item: int) -> str:
    code = int(state.pool.state[item])
    names = {-1: "unasked", -2: "pending", -3: "out-of-scope", -4: "unsure", -5: "skipped"}
    return str(state.pool.classes[code]) if code >= 0 else names[code]


KINDS = (ANSWERED, SECONDED, SECONDED, SECONDED, CORRECTED, ADJUDICATED, REOPENED, RETRACTED, CLASS_MERGED,
         CLASS_SPLIT)  # fmt: skip
CODES = {"out-of-scope": -3, "unsure": -4, "skipped": -5}
START = [
    Event(CREATED, {"n": N, "data": "", "seed": 0, "audit": [], "audit_share": 0}),
    *(Event(CLASS_ADDED, {"class": c, "label": name}) for c, name in enumerate(CLASSES)),
]
deeds = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(PEOPLE),
    st.integers(0, N - 1),
    st.sampled_from([*CLASSES[:3], *CODES]),
    st.sampled_from(CLASSES),
)


def possible(plain: Plain, live: list[str], kind: str, item: int, answer: str, other: str) -> bool:
    """Whether a deed can be done where things stand so."""
    stands = plain.stands(item)
    if kind in (CLASS_MERGED, CLASS_SPLIT):
        known = answer in live and other in live and answer != other
        return known and (kind == CLASS_MERGED or stands == answer)
    if answer in CLASSES and answer not in live:
        return False
    if kind == REOPENED:
        return plain.word[item] != ""
    if kind == RETRACTED:
        return stands not in WAITS - {"skipped"}
    if kind == ANSWERED:
        return stands in WAITS | {"unsure"}
    return stands not in WAITS and (kind, answer) != (ADJUDICATED, "skipped")


@given(st.lists(deeds, max_size=40))
def test_what_stands_is_what_a_plain_reference_works_out(wanted: list[Any]) -> None:
    state, plain, live = fold(START), Plain(), list(CLASSES)
    number: dict[str, int] = {name: c for c, name in enumerate(CLASSES)}
    names = {c: name for name, c in (number | CODES).items()}
    events = [*START]
    for kind, actor, item, answer, other in wanted:
        if not possible(plain, live, kind, item, answer, other):
            continue
        body: dict[str, Any] = {"ids": [item], "answers": [number.get(answer, answer)]}
        if kind == CLASS_MERGED:
            live.remove(answer)
            plain.exchange(answer, other, range(N))
            body = {"class": number[answer], "into": number[other]}
        elif kind == CLASS_SPLIT:
            plain.exchange(answer, other, [item])
            body |= {"class": number[answer], "into": number[other]}
        else:
            plain.take(kind, actor, item, answer)
        events.append(Event(kind, body, actor=actor))
        state.apply(events[-1])
        assert [shown(state, i) for i in range(N)] == [plain.stands(i) for i in range(N)]
        for i in range(N):
            heard = {who: names[state.root(c) if c >= 0 else c] for who, c in state.opinions.of(i).items()}
            assert list(heard.items()) == list(plain.said[i].items())
        assert state.opinions.counts().tolist() == [len(one) for one in plain.said]
        differ = [len({*one.values()} - {"unsure"}) > 1 for one in plain.said]
        assert state.opinions.disputed() == [i for i in range(N) if differ[i] and not plain.word[i]]
    for i in range(N):
        assert shown(fold_about(events, [i]), i) == plain.stands(i)


single = st.lists(
    st.tuples(
        st.sampled_from([ANSWERED, CORRECTED, RETRACTED, CLASS_MERGED, CLASS_SPLIT]),
        st.integers(0, N - 1),
        st.sampled_from([0, 1, 2, "out-of-scope", "unsure", "skipped"]),
        st.integers(0, 2),
        st.sampled_from(PEOPLE),
    ),
    max_size=30,
)


@given(single)
def test_a_log_without_second_opinions_means_what_it_always_meant(wanted: list[Any]) -> None:
    """Whoever answered or corrected last is right, be it one person or several."""
    state = fold(START)
    raw, into = [-1] * N, [0, 1, 2, 3]

    def root(c: int) -> int:
        return c if c < 0 or into[c] == c else root(into[c])

    for kind, item, answer, other, actor in wanted:
        event = None
        if kind in (ANSWERED, CORRECTED):
            event = Event(kind, {"ids": [item], "answers": [answer]}, actor=actor)
            raw[item] = CODES.get(answer, answer)
        elif kind == RETRACTED and raw[item] not in (-1, -2):
            event, raw[item] = Event(RETRACTED, {"ids": [item]}, actor=actor), -2
        elif kind == CLASS_MERGED and isinstance(answer, int) and into[answer] == answer != root(other):
            event, into[answer] = Event(CLASS_MERGED, {"class": answer, "into": other}), other
        elif kind == CLASS_SPLIT and raw[item] >= 0 and root(raw[item]) != root(other):
            event = Event(CLASS_SPLIT, {"class": raw[item], "ids": [item], "into": other})
            raw[item] = other
        if event is not None:
            state.apply(event)
    live = [c for c in range(4) if into[c] == c]
    assert state.pool.state.tolist() == [live.index(root(c)) if c >= 0 else c for c in raw]
    assert state.opinions.several() == []
