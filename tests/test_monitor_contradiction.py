"""Contradiction against worked values, and what relates its three forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.monitor import contradiction
from asknext.types import Array

FORMS = [contradiction.hard, contradiction.soft, contradiction.top]


def named(classes: list[int], sure: float = 0.8) -> Array:
    """Probabilities by a model that names these of three classes."""
    return np.where(np.eye(3)[classes] > 0, sure, (1 - sure) / 2)


@st.composite
def two_rounds(draw: st.DrawFn) -> tuple[Array, Array]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, k = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    sharp = draw(st.sampled_from([0.05, 1.0, 10.0]))
    return rng.dirichlet(np.full(k, sharp), m), rng.dirichlet(np.full(k, sharp), m)


def test_worked_example() -> None:
    now, before = named([0, 1, 1, 1, 0]), named([0, 0, 1, 1, 2])
    assert contradiction.hard(now, before) == 0.4
    assert contradiction.soft(now, before) == pytest.approx(2 * 2 * 0.7 / 5)  # two items moved .1 <-> .8
    assert contradiction.top(now, before) == 0


def test_top_has_the_sign_of_the_published_code() -> None:
    assert contradiction.top(named([0, 1], 0.6), named([0, 1], 0.8)) == pytest.approx(0.2)


def test_top_cancels_what_soft_adds_up() -> None:
    before, now = np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([[0.7, 0.3], [0.8, 0.2]])
    assert contradiction.top(now, before) == pytest.approx(0)
    assert contradiction.soft(now, before) == pytest.approx(0.4)
    assert contradiction.hard(now, before) == 0


def test_the_floor_is_what_a_refit_contradicts() -> None:
    now = named([0, 1, 2, 0])
    assert contradiction.floor(now, named([0, 1, 2, 1])) == 0.25
    assert contradiction.floor(now, now) == 0
    assert contradiction.floor(now, None) is None


@pytest.mark.parametrize("form", FORMS)
def test_not_defined(form: Any) -> None:
    assert form(named([0]), None) is None
    assert form(np.empty((0, 3)), np.empty((0, 3))) is None
    assert form(np.empty((2, 0)), np.empty((2, 0))) is None


def test_a_class_unknown_before_is_a_column_of_zeros() -> None:
    before = np.array([[0.7, 0.3, 0.0]])
    now = np.array([[0.2, 0.2, 0.6]])
    assert contradiction.hard(now, before) == 1
    assert contradiction.soft(now, before) == pytest.approx(1.2)


@given(rounds=two_rounds())
def test_bounds(rounds: tuple[Array, Array]) -> None:
    now, before = rounds
    hard, soft, top = (form(now, before) for form in FORMS)
    assert hard is not None
    assert soft is not None
    assert top is not None
    assert 0 <= hard <= 1
    assert 0 <= soft <= 2 + 1e-12
    assert abs(top) <= min(soft / 2, 1 - 1 / now.shape[1]) + 1e-12
    assert [form(now, now) for form in FORMS] == [0, 0, 0]
    assert contradiction.top(before, now) == pytest.approx(-top)


@given(rounds=two_rounds(), seed=st.integers(0, 99))
def test_order_names_and_copies_play_no_part(rounds: tuple[Array, Array], seed: int) -> None:
    now, before = rounds
    rng = np.random.default_rng(seed)
    items, classes = rng.permutation(now.shape[0]), rng.permutation(now.shape[1])
    for form in FORMS:
        expected = pytest.approx(form(now, before), abs=1e-12)
        assert form(now[items], before[items]) == expected
        assert form(now[:, classes], before[:, classes]) == expected
        assert form(np.repeat(now, 3, axis=0), np.repeat(before, 3, axis=0)) == expected
