"""The queue: order of service, leases, never dry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.studio.queue import APART, LEASE, Place, Queue
from asknext.studio.seconds import Seconds
from studio_project import Clock

NONE = Seconds(0, 0, 0.0, 2)
UNASKED, PENDING, OUTSIDE, UNSURE, SKIPPED = -1, -2, -3, -4, -5


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> Queue:
    return Queue(np.random.default_rng(0), clock, NONE)


def asked(queue: Queue, state: np.ndarray, round: int, ids: list[int]) -> None:
    queue.asked(round, ids)
    state[ids] = PENDING


def items(places: list[Place]) -> list[int]:
    return [place.item for place in places]


def fresh(n: int = 10) -> np.ndarray:
    return np.full(n, UNASKED, dtype=np.int32)


def test_the_newest_round_comes_first_in_its_order(queue: Queue) -> None:
    state = fresh()
    asked(queue, state, 0, [7, 2, 5])
    asked(queue, state, 1, [9, 0])
    got = queue.next(state, "ann", 4)
    assert got == [
        Place(9, "asked", 1), Place(0, "asked", 1), Place(7, "left over", 0), Place(2, "left over", 0),
    ]  # fmt: skip


def test_what_was_answered_meanwhile_is_not_served(queue: Queue) -> None:
    state = fresh()
    asked(queue, state, 0, [7, 2, 5])
    state[2] = 0
    assert items(queue.next(state, "ann", 2)) == [7, 5]


def test_no_two_people_get_the_same_item(queue: Queue) -> None:
    state = fresh()
    asked(queue, state, 0, [7, 2, 5])
    assert items(queue.next(state, "ann", 2)) == [7, 2]
    assert items(queue.next(state, "bob", 1)) == [5]


def test_a_page_that_lost_its_items_gets_them_again(queue: Queue) -> None:
    state = fresh()
    asked(queue, state, 0, [7, 2, 5])
    queue.next(state, "ann", 2)
    assert items(queue.next(state, "ann", 3)) == [7, 2, 5]


def test_a_page_does_not_get_what_it_holds(queue: Queue) -> None:
    state = fresh()
    asked(queue, state, 0, [7, 2, 5])
    queue.next(state, "ann", 2)
    assert items(queue.next(state, "ann", 1, held=[7, 2])) == [5]


def test_a_reserve_is_lent_to_nobody(queue: Queue) -> None:
    state = fresh()
    asked(queue, state, 0, [7, 2, 5])
    queue.next(state, "ann", 1)
    assert items(queue.next(state, "ann", 2, held=[7], lend=False)) == [2, 5]
    assert items(queue.next(state, "bob", 2)) == [2, 5], "bob gets what ann has for bad times only"


def test_a_lease_ends_by_the_clock(queue: Queue, clock: Clock) -> None:
    state = fresh(3)
    asked(queue, state, 0, [0, 1, 2])
    queue.next(state, "ann", 3)
    clock.now += LEASE - 1
    assert queue.next(state, "bob", 3) == []
    clock.now += 2
    assert items(queue.next(state, "bob", 3)) == [0, 1, 2]


def test_what_is_held_stays_leased(queue: Queue, clock: Clock) -> None:
    state = fresh(3)
    asked(queue, state, 0, [0, 1, 2])
    queue.next(state, "ann", 3)
    clock.now += LEASE - 1
    queue.next(state, "ann", 1, held=[1])
    clock.now += 2
    assert 1 not in items(queue.next(state, "bob", 3))


def test_holding_takes_nothing_from_another(queue: Queue) -> None:
    state = fresh(2)
    asked(queue, state, 0, [0, 1])
    queue.next(state, "ann", 1)
    queue.next(state, "bob", 1, held=[0])
    assert items(queue.next(state, "ann", 1)) == [0]


def test_random_items_are_marked(queue: Queue) -> None:
    state = fresh()
    asked(queue, state, 0, [4])
    got = queue.next(state, "ann", 3)
    assert [place.slot for place in got] == ["asked", "random", "random"]
    assert [place.round for place in got] == [0, None, None]


def test_random_items_are_drawn_from_all(clock: Clock) -> None:
    first = {Queue(np.random.default_rng(s), clock, NONE).next(fresh(), "ann", 1)[0].item for s in range(60)}
    assert len(first) == 10


def test_a_skipped_item_comes_back_after_some_others(queue: Queue) -> None:
    state = fresh(40)
    asked(queue, state, 0, [3])
    queue.next(state, "ann", 1)
    state[3] = SKIPPED
    queue.answered("ann", [3], skipped=True)
    served = []
    for _ in range(APART + 1):
        (place,) = queue.next(state, "ann", 1)
        served.append(place)
        state[place.item] = 0
        queue.answered("ann", [place.item], skipped=False)
    assert [place.slot for place in served] == ["random"] * APART + ["again"]
    assert served[-1].item == 3


def test_what_was_taken_back_comes_at_once_to_who_took_it_back(queue: Queue) -> None:
    state = fresh(6)
    asked(queue, state, 0, [3, 4])
    state[[3, 4]] = 0
    queue.answered("ann", [3], skipped=False)
    queue.answered("ann", [4], skipped=False)
    state[3] = PENDING
    queue.retracted("ann", [3])
    assert queue.next(state, "bob", 6, held=[])[0].item != 3
    assert queue.next(state, "ann", 1) == [Place(3, "again", 0)]


def test_what_another_skipped_is_left_to_the_last(queue: Queue) -> None:
    state = fresh(3)
    state[:] = [SKIPPED, 0, UNASKED]
    queue.answered("ann", [0], skipped=True)
    assert items(queue.next(state, "bob", 3)) == [2, 0]


@given(st.data())
def test_never_dry_and_nothing_twice(data: st.DataObject) -> None:
    """One who answers what is served, skips and takes back at will, meets every item and never waits."""
    n = data.draw(st.integers(1, 12))
    clock = Clock()
    queue, state, round = Queue(np.random.default_rng(0), clock, NONE), fresh(n), 0
    for _ in range(40):
        unasked = np.flatnonzero(state == UNASKED).tolist()
        if unasked and data.draw(st.booleans()):
            ids = data.draw(st.lists(st.sampled_from(unasked), min_size=1, unique=True))
            asked(queue, state, round, ids)
            round += 1
        clock.now += data.draw(st.sampled_from([0.0, LEASE / 2, LEASE + 1]))
        got = items(queue.next(state, "ann", data.draw(st.integers(1, 4))))
        open_ = np.flatnonzero(np.isin(state, (UNASKED, PENDING, SKIPPED)))
        assert len(set(got)) == len(got)
        assert set(got) <= set(open_.tolist())
        assert got or not len(open_)
        if not got:
            break
        deed = data.draw(st.sampled_from(["answer", "skip", "wait"]))
        if deed != "wait":
            state[got[0]] = SKIPPED if deed == "skip" else 0
            queue.answered("ann", [got[0]], skipped=deed == "skip")
        if data.draw(st.booleans()) and (settled := np.flatnonzero(state >= 0).tolist()):
            state[settled[0]] = PENDING
            queue.retracted("ann", [settled[0]])


@given(st.integers(0, 2**32))
def test_two_people_share_the_pool(seed: int) -> None:
    """Whoever asks, no item is leased to two at a time, and together they are given everything."""
    rng, clock, state = np.random.default_rng(seed), Clock(), fresh(20)
    queue = Queue(rng, clock, NONE)
    asked(queue, state, 0, rng.choice(20, 5, replace=False).tolist())
    held: dict[str, list[int]] = {"ann": [], "bob": []}
    while (state != 0).any():
        person = str(rng.choice(["ann", "bob"]))
        held[person] += items(queue.next(state, person, 3, held[person]))
        assert not set(held["ann"]) & set(held["bob"])
        for item in held[person][:2]:
            state[item] = 0
            queue.answered(person, [item], skipped=False)
        held[person] = held[person][2:]
