"""Least confidence, margin and entropy: worked values, and what they agree on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import asknext
from asknext.strategies import Strategy
from asknext.strategies.entropy import Entropy, entropy
from asknext.strategies.least_confidence import LeastConfidence, doubt
from asknext.strategies.margin import Margin, closeness

TABLE = np.array([[0.1, 0.2, 0.3, 0.4], [0.0, 0.05, 0.45, 0.5], [0.15, 0.2, 0.2, 0.45]])


def scores(strategy: Strategy, proba: np.ndarray) -> tuple[list[int], np.ndarray]:
    """The picks among the first rows, and the scores of all of them in order of their ids."""
    k = proba.shape[1]
    n = len(proba)
    table = np.concatenate([proba, np.full((k, k), 1 / k)])
    picked = asknext.select(
        np.zeros((n + k, 1)), n, strategy, proba=table, labelled=np.arange(n, n + k), y=np.arange(k)
    )
    assert picked.scores is not None
    return picked.ids.tolist(), picked.scores[np.argsort(picked.ids)]


@pytest.mark.parametrize(
    ("strategy", "expected", "first"),
    [
        (LeastConfidence(), [0.60, 0.50, 0.55], 0),
        (LeastConfidence(normalised=True), [0.80, 0.6667, 0.7333], 0),
        (Margin(), [0.90, 0.95, 0.75], 1),
        (Entropy(), [1.2799, 0.8557, 1.2877], 2),
        (Entropy(normalised=True), [0.9232, 0.6172, 0.9289], 2),
    ],
)
def test_worked_values(strategy: Strategy, expected: list[float], first: int) -> None:
    ids, found = scores(strategy, TABLE)
    np.testing.assert_allclose(found, expected, atol=5e-5)
    assert ids[0] == first
    assert ids == np.argsort(-found).tolist()


@given(st.lists(st.floats(0.5, 1), min_size=2, max_size=20, unique_by=lambda p: round(p, 3)))
def test_for_two_classes_all_three_agree(likelier: list[float]) -> None:
    proba = np.array([[p, 1 - p] for p in likelier])
    orders = [scores(strategy, proba)[0] for strategy in (LeastConfidence(), Margin(), Entropy())]
    assert orders[0] == orders[1] == orders[2]


@given(seed=st.integers(0, 10**6), k=st.integers(2, 12))
def test_ranges_and_other_implementations(seed: int, k: int) -> None:
    proba = np.random.default_rng(seed).dirichlet(np.full(k, 0.3), size=20)
    np.testing.assert_allclose(entropy(proba), stats.entropy(proba, axis=1), atol=1e-9)
    *_, second, top = np.sort(proba).T
    np.testing.assert_allclose(doubt(proba), 1 - top)
    np.testing.assert_allclose(closeness(proba), 1 - (top - second), atol=1e-12)
    for strategy in (LeastConfidence(normalised=True), Entropy(normalised=True)):
        assert (scores(strategy, proba)[1] <= 1 + 1e-9).all()
        np.testing.assert_allclose(scores(strategy, np.full((3, k), 1 / k))[1], 1.0)


@pytest.mark.parametrize("strategy", [LeastConfidence(normalised=True), Entropy(normalised=True), Margin()])
def test_ties_are_broken_by_the_seed(strategy: Strategy) -> None:
    proba = np.full((30, 3), 1 / 3)
    picks = {
        tuple(asknext.select(np.zeros((30, 1)), 3, strategy, proba=proba, seed=seed).ids.tolist())
        for seed in range(20)
    }
    assert len(picks) > 15
