"""The spread of uncertainty against the worked table and plain formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from asknext.monitor import uncertainty
from asknext.types import Array

TABLE = np.array([[0.1, 0.2, 0.3, 0.4], [0, 0.05, 0.45, 0.5], [0.15, 0.2, 0.2, 0.45]])
FORMS = [uncertainty.least_confidence, uncertainty.margin, uncertainty.entropy]


@st.composite
def probabilities(draw: st.DrawFn) -> Array:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharp = draw(st.sampled_from([0.05, 1.0, 10.0]))
    return rng.dirichlet(np.full(draw(st.integers(1, 5)), sharp), draw(st.integers(1, 12)))


def test_worked_table() -> None:
    for item, doubt, close, nats, share in (
        (TABLE[[0]], 0.6, 0.9, 1.2799, 0.9232),
        (TABLE[[1]], 0.5, 0.95, 0.8557, 0.6172),
        (TABLE[[2]], 0.55, 0.75, 1.2877, 0.9289),
    ):
        for spread, value in (
            (uncertainty.least_confidence(item), doubt),
            (uncertainty.margin(item), close),
            (uncertainty.entropy(item, normalised=False), nats),
            (uncertainty.entropy(item), share),
        ):
            assert spread is not None
            assert spread.mean == pytest.approx(value, abs=5e-5)
            assert spread.variance == 0
            assert spread.quantiles == (spread.mean,) * 5


def test_spread_by_hand() -> None:
    spread = uncertainty.least_confidence(TABLE)
    assert spread is not None
    assert spread.mean == pytest.approx(0.55)
    assert spread.variance == pytest.approx(0.005 / 3)
    assert spread.quantiles == pytest.approx((0.5, 0.525, 0.55, 0.575, 0.6))


@pytest.mark.parametrize("form", FORMS)
def test_not_defined_and_ends(form: Any) -> None:
    assert form(np.empty((0, 3))) is None
    assert form(np.empty((3, 0))) is None
    assert form(np.eye(3)).mean == 0
    assert form(np.ones((2, 1))).mean == 0
    most = 0.5 if form is uncertainty.least_confidence else 1
    assert form(np.full((4, 2), 0.5)).mean == pytest.approx(most)


@given(proba=probabilities(), seed=st.integers(0, 99))
def test_bounds_and_what_plays_no_part(proba: Array, seed: int) -> None:
    rng = np.random.default_rng(seed)
    items, classes = rng.permutation(proba.shape[0]), rng.permutation(proba.shape[1])
    for form in FORMS:
        spread = form(proba)
        assert spread is not None
        least, *_, most = spread.quantiles
        assert -1e-12 <= least <= spread.mean + 1e-12
        assert spread.mean <= most + 1e-12
        assert most <= 1 + 1e-12
        assert list(spread.quantiles) == sorted(spread.quantiles)
        assert 0 <= spread.variance <= (most - least) ** 2 / 4 + 1e-12  # Popoviciu
        for again in (proba[items], proba[:, classes]):
            other = form(again)
            assert other is not None
            assert (other.mean, other.variance) == pytest.approx((spread.mean, spread.variance), abs=1e-12)
            assert other.quantiles == pytest.approx(spread.quantiles, abs=1e-12)
        twice = form(np.repeat(proba, 2, axis=0))
        assert twice is not None
        assert (twice.mean, twice.variance) == pytest.approx((spread.mean, spread.variance), abs=1e-12)


@given(proba=probabilities())
def test_entropy_is_that_of_scipy(proba: Array) -> None:
    spread = uncertainty.entropy(proba, normalised=False)
    assert spread is not None
    values = entropy(proba, axis=1)
    assert spread.mean == pytest.approx(values.mean(), abs=1e-12)
    assert spread.variance == pytest.approx(values.var(), abs=1e-12)
    assert spread.quantiles == pytest.approx(tuple(np.quantile(values, uncertainty.QUANTILES)), abs=1e-12)


def test_single_precision_is_summed_in_double() -> None:
    proba = np.random.default_rng(0).dirichlet(np.ones(3), 1 << 14).astype(np.float32)
    spread, values = uncertainty.least_confidence(proba), (1 - proba.max(axis=1)).astype(np.float64)
    assert spread is not None
    assert spread.mean == pytest.approx(values.mean(), rel=1e-12)
    assert spread.variance == pytest.approx(values.var(), rel=1e-12)
