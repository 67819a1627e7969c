"""The state is a fold: event by event or all at once, and whatever does not fit is refused."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.errors import DamagedLogError
from asknext.log import Event, State, fold, fold_about
from asknext.log.events import (
    ANSWERED,
    ASKED,
    CLASS_ADDED,
    CLASS_MERGED,
    CLASS_RENAMED,
    CLASS_SPLIT,
    CORRECTED,
    CREATED,
    FITTED,
    RETRACTED,
    STOPPED,
)
from asknext.pool import UNASKED_CODE

N = 6


def created() -> Event:
    return Event(CREATED, {"n": N, "data": "d", "seed": 5, "audit": [], "audit_share": 0})


def added(number: int, label: Any) -> Event:
    return Event(CLASS_ADDED, {"class": number, "label": label})


def renamed(number: int, label: Any) -> Event:
    return Event(CLASS_RENAMED, {"class": number, "label": label})


def merged(number: int, into: int) -> Event:
    return Event(CLASS_MERGED, {"class": number, "into": into})


def split(number: int, ids: list[int], into: int) -> Event:
    return Event(CLASS_SPLIT, {"class": number, "ids": ids, "into": into})


def unnamed(number: int, label: str) -> Event:
    return Event(CLASS_ADDED, {"class": number, "label": label, "provisional": True})


def asked(ids: list[int], round: int = 0) -> Event:
    body = {"round": round, "ids": ids, "strategy": "s", "state": "", "memory": {"r": round}, "seconds": {}}
    return Event(ASKED, body)


def answered(ids: list[int], answers: list[Any], kind: str = ANSWERED) -> Event:
    return Event(kind, {"ids": ids, "answers": answers})


START = [created(), added(0, "a"), added(1, "b"), added(2, "c")]


def labels(*events: Event) -> dict[int, Any]:
    pool = fold([*START, *events]).pool
    return {int(i): pool.classes[c] for i, c in zip(pool.labelled, pool.y, strict=True)}


APART = ("audit", "opinions")


def same(one: State, two: State) -> bool:
    names = [field.name for field in fields(State) if field.name[0] != "_" and field.name not in APART]
    alike = all(np.array_equal(getattr(one, name), getattr(two, name)) for name in names)
    alike &= [one.opinions.of(item) for item in range(one.n)] == [two.opinions.of(i) for i in range(two.n)]
    alike &= np.array_equal(one.opinions.stands, two.opinions.stands)
    return alike and np.array_equal(one.audit.ids, two.audit.ids)


def test_nothing_has_happened() -> None:
    state = fold([])
    assert (state.n, state.round, len(state.pool)) == (0, 0, 0)


def test_a_campaign_from_its_events() -> None:
    state = fold([
        *START,
        answered([5], [2]),
        asked([1, 2, 3, 4]),
        answered([1, 2, 3], [0, "out-of-scope", "unsure"]),
        answered([4], ["skipped"]),
        asked([0], 1),
        answered([1], [1], CORRECTED),
        Event(FITTED, {"round": 2, "labelled": 2, "learner": "", "columns": {}, "seconds": {}}),
        Event(STOPPED, {"reason": "enough"}),
    ])  # fmt: skip
    assert state.pool.state.tolist() == [-2, 1, -3, -4, -5, 2]
    assert state.pool.classes == ("a", "b", "c")
    assert (state.n, state.seed, state.data, state.round) == (N, 5, "d", 2)
    assert state.memory == {"r": 1}
    assert list(state.fitted) == [2]
    assert state.stopped == "enough"


# ---------------------------------------------------------------- classes


def test_a_rename_keeps_the_items() -> None:
    assert labels(answered([0], [1]), renamed(1, "B"), answered([2], [1])) == {0: "B", 2: "B"}


def test_a_merge_takes_the_items_along_and_closes_the_gap() -> None:
    state = fold([*START, answered([0, 1, 2], [0, 1, 2]), merged(0, 2)])
    assert state.pool.classes == ("b", "c")
    assert state.pool.state[:3].tolist() == [1, 0, 1]
    assert state.pool.counts.tolist() == [1, 2]
    assert (state.number_of("a"), state.number_of("c")) == (None, 2)


def test_chains_of_merges_end_at_the_last_class() -> None:
    chain = [answered([0, 1], [0, 1]), merged(0, 1), merged(1, 2)]
    assert labels(*chain) == {0: "c", 1: "c"}
    assert labels(*chain, renamed(2, "C")) == {0: "C", 1: "C"}
    assert labels(merged(1, 2), merged(0, 1), answered([3], [0])) == {3: "c"}


def test_a_late_answer_for_a_merged_class_counts_as_the_other() -> None:
    assert labels(merged(0, 1), answered([4], [0])) == {4: "b"}
    assert labels(answered([4], [2]), merged(0, 1), answered([4], [0], CORRECTED)) == {4: "b"}


def test_a_name_may_come_back_after_a_merge() -> None:
    state = fold([*START, answered([0], [0]), merged(0, 1), added(3, "a"), answered([1], [3])])
    assert state.pool.classes == ("b", "c", "a")
    assert state.number_of("a") == 3
    assert state.pool.state[:2].tolist() == [0, 2]


def test_the_name_of_a_merged_class_means_the_class_it_went_into() -> None:
    state = fold([*START, merged(0, 1)])
    assert (state.number_of("a"), state.meant_by("a"), state.meant_by("b"), state.meant_by("x")) == (
        None, 1, 1, None,
    )  # fmt: skip
    assert fold([*START, merged(0, 1), merged(1, 2)]).meant_by("a") == 2
    assert fold([*START, merged(0, 1), renamed(1, "B")]).meant_by("a") == 1
    assert fold([*START, merged(0, 1), renamed(2, "a")]).meant_by("a") == 2  # a class has that name again
    again = [*START, merged(0, 1), added(3, "a"), merged(3, 2)]
    assert fold(again).meant_by("a") == 2  # the one that had it last


def test_a_renamed_class_gives_its_name_away() -> None:
    state = fold([*START, renamed(0, "A")])
    assert state.meant_by("a") is None
    assert state.former == {}


def test_a_class_is_unnamed_until_it_is_renamed_or_merged() -> None:
    state = fold([*START, unnamed(3, "unnamed-1"), unnamed(4, "unnamed-2"), merged(0, 3)])
    assert state.unnamed == [3, 4]
    named = fold([*START, unnamed(3, "unnamed-1"), unnamed(4, "unnamed-2"), renamed(3, "x"), merged(4, 0)])
    assert named.unnamed == []
    assert [named.meant_by(name) for name in ("unnamed-1", "unnamed-2", "x")] == [3, 0, 3]


def test_a_split_takes_some_items_away() -> None:
    told = answered([0, 1, 2, 3], [0, 0, 1, 0])
    assert labels(told, split(0, [3, 0], 2)) == {0: "c", 1: "a", 2: "b", 3: "c"}
    assert labels(told, split(0, [0], 2), merged(0, 1)) == {0: "c", 1: "b", 2: "b", 3: "b"}
    assert labels(told, split(0, [0], 2), answered([0], [1], CORRECTED)) == {0: "b", 1: "a", 2: "b", 3: "a"}


def test_a_split_undoes_a_merge_in_part() -> None:
    """Items of the merged class and of the other alike; the split may name either number."""
    told = [answered([0, 1, 2], [0, 0, 1]), merged(0, 1), added(3, "a")]
    for number in (0, 1):
        assert labels(*told, split(number, [0, 2], 3)) == {0: "a", 1: "b", 2: "a"}


def test_labels_are_found_by_value() -> None:
    state = fold([created(), added(0, "1"), added(1, 1)])
    assert [state.number_of(label) for label in ("1", 1, 1.0, 2)] == [0, 1, 1, None]


# ---------------------------------------------------------------- a fold is a fold


KINDS = ("ask", "answer", "correct", "add", "rename", "merge", "split", "retract")


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events that fit."""
    events, live = [created()], [0]
    events.append(added(0, "0"))
    for step in range(draw(st.integers(0, 15))):
        kind = draw(st.sampled_from(KINDS))
        ids = draw(st.lists(st.integers(0, N - 1), unique=True, max_size=3))
        number = st.integers(0, sum(e.type == CLASS_ADDED for e in events) - 1)
        if kind == "ask":
            events.append(asked(ids, step))
        elif kind in ("answer", "correct"):
            answer = number | st.sampled_from(["out-of-scope", "unsure", "skipped"])
            answers = draw(st.lists(answer, min_size=len(ids), max_size=len(ids)))
            events.append(answered(ids, answers, {"answer": ANSWERED, "correct": CORRECTED}[kind]))
        elif kind == "add":
            live.append(sum(e.type == CLASS_ADDED for e in events))
            events.append(added(live[-1], str(step)))
        elif kind == "rename":
            events.append(renamed(draw(number), f"new {step}"))
        elif kind == "split" and len(live) > 1:
            source, target = draw(st.permutations(live))[:2]
            pool = fold(events).pool
            members = pool.labelled[pool.y == live.index(source)].tolist()
            events.append(split(source, members[: draw(st.integers(0, N))], target))
        elif kind == "retract":
            bare = set(fold(events).unanswered(np.array(ids, dtype=np.intp)).tolist())
            events.append(Event(RETRACTED, {"ids": [i for i in ids if i not in bare]}))
        elif kind == "merge" and len(live) > 1:
            source, target = draw(st.permutations(live))[:2]
            live.remove(source)
            events.append(merged(source, target))
    return events


