"""Difficulty against plain counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from asknext.monitor import difficulty

REFERENCE = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.4, 0.3, 0.3], [0.1, 0.2, 0.7]])
Y = np.array([0, 2, 1, 2])


def test_by_hand() -> None:
    assert difficulty.easiness(REFERENCE, Y) == 0.5
    assert difficulty.mean_difficulty(REFERENCE, Y) == pytest.approx((0.1 + 0.7 + 0.7 + 0.3) / 4)
    assert difficulty.noisy_ratio(np.array([True, False, False])) == 1 / 3


def test_not_defined() -> None:
    assert difficulty.easiness(REFERENCE[:0], Y[:0]) is None
    assert difficulty.mean_difficulty(REFERENCE[:0], Y[:0]) is None
    assert difficulty.noisy_ratio(np.array([], dtype=bool)) is None


def test_a_class_that_the_reference_does_not_know_is_hard() -> None:
    assert difficulty.easiness(np.array([[1.0, 0.0]]), np.array([1])) == 0
    assert difficulty.mean_difficulty(np.array([[1.0, 0.0]]), np.array([1])) == 1


@given(seed=st.integers(0, 2**32 - 1), m=st.integers(1, 12), k=st.integers(1, 4))
def test_bounds_and_what_plays_no_part(seed: int, m: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    reference, y = rng.dirichlet(np.ones(k), m), rng.integers(k, size=m)
    items, names = rng.permutation(m), rng.permutation(k)
    easy, hard = difficulty.easiness(reference, y), difficulty.mean_difficulty(reference, y)
    assert easy == pytest.approx(accuracy_score(y, reference.argmax(axis=1)))
    assert hard is not None
    assert 0 <= hard <= 1
    for form, value in ((difficulty.easiness, easy), (difficulty.mean_difficulty, hard)):
        assert form(reference[items], y[items]) == pytest.approx(value)
        assert form(reference[:, names], np.argsort(names)[y]) == pytest.approx(value)
        assert form(np.tile(reference, (2, 1)), np.tile(y, 2)) == pytest.approx(value)
    certain = np.eye(k)[y]
    assert (difficulty.easiness(certain, y), difficulty.mean_difficulty(certain, y)) == (1, 0)
