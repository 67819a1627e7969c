"""Level lines: on the grid, between its places, and in the order of a pen."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from asknext.kernels.levels import level_line

STEPS = np.linspace(-3.0, 3.0, 9)


def test_a_straight_rule_gives_a_straight_line() -> None:
    """x + 2 y = 1, whose line leaves the square at its right side and at the top."""
    values = STEPS[:, None] + 2.0 * STEPS
    line = level_line(STEPS, STEPS, values, 1.0)
    np.testing.assert_allclose(line[:, 0] + 2.0 * line[:, 1], 1.0)
    np.testing.assert_allclose(line[[0, -1]], [[-3.0, 2.0], [3.0, -1.0]])
    assert len(line) == 9 + 4, "on each of nine columns, and on the four rows between its ends"


def test_by_hand_in_one_cell() -> None:
    line = level_line(np.array([0.0, 1.0]), np.array([10.0, 20.0]), np.array([[0.0, 4.0], [2.0, 8.0]]), 3.0)
    np.testing.assert_allclose(line, [[0.0, 17.5], [1.0, 10.0 + 10.0 / 6.0]])


def test_a_line_as_steep_as_it_likes() -> None:
    """Only x counts: no column of the grid is crossed, all of its rows are."""
    values = np.repeat(np.where(STEPS > 0.0, 1.0, 0.0)[:, None], 9, axis=1)
    line = level_line(STEPS, STEPS, values, 0.25)
    np.testing.assert_allclose(line[:, 0], 0.75 * 0.25)
    np.testing.assert_allclose(line[:, 1], STEPS[::-1])


def test_a_level_that_is_not_passed_has_no_line() -> None:
    values = STEPS[:, None] + STEPS
    assert level_line(STEPS, STEPS, values, 6.5).shape == (0, 2)
    assert level_line(STEPS, STEPS, values, -6.0).shape == (0, 2)
    assert level_line(STEPS, STEPS, np.zeros((9, 9)), 0.0).shape == (0, 2)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.99), st.booleans())
def test_any_rule_that_never_falls(seed: int, part: float, stairs: bool) -> None:
    """The points lie on the level and never rise, also where the rule has flats; none is missed."""
    rng = np.random.default_rng(seed)
    rises = rng.exponential(size=(6, 5)) * (rng.random((6, 5)) < 0.5)
    values = rises.cumsum(axis=0).cumsum(axis=1)
    x, y = np.sort(rng.normal(size=6)), np.sort(rng.normal(size=5))
    level = float(np.quantile(values, part, method="inverted_cdf" if stairs else "linear"))
    line = level_line(x, y, values, level)
    between = RegularGridInterpolator((x, y), values)
    if len(line):
        np.testing.assert_allclose(between(np.clip(line, (x[0], y[0]), (x[-1], y[-1]))), level, atol=1e-9)
        assert np.diff(line[:, 0], prepend=-9).min() >= -1e-12
        assert np.diff(line[:, 1], prepend=9).max() <= 1e-12
    passed = ((values[:-1] < level) & (level <= values[1:])).sum()
    passed += ((values[:, :-1] < level) & (level <= values[:, 1:])).sum()
    assert len(line) == passed
