"""The Bayesian signed-rank test against closed forms, symmetry and an independent implementation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asknext.bench.signed_rank import signed_rank

NEAR = 0.014  # four standard errors of 20,000 draws


def points(*values: float) -> np.ndarray:
    """Differences given in percentage points."""
    return np.array(values) / 100


def test_differences_beyond_twice_the_region_have_a_closed_form():
    # z_i + z_j is beyond the region for all pairs but (z_0, z_0): better where w_0² < 1/2, w_0 ~ Beta(1/2, r)
    for r in (1, 3, 10):
        odds = signed_rank(points(*np.linspace(1.5, 4, r)))
        assert odds.better == pytest.approx(stats.beta.cdf(np.sqrt(0.5), 0.5, r), abs=NEAR)
        assert odds.worse == 0


def test_differences_beyond_the_region_but_not_twice_have_another():
    # now z_0 + z_i is inside too: better where (1 - w_0)² > 1/2
    odds = signed_rank(points(0.6, 0.7, 0.8, 0.9))
    assert odds.better == pytest.approx(stats.beta.cdf(1 - np.sqrt(0.5), 0.5, 4), abs=NEAR)


def test_all_beyond_the_region_is_nearly_certain():
    assert signed_rank(points(*[2.0] * 20)).better > 0.999
    assert signed_rank(points(*[-2.0] * 20)).worse > 0.999


def test_all_within_the_region_is_equivalent_for_certain():
    assert signed_rank(points(0.4, -0.3, 0.1, 0.0)) == (0, 1, 0)
    assert signed_rank(np.zeros(2)) == (0, 1, 0)


def test_symmetric_differences_are_as_probably_better_as_worse():
    worse, equivalent, better = signed_rank(points(-3, -2, -1, 1, 2, 3))
    assert better == pytest.approx(worse, abs=NEAR * np.sqrt(2))
    assert better > 0.4 > equivalent


def test_a_sum_on_the_border_counts_half():
    # all pairs of differences lie on the border, exactly in binary; half of their weight is never more than
    # the other half and what the prior holds
    assert signed_rank(np.array([0.25, 0.25]), rope=0.25) == (0, 1, 0)


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([1.2, 0.4, -0.3, 2.0, 0.9, 0.1, -0.8, 1.5, 0.6, 0.2], [0.0003, 0.3931, 0.6067]),
        ([3.0, -2.0, 1.0, -0.5, 2.5], [0.1518, 0.1292, 0.7190]),
        ([-0.9, -1.4, 0.2, -0.6, -2.0, -0.7, -0.4], [0.8640, 0.1360, 0]),
    ],
)
def test_agreement_with_baycomp(differences, expected):
    # SignedRankTest.probs of baycomp 1.0.3, rope 0.005, 400,000 draws
    np.testing.assert_allclose(signed_rank(points(*differences)), expected, atol=NEAR)


@given(st.lists(st.floats(-0.1, 0.1), min_size=2, max_size=12), st.floats(0.001, 0.02))
def test_odds_sum_to_one_swap_with_the_sign_and_are_repeatable(differences, rope):
    differences = np.array(differences)
    odds = signed_rank(differences, rope)
    assert sum(odds) == pytest.approx(1)
    assert odds == signed_rank(differences, rope)
    np.testing.assert_allclose(signed_rank(-differences, rope), odds[::-1], atol=1e-3)
