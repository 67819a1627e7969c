"""The monotone net never turns an order around, and fronts are those found by comparing all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from asknext.kernels import monotone_net
from asknext.kernels.monotone_net import MonotoneNet, fit_ranker, fit_ranker_published
from asknext.kernels.pareto import fronts


@given(seed=st.integers(0, 10**6), scale=st.sampled_from([0.1, 1.0, 30.0]))
def test_a_net_never_falls(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    net = MonotoneNet(scale * rng.random((2, 9)), scale * rng.normal(size=9), rng.random(9))
    low = rng.normal(size=(50, 2))
    high = low + rng.exponential(size=(50, 2)) * rng.integers(0, 2, size=(50, 2))
    assert np.all(net.scores(high) >= net.scores(low) - 1e-12)


@pytest.mark.parametrize("fit", [fit_ranker, fit_ranker_published])
def test_training_on_targets_that_fall_leaves_it_monotone(fit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data ask for the opposite; the net may only refuse."""
    monkeypatch.setattr(monotone_net, "SLOW_STEPS", 300)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    net = fit(X, -X.sum(axis=1), rng)
    assert net.W.min() >= 0
    assert net.w.min() >= 0
    grid = np.linspace(-3, 3, 13)
    table = net.scores(np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)).reshape(13, 13)
    assert np.diff(table, axis=0).min() >= -1e-12
    assert np.diff(table, axis=1).min() >= -1e-12


def test_slopes_are_derivatives() -> None:
    rng = np.random.default_rng(1)
    X, weights = rng.normal(size=(7, 2)), rng.normal(size=7)
    flat = rng.random(12)

    def net(flat: np.ndarray) -> MonotoneNet:
        return MonotoneNet(flat[:6].reshape(2, 3), flat[6:9], flat[9:])

    found = np.concatenate([part.ravel() for part in net(flat).slopes(X, weights)])
    expected = approx_fprime(flat, lambda flat: weights @ net(flat).scores(X), 1e-7)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_it_learns_which_input_matters() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(200, 2))
    net = fit_ranker(X, X[:, 0] + 0.1 * rng.normal(size=200), rng)
    score = net.scores(X)
    assert np.corrcoef(score.argsort().argsort(), X[:, 0].argsort().argsort())[0, 1] > 0.98


def test_equal_generators_give_equal_nets() -> None:
    X = np.random.default_rng(3).normal(size=(40, 2))
    nets = [fit_ranker(X, X[:, 1], np.random.default_rng(5)) for _ in range(2)]
    for one, other in zip(*nets, strict=True):
        np.testing.assert_array_equal(one, other)


def test_equal_targets_push_nothing_unless_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of one worth: masked, the net stays as it starts; as released, one of them is pushed down."""
    monkeypatch.setattr(monotone_net, "SLOW_STEPS", 50)
    X, equal = np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2)
    start = np.random.default_rng(0)
    start_W, start_b = start.random((2, 64)), start.random(64)
    masked = fit_ranker_published(X, equal, np.random.default_rng(0))
    np.testing.assert_array_equal(masked.W, start_W)
    np.testing.assert_array_equal(masked.b, start_b)
    assert not np.array_equal(fit_ranker_published(X, equal, np.random.default_rng(0), ties=True).W, start_W)


def test_a_large_gap_outweighs_many_small_ones() -> None:
    """Of two kinds of rows, the first is as a rule a bit better, the second once by far."""
    X = np.repeat([[1.0, 0.0], [0.0, 1.0]], 20, axis=0)
    targets = np.repeat([0.2, 0.1], 20)
    targets[-1] = 5.0
    first, second = fit_ranker(X, targets, np.random.default_rng(0)).scores(np.eye(2))
    assert second > first


@given(seed=st.integers(0, 10**6), size=st.integers(1, 40), levels=st.sampled_from([3, 10, 10**6]))
def test_fronts_by_comparing_all_pairs(seed: int, size: int, levels: int) -> None:
    pairs = np.random.default_rng(seed).integers(levels, size=(size, 2)).astype(float)
    at_least = (pairs[:, None] >= pairs[None]).all(axis=2)
    beats = at_least & (pairs[:, None] > pairs[None]).any(axis=2)
    expected = np.full(size, -1)
    for front in range(size):
        left = expected < 0
        expected[left & ~(beats[left].any(axis=0))] = front
    np.testing.assert_array_equal(fronts(pairs), expected)
