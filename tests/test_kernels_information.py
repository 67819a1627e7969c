"""Mutual information: exact against the joint distribution written out, sampled close to it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from asknext.kernels.information import ignorance, information, informative_rows, told


def joint_information(draws: np.ndarray) -> float:
    """I(y_1 … y_b; member) of the rows of (b, m, k) draws, every joint outcome written out."""
    b, m, k = draws.shape
    joint = [
        np.mean([np.prod([draws[i, j, y[i]] for i in range(b)]) for j in range(m)])
        for y in product(range(k), repeat=b)
    ]
    alone = sum(entropy(draws[i, j]) for i in range(b) for j in range(m)) / m
    return float(entropy(joint)) - alone


def made(seed: int, n: int, m: int, k: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(k, 0.4), size=(n, m))


@pytest.mark.parametrize(
    ("members", "expected"),
    [([[0.9, 0.1], [0.1, 0.9]], 0.3681), ([[0.9, 0.1], [0.7, 0.3]], 0.0324), ([[0.6, 0.4]] * 3, 0.0)],
)
def test_worked_values(members: list[list[float]], expected: float) -> None:
    found = information(np.array([members]), ignorance(len(members)))
    np.testing.assert_allclose(found, [expected], atol=5e-5)
    assert found[0] >= 0


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(2, 4), st.integers(1, 4))
def test_gains_sum_to_the_joint_information(seed: int, m: int, k: int, b: int) -> None:
    draws = made(seed, b, m, k)
    rows, gains = informative_rows(draws, b, 10**6, np.random.default_rng(0))
    for taken in range(1, b + 1):
        expected = joint_information(draws[rows[:taken]])
        np.testing.assert_allclose(gains[:taken].sum(), expected, atol=1e-9)
    assert np.all(np.diff(gains) <= 1e-9)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_bounds_leave_no_better_row_out(seed: int, width: int) -> None:
    """Greedy search over every row by the joint information finds the same rows."""
    draws = made(seed, 9, 4, 2)
    rows, _ = informative_rows(draws, 4, 10**6, np.random.default_rng(0), width)
    taken: list[int] = []
    for row in rows:
        left = [i for i in range(9) if i not in taken]
        values = [joint_information(draws[[*taken, i]]) for i in left]
        assert joint_information(draws[[*taken, row]]) >= max(values) - 1e-9
        taken.append(int(row))


def test_sampled_cases_are_right_on_average() -> None:
    draws = made(1, 5, 4, 3)
    exact, rng = ignorance(4), np.random.default_rng(0)
    for i in range(4):
        exact = told(exact, draws[i], 10**6, rng)
    expected = information(draws[4:], exact)[0]
    found = []
    for _ in range(400):
        worlds = ignorance(4)
        for i in range(4):
            worlds = told(worlds, draws[i], 10, rng)
        assert len(worlds.mass) <= 10
        found.append(information(draws[4:], worlds)[0])
    error = np.std(found) / np.sqrt(len(found))
    assert error < 0.02 * expected
    assert abs(np.mean(found) - expected) < 4 * error


def test_a_member_that_is_known_leaves_nothing_to_learn() -> None:
    draws = np.array([[[1.0, 0.0], [0.0, 1.0]]] * 3)
    rows, gains = informative_rows(draws, 3, 100, np.random.default_rng(0))
    np.testing.assert_allclose(gains, [np.log(2), 0, 0], atol=1e-12)
    assert sorted(rows) == [0, 1, 2]


@pytest.mark.parametrize("shape", [(4, 1, 3), (4, 3, 0), (4, 3, 1)])
def test_nothing_to_tell(shape: tuple[int, int, int]) -> None:
    draws = np.full(shape, 1 / max(1, shape[2]))
    picks = {tuple(informative_rows(draws, 2, 10, np.random.default_rng(s))[0]) for s in range(40)}
    assert len(picks) > 6  # ties at random
    assert not informative_rows(draws, 2, 10, np.random.default_rng(0))[1].any()
