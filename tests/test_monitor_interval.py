"""Intervals of shares: SciPy's values, bounds, and which of the two is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from asknext.monitor.interval import clopper_pearson, proportion, wilson

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.floats(0.5, 0.999)


@given(counts, levels)
def test_as_scipy(count: tuple[int, int], level: float) -> None:
    k, n = count
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        expected = binomtest(k, n).proportion_ci(level, method)
        found = ours(k, n, level)
        assert found is not None
        np.testing.assert_allclose((found.low, found.high), (expected.low, expected.high), atol=1e-9)
        assert found.n == n


@given(st.floats(0, 1), st.floats(0.01, 1000), levels)
def test_bounds_at_any_weight(share: float, n: float, level: float) -> None:
    for form in (wilson, clopper_pearson, proportion):
        found = form(share * n, n, level)
        assert found is not None
        assert 0 <= found.low <= found.estimate + 1e-12
        assert found.estimate <= found.high + 1e-12 <= 1 + 2e-12
        mirrored = form(n - share * n, n, level)
        assert mirrored is not None
        np.testing.assert_allclose((1 - mirrored.high, 1 - mirrored.low), (found.low, found.high), atol=1e-6)


@given(counts)
def test_more_confidence_is_wider(count: tuple[int, int]) -> None:
    narrow, wide = proportion(*count, 0.8), proportion(*count, 0.99)
    assert narrow is not None
    assert wide is not None
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def test_exact_under_forty() -> None:
    assert proportion(30, 39) == clopper_pearson(30, 39) != wilson(30, 39)
    assert proportion(30, 40) == wilson(30, 40) != clopper_pearson(30, 40)


def test_worked_values() -> None:
    assert wilson(8, 10) == pytest.approx((0.8, 0.4902, 0.9433, 10), abs=1e-4)
    assert clopper_pearson(0, 10) == pytest.approx((0, 0, 1 - 0.025**0.1, 10))


@pytest.mark.parametrize("form", [wilson, clopper_pearson, proportion])
def test_nothing_seen(form: object) -> None:
    assert form(0, 0) is None  # type: ignore[operator]


@pytest.mark.parametrize("n", [10, 39])
def test_exact_covers_at_every_truth(n: int) -> None:
    for p in np.linspace(0.01, 0.99, 25):
        found = [proportion(k, n) for k in range(n + 1)]
        inside = [v is not None and v.low <= p <= v.high for v in found]
        assert binom.pmf(np.flatnonzero(inside), n, p).sum() >= 0.95 - 1e-9