@given(histories(), st.data())
def test_event_by_event_is_all_at_once(events: list[Event], data: st.DataObject) -> None:
    state = State()
    for event in events:
        state.apply(event)
        if data.draw(st.booleans()):
            assert len(state.pool) in (0, N)  # reading in between must change nothing
    assert same(state, fold(events))
    assert state.digest == fold(events).digest


@given(histories(), st.sets(st.integers(0, N - 1)))
def test_a_fold_about_some_items_knows_these_and_the_classes(events: list[Event], about: set[int]) -> None:
    whole, part = fold(events), fold_about(events, about)
    ids = sorted(about)
    assert part.opinions.stands[ids].tolist() == whole.opinions.stands[ids].tolist()
    assert part.told[ids].tolist() == whole.told[ids].tolist()
    assert [part.opinions.of(i) for i in ids] == [whole.opinions.of(i) for i in ids]
    for name in ("n", "seed", "events", "labels", "into", "unnamed", "former"):
        assert getattr(part, name) == getattr(whole, name)
    others = [item for item in range(N) if item not in about]
    assert not len(others) or set(part.opinions.stands[others].tolist()) == {UNASKED_CODE}


@given(histories())
def test_the_pool_only_names_live_classes(events: list[Event]) -> None:
    state = fold(events)
    assert len(state.pool.classes) == len(state.live)
    assert (state.pool.state < len(state.live)).all()
    assert [state.root(c) for c in state.live] == state.live


