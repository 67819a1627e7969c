"""BADGE: gradients by the definition, the distribution of a dense one, and what it does without a model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

import asknext
from asknext.kernels.dsquared import d_squared
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import choose
from asknext.strategies.badge import Badge, gradient_factor


def fresh_round(X: np.ndarray, proba: np.ndarray) -> Round:
    signals = Signals(len(X), {"embedding": X, "proba": proba})
    return Round.of(Pool.fresh(len(X)), signals, Badge.needs)


def test_worked_value() -> None:
    factor = gradient_factor(np.array([[0.7, 0.2, 0.1]]))
    gradient = np.outer(factor[0], [1.0, 2.0]).ravel()
    np.testing.assert_allclose(gradient, [-0.3, -0.6, 0.2, 0.4, 0.1, 0.2])
    assert np.linalg.norm(gradient) == pytest.approx(0.8367, abs=5e-5)
    X, proba = np.array([[1.0, 2.0], [0.1, 0.1]]), np.array([[0.7, 0.2, 0.1], [0.9, 0.1, 0.0]])
    picked = asknext.select(X, 1, Badge(), proba=proba)
    assert picked.ids.tolist() == [0]
    assert picked.parts["gradient"][0] == pytest.approx(0.8367, abs=5e-5)


def test_the_given_probabilities_stay_as_they_are() -> None:
    proba = np.array([[0.7, 0.3]])
    gradient_factor(proba)
    assert proba.tolist() == [[0.7, 0.3]]


def test_picks_follow_the_dense_definition() -> None:
    """First the longest gradient; then each in proportion to its squared distance."""
    rng = np.random.default_rng(0)
    X, proba = rng.normal(size=(7, 3)), rng.dirichlet(np.ones(4), size=7)
    onehot = np.eye(4)[proba.argmax(axis=1)]
    gradients = np.einsum("nc,nd->ncd", proba - onehot, X).reshape(7, 12)
    first = int(np.linalg.norm(gradients, axis=1).argmax())
    mass = cdist(gradients, gradients[[first]], "sqeuclidean").ravel()
    round, seconds = fresh_round(X, proba), np.zeros(7)
    for seed in range(2500):
        ids = choose(Badge(), round, 2, np.random.default_rng(seed)).ids
        assert ids[0] == first
        seconds[ids[1]] += 1
    assert seconds[first] == 0
    others = np.arange(7) != first
    expected = 2500 * mass[others] / mass.sum()
    assert stats.chisquare(seconds[others], expected).pvalue > 1e-3


@pytest.mark.parametrize("k", [0, 1, 5])
def test_without_a_model_it_is_k_means_seeding_on_the_embedding(k: int) -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    picked = choose(Badge(), fresh_round(X, np.full((50, k), 1 / max(k, 1))), 10, np.random.default_rng(7))
    assert picked.ids.tolist() == d_squared(X, 10, np.random.default_rng(7))[0].tolist()


def test_certain_items_count_as_one() -> None:
    """All items without doubt have the same gradient, none: at most one of them is asked."""
    rng = np.random.default_rng(0)
    X, proba = rng.normal(size=(30, 3)), np.eye(3)[rng.integers(0, 3, 30)]
    doubtful = [4, 9, 17, 21]
    proba[doubtful] = 1 / 3
    for seed in range(20):
        ids = asknext.select(X, 4, Badge(), proba=proba, seed=seed).ids
        assert ids[0] in doubtful
        assert len(set(ids) - set(doubtful)) <= 1


def test_copies_are_not_asked_together() -> None:
    rng = np.random.default_rng(0)
    kind = np.arange(40) % 4
    X, proba = rng.normal(size=(4, 3))[kind], rng.dirichlet(np.ones(3), size=4)[kind]
    for seed in range(50):
        ids = asknext.select(X, 4, Badge(), proba=proba, seed=seed).ids
        assert sorted(kind[ids]) == [0, 1, 2, 3]
