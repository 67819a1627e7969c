"""Dividing the data as a scenario wants it: scope, share out of scope, long tail, first labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from asknext.bench.division import due_out_of_scope, first_labels
from asknext.bench.protocol import Settings, class_positions, fit_to_pool, split
from asknext.bench.scenario import Scenario, as_scope
from asknext.datasets import Dataset, load
from asknext.datasets.long_tail import long_tail_counts
from asknext.errors import AskNextError

PLAIN = Settings(
    source="digits", target=None, strategies=("random",), learner="logistic-regression",
    initial=20, batch=10, rounds=4, seeds=3, test_share=0.3,
)  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def under(**scenario: Any) -> Settings:
    """The plain settings with a scenario."""
    return replace(PLAIN, scenario=Scenario(**scenario))


@pytest.mark.parametrize(("rate", "size"), [(0.1, 22_222), (0.2, 25_000), (0.4, 33_333), (0.6, 50_000)])
def test_pools_of_mq_net(rate: float, size: int) -> None:
    """4 of 10 classes of 60,000 images: 20,000 in the pool and 4,000 for testing, as published."""
    y = np.repeat(np.arange(10), 6000)
    settings = replace(under(scope=4, ood_rate=rate), test_share=1 / 6, initial=500)
    part = split(y, settings, 0)
    places = part.positions(y)
    assert len(part.pool) == size
    assert (places[part.pool] >= 0).sum() == 20_000
    assert len(part.test) == 4000
    assert (places[part.test] >= 0).all()
    assert (places[part.pool][part.initial] < 0).sum() == round(500 * rate)


@given(st.integers(1, 100_000), st.floats(0, 0.99))
def test_the_share_out_of_scope_is_the_one_asked_for(inside: int, rate: float) -> None:
    due = due_out_of_scope(inside, rate)
    assert abs(due - inside * rate / (1 - rate)) <= 0.5
    assert abs(due - rate * (inside + due)) <= 1


@limits(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 50), scope=st.integers(2, 6), rate=st.sampled_from([None, 0.0, 0.1, 0.3]),
    tail=st.sampled_from([None, 1.0, 0.2, 0.01]), known=st.sampled_from([None, 0, 1, 2]),
)  # fmt: skip
def test_every_division_keeps_its_promises(
    digits: Dataset, seed: int, scope: int, rate: float | None, tail: float | None, known: int | None
) -> None:
    y = class_positions(digits)
    tail = None if known else tail  # a few classes may be too small for all first labels
    settings = replace(under(scope=scope, ood_rate=rate, long_tail=tail, known=known), initial=30)
    part = split(y, settings, seed)
    places = part.positions(y)
    pool = places[part.pool]
    assert not set(part.pool) & set(part.test)
    assert (places[part.test] >= 0).all()
    assert len(part.scope) == scope
    outside, inside = (pool < 0).sum(), (pool >= 0).sum()
    assert outside == ((places < 0).sum() if rate is None else due_out_of_scope(inside, rate))
    sizes = np.sort(np.bincount(pool[pool >= 0], minlength=scope))[::-1]
    if tail is not None:
        assert (sizes <= long_tail_counts(scope, sizes[0] + 10, tail)).all()
    assert len(set(part.initial)) == 30
    first = pool[part.initial]
    assert (first < 0).sum() == round(30 * outside / len(pool))
    if known:
        assert len(np.unique(first[first >= 0])) == known
    again = split(y, settings, seed)
    for name in ("pool", "test", "scope", "initial"):
        np.testing.assert_array_equal(getattr(part, name), getattr(again, name))


def test_without_a_scenario_nothing_has_changed(digits: Dataset) -> None:
    """The rows that a plain comparison divided into before there were scenarios."""
    from sklearn.model_selection import train_test_split

    from asknext.randomness import spawn, spawn_seed

    y = class_positions(digits)
    part = split(y, PLAIN, 3)
    pool, test = train_test_split(
        np.arange(len(y)), test_size=539, stratify=y, random_state=spawn_seed(3, "split")
    )
    np.testing.assert_array_equal(part.pool, np.sort(pool))
    np.testing.assert_array_equal(part.test, np.sort(test))
    drawn = spawn(3, "initial").choice(len(pool), size=20, replace=False)
    np.testing.assert_array_equal(part.initial, drawn)


def test_a_scope_of_names_is_one_list_or_one_by_seed(digits: Dataset) -> None:
    y = class_positions(digits)
    named = under(scope=as_scope("7, 2,5"))
    assert [split(y, named, seed, digits.classes).scope.tolist() for seed in (0, 1)] == [[2, 5, 7]] * 2
    turns = under(scope=as_scope([[4, 2], ["1", "9", "0"]]))
    found = [split(y, turns, seed, digits.classes).scope.tolist() for seed in range(3)]
    assert found == [[2, 4], [0, 1, 9], [2, 4]]
    assert len({split(y, under(scope=4), seed).scope.tobytes() for seed in range(5)}) > 1


def test_rows_of_no_class_are_in_the_pool_only(digits: Dataset) -> None:
    outside = np.arange(len(digits.y)) % 4 == 0
    data = replace(digits, out_of_scope=outside)
    y = class_positions(data)
    assert ((y == -1) == outside).all()
    part = split(y, PLAIN, 0)
    assert outside[part.pool].sum() == outside.sum()
    assert not outside[part.test].any()
    assert len(part.test) == PLAIN.test_size(int((~outside).sum()), 10)
    thin = split(y, under(ood_rate=0.1), 0)
    assert outside[thin.pool].mean() == pytest.approx(0.1, abs=1e-3)
    both = split(y, under(scope=3), 0)
    assert (both.positions(y)[both.pool] < 0).sum() == (both.positions(y) < 0).sum() > outside.sum()
    assert fit_to_pool(PLAIN, data).identity(data)["data"] != PLAIN.identity(digits)["data"]


@given(st.integers(2, 60), st.integers(0, 60), st.randoms(use_true_random=False))
def test_first_labels_are_of_the_pool_s_ratio(inside: int, outside: int, random: Any) -> None:
    y = np.array([0, 1] * inside + [-1] * outside)
    random.shuffle(y)
    n = random.randrange(len(y))
    drawn = first_labels(y, n, Scenario(), 0)
    assert len(set(drawn.tolist())) == n
    assert abs((y[drawn] < 0).sum() - n * outside / len(y)) <= 0.5


@pytest.mark.parametrize(
    ("scenario", "change", "said"),
    [
        ({"scope": 11}, {}, "--scope is 11, but there are 10 classes"),
        ({"scope": as_scope("4,cat")}, {}, "unknown class 'cat'"),
        ({"ood_rate": 0.5}, {}, "nothing in digits is out of scope; give --scope or --ood-data"),
        ({"scope": 8, "ood_rate": 0.6}, {}, "needs [0-9]+ items out of scope beside [0-9]+ in scope"),
        ({"known": 11}, {}, "--known is 11, but the pool holds 10 classes"),
        ({"known": 5}, {"initial": 4}, "the 4 first labels in scope must be of 5 classes"),
        ({"known": 2, "long_tail": 0.01}, {"initial": 150}, "first labels in scope must be of 2 classes"),
        ({"scope": 4, "ood_rate": 0.0}, {"initial": 600}, "the pool of digits has 50[0-9] items"),
        ({"scope": 4}, {"halves": True}, "halves"),
        ({"known": 2}, {"stratified": True}, "leave out stratified or known"),
    ],
)  # fmt: skip
def test_what_the_data_do_not_allow_is_refused(
    digits: Dataset, scenario: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    with pytest.raises(AskNextError, match=said):
        fit_to_pool(replace(under(**scenario), **change), digits)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ood_rate": 1.0}, "--ood-rate is 1.0; give a number from 0 to below 1"),
        ({"ood_rate": -0.1}, "--ood-rate is -0.1"),
        ({"long_tail": 0}, "--long-tail is 0; give a number above 0 and at most 1"),
        ({"long_tail_order": "size"}, "give 'shuffled' or 'label'"),
        ({"ood_cost": -1}, "--ood-cost is -1; give a number of at least 0"),
        ({"ood_cost": float("inf")}, "--ood-cost is inf"),
        ({"known": -1}, "--known is -1"),
        ({"known": True}, "--known is True"),
        ({"audit": "much"}, "--audit is 'much'"),
        ({"scope": 1}, "--scope is 1; at least 2 classes"),
        ({"scope": as_scope("4,")}, "--scope names 4 alone"),
        ({"ood_data": ""}, "--ood-data is ''"),
    ],
)
def test_values_that_mean_nothing_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(AskNextError, match=said):
        Scenario(**values)


@pytest.mark.parametrize("scope", [[], [[]], {"a": 1}, 1.5, [["a"], "b"], [None, 1], True])
def test_a_scope_of_another_form_is_refused(scope: Any) -> None:
    with pytest.raises(AskNextError, match="a scope is"):
        as_scope(scope)