def test_the_digest_tells_pools_apart() -> None:
    digests = {
        fold(events).digest
        for events in (
            START, [*START, answered([0], [0])], [*START, answered([0], [1])], [*START, answered([1], [0])],
            [*START, renamed(0, "x")], [*START, asked([0])], START[:3],
        )
    }  # fmt: skip
    assert len(digests) == 7


# ---------------------------------------------------------------- what does not fit


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (created(), "created before"),
        (added(4, "x"), "class 4 is added out of order"),
        (added(0, "x"), "class 0 is added out of order"),
        (renamed(3, "x"), "class 3 was never added"),
        (renamed(-1, "x"), "class -1 was never added"),
        (merged(0, 3), "class 3 was never added"),
        (merged(0, 0), "merged into itself"),
        (split(3, [0], 1), "class 3 was never added"),
        (split(0, [0], 3), "class 3 was never added"),
        (split(0, [], 0), "class 0 is split into itself"),
        (split(0, [0], 1), r"items \[0\] are not of it"),
        (split(0, [6], 1), "id 6 is no position"),
        (answered([0], [3]), "class 3 was never added"),
        (answered([0], [-1]), "class -1 was never added"),
        (answered([0], ["nonsense"]), "nonsense"),
        (answered([0], [None]), "the class of an answer was not known"),
        (answered([6], [0]), "id 6 is no position"),
        (answered([-1], [0]), "id -1 is no position"),
        (answered([0, 1], [0, 1, 2]), "3 answers for 2 items"),
        (answered([0, 1, 2], [0]), "1 answers for 3 items"),
        (answered([0, 0], [0, 1]), "id 0 stands twice"),
        (asked([9]), "id 9 is no position"),
    ],
)
def test_an_event_that_does_not_fit_is_refused(event: Event, reason: str) -> None:
    state = fold(START)
    with pytest.raises(DamagedLogError, match=rf"^the event .* \({event.type}\) does not fit: .*{reason}"):
        state.apply(event)
    assert same(state, fold(START))


def test_a_split_into_what_the_class_has_become_is_refused() -> None:
    told = [*START, answered([0], [0]), merged(0, 1)]
    with pytest.raises(DamagedLogError, match="split into itself"):
        fold([*told, split(1, [0], 0)])


def test_a_circle_of_merges_is_refused() -> None:
    with pytest.raises(DamagedLogError, match="merged before, or would be merged into itself"):
        fold([*START, merged(0, 1), merged(1, 0)])
    with pytest.raises(DamagedLogError, match="merged before"):
        fold([*START, merged(0, 1), merged(2, 0), merged(0, 2)])
