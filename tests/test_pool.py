"""The pool: every item is in exactly one state, and skipped items wait for the end."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, PENDING_CODE, SKIPPED, UNASKED_CODE, UNSURE, Pool

CODES = [UNASKED_CODE, PENDING_CODE, *ANSWER_CODES.values(), 0, 1, 2]


def pool_of(*codes: int) -> Pool:
    return Pool(np.array(codes, dtype=np.int32), ("a", "b", "c"))


def test_a_fresh_pool_is_unasked() -> None:
    pool = Pool.fresh(3, ["a"])
    assert len(pool) == 3
    assert pool.candidates.tolist() == [0, 1, 2]
    assert pool.classes == ("a",)
    assert pool.counts.tolist() == [0]
    assert len(pool.y) == len(pool.pending) == len(pool.out_of_scope) == 0


def test_each_list_holds_its_state() -> None:
    pool = pool_of(2, -1, -2, -3, -4, -5, 0, 2)
    assert pool.labelled.tolist() == [0, 6, 7]
    assert pool.y.tolist() == [2, 0, 2]
    assert pool.counts.tolist() == [1, 0, 2]
    assert pool.candidates.tolist() == [1]
    assert pool.pending.tolist() == [2]
    assert pool.out_of_scope.tolist() == [3]
    assert pool.unsure.tolist() == [4]


def test_skipped_items_come_back_once_nothing_else_is_left() -> None:
    assert pool_of(-5, 0, -1, -5).candidates.tolist() == [2]
    assert pool_of(-5, 0, 1, -5).candidates.tolist() == [0, 3]
    assert pool_of(-5, 0, -2, -5).candidates.tolist() == [0, 3]
    assert pool_of(-4, 0, -2, -3).candidates.tolist() == []


@given(st.lists(st.sampled_from(CODES), max_size=20))
def test_every_item_is_in_one_list(codes: list[int]) -> None:
    pool = pool_of(*codes)
    skipped = np.flatnonzero(pool.state == ANSWER_CODES[SKIPPED])
    unasked = np.flatnonzero(pool.state == UNASKED_CODE)
    lists = [unasked, skipped, pool.pending, pool.labelled, pool.out_of_scope, pool.unsure]
    assert sorted(np.concatenate(lists).tolist()) == list(range(len(codes)))
    assert pool.candidates.tolist() == (unasked if len(unasked) else skipped).tolist()
    assert pool.counts.sum() == len(pool.labelled)


def test_a_pool_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Pool.fresh(1).classes = ("a",)  # type: ignore[misc]


def test_answers_read_as_users_write_them() -> None:
    assert [repr(a) for a in (OUT_OF_SCOPE, UNSURE, SKIPPED)] == ["OUT_OF_SCOPE", "UNSURE", "SKIPPED"]
