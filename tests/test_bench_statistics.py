"""Worked values, published tables and scipy as the judges of the benchmark's statistics."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asknext.bench.statistics import (
    critical_difference,
    friedman,
    labels_needed,
    labels_saved,
    mean_ranks,
    nemenyi,
    t_interval,
)

# Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", table 6: ranks of four trees.
RANKS = np.array(
    [
        [4, 3, 2, 1], [1, 2, 3, 4], [4, 1, 2, 3], [4, 1, 3, 2], [4, 2, 3, 1], [1, 2.5, 4, 2.5], [3, 2, 4, 1],
        [2.5, 2.5, 4, 1], [4, 3, 2, 1], [2.5, 2.5, 2.5, 2.5], [4, 2.5, 1, 2.5], [3, 2, 4, 1], [4, 1, 2, 3],
        [3, 1, 4, 2],
    ]
)  # fmt: skip


def test_mean_ranks_average_ties_and_match_the_published_example():
    assert mean_ranks(np.array([[0.9, 0.8, 0.8, 0.1]])).tolist() == [1, 2.5, 2.5, 4]
    assert np.round(mean_ranks(-RANKS), 3).tolist() == [3.143, 2.0, 2.893, 1.964]


def test_sums_that_differ_by_rounding_alone_are_tied():
    assert mean_ranks(np.array([[0.1 + 0.2, 0.3]])).tolist() == [1.5, 1.5]


def test_friedman_agrees_with_demsar_up_to_the_correction_for_ties():
    n, k = RANKS.shape
    ranks = mean_ranks(-RANKS)
    plain = 12 * n / (k * (k + 1)) * (np.sum(ranks**2) - k * (k + 1) ** 2 / 4)
    assert plain == pytest.approx(9.28, abs=0.005)
    ties = 3 * (2**3 - 2) + (4**3 - 4)  # three pairs and one row of four
    result = friedman(-RANKS)
    assert result is not None
    assert result.statistic == pytest.approx(plain / (1 - ties / (n * (k**3 - k))))
    assert result.p == pytest.approx(stats.chi2.sf(result.statistic, k - 1))


def test_friedman_needs_three_strategies_and_two_seeds_and_survives_equal_scores():
    assert friedman(np.ones((5, 2))) is None
    assert friedman(np.array([[0.1, 0.2, 0.3]])) is None
    assert friedman(np.ones((5, 3))) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("strategies", "q"),
    [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (7, 2.949), (8, 3.031), (10, 3.164)],
)
def test_critical_difference_uses_the_published_quantiles(strategies, q):
    # Demšar 2006, table 5a
    expected = q * np.sqrt(strategies * (strategies + 1) / (6 * 14))
    assert critical_difference(strategies, 14) == pytest.approx(expected, abs=5e-4 * expected)


def test_nemenyi_for_two_strategies_is_the_normal_test():
    p = nemenyi(np.array([1.2, 1.8]), 10)
    z = 0.6 / np.sqrt(2 * 3 / 60)
    assert p[0, 1] == pytest.approx(2 * stats.norm.sf(z), rel=1e-6)
    assert np.diag(p).tolist() == [1, 1]


@given(st.lists(st.floats(1, 6), min_size=3, max_size=6), st.integers(2, 30))
def test_nemenyi_is_symmetric_and_agrees_with_the_critical_difference(ranks, blocks):
    ranks = np.array(ranks)
    p = nemenyi(ranks, blocks)
    np.testing.assert_allclose(p, p.T)
    apart = np.abs(ranks[:, None] - ranks[None, :])
    limit = critical_difference(len(ranks), blocks)
    clear = np.abs(apart - limit) > 1e-6
    assert ((p < 0.05) == (apart > limit))[clear].all()


def test_t_interval_agrees_with_scipy_and_widens_with_the_comparisons():
    values = np.array([0.81, 0.84, 0.79, 0.86, 0.83])
    interval = t_interval(values)
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    assert interval == pytest.approx((values.mean(), low, high))
    seven = t_interval(values, comparisons=7)
    expected = stats.t.interval(1 - 0.05 / 7, 4, loc=values.mean(), scale=stats.sem(values))
    assert seven[1:] == pytest.approx(expected)
    assert t_interval(values[:1]) == (0.81, None, None)
    assert t_interval(np.full(3, 0.5)) == (0.5, 0.5, 0.5)


GRID = np.array([10.0, 20.0, 30.0, 40.0])


@pytest.mark.parametrize(
    ("curve", "needed"),
    [
        ([0.2, 0.4, 0.6, 0.8], 25.0),  # half way between 20 and 30
        ([0.2, 0.5, 0.6, 0.8], 20.0),  # on a point
        ([0.7, 0.1, 0.9, 0.9], 10.0),  # from the start, however it goes on
        ([0.2, 0.7, 0.3, 0.9], 16.0),  # the first of several crossings
        ([0.2, 0.3, 0.4, 0.49], np.inf),
    ],
)
def test_labels_needed_interpolates_to_the_first_crossing(curve, needed):
    assert labels_needed(GRID, np.array(curve), np.array(0.5)) == pytest.approx(needed)


def test_labels_saved_on_a_hand_made_curve():
    random = np.tile([0.2, 0.4, 0.6, 0.7], (3, 1))
    better = np.tile([0.2, 0.6, 0.8, 0.9], (3, 1))  # passes 0.7 half way between 20 and 30
    assert labels_saved(GRID, better, random) == pytest.approx((25, 15, 15, 15))
    assert labels_saved(GRID, random, random) == pytest.approx((40, 0, 0, 0))
    assert labels_saved(GRID, better[:1], random[:1]) == pytest.approx((25, 15, None, None))


def test_a_baseline_that_is_early_itself_makes_nobody_look_thrifty():
    random = np.array([[0.2, 0.7, 0.7, 0.7]])
    assert labels_saved(GRID, random, random).n == 0


def test_labels_saved_says_when_the_level_is_not_reached():
    random = np.tile([0.2, 0.4, 0.6, 0.7], (3, 1))
    assert labels_saved(GRID, random - 0.05, random) == (None, None, None, None)


def test_the_interval_of_labels_saved_is_open_where_resamples_do_not_get_there():
    random = np.tile([0.2, 0.4, 0.6, 0.7], (3, 1))
    mixed = np.array([[0.2, 0.6, 0.8, 0.9], [0.2, 0.6, 0.8, 0.9], [0.2, 0.3, 0.4, 0.5]])
    saved = labels_saved(GRID, mixed, random)
    assert saved.n is not None
    assert saved.n > 0
    assert saved.low is None
    assert saved.high == pytest.approx(15)  # the resample without the third seed


def test_the_interval_of_labels_saved_is_that_of_all_resamples():
    rng = np.random.default_rng(1)
    random = np.array([0.2, 0.4, 0.6, 0.7]) + rng.normal(0, 0.01, (5, 4))
    better = np.array([0.2, 0.6, 0.8, 0.9]) + rng.normal(0, 0.05, (5, 4))
    every = []
    for drawn in product(range(5), repeat=5):  # all 3125 of them, equally likely
        curve, base = better[list(drawn)].mean(axis=0), random[list(drawn)].mean(axis=0)
        first = int(np.argmax(curve >= base[-1]))
        needed = np.interp(base[-1], curve[first - 1 : first + 1], GRID[first - 1 : first + 1])
        every.append(40 - needed)
    saved = labels_saved(GRID, better, random)
    assert np.quantile(every, 0.015) <= saved.low <= np.quantile(every, 0.035)
    assert np.quantile(every, 0.965) <= saved.high <= np.quantile(every, 0.985)


def test_resampling_pairs_the_seeds():
    rng = np.random.default_rng(0)
    random = np.linspace(0.2, 0.7, 4) + rng.normal(0, 0.1, (6, 1))  # seeds differ by a level
    saved = labels_saved(GRID, random + 0.1, random)
    assert saved.low == pytest.approx(saved.high)  # but the strategy gains the same on each
