"""The mixture of two Gaussians and the softmax head, beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import scale

from asknext.kernels.mixture import TwoGaussians, two_gaussians
from asknext.kernels.softmax_head import SoftmaxHead, softmax_head


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def bimodal(seed: int, low: int = 120, high: int = 80) -> np.ndarray:
    draws = rng(seed)
    return draws.permutation(np.concatenate([draws.normal(1, 1, low), draws.normal(9, 2, high)]))


def plain_split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Low and high numbers of least squared error, by trying every split."""
    ranked = np.sort(values)
    splits = [(ranked[:i], ranked[i:]) for i in range(1, len(ranked))]
    return min(splits, key=lambda parts: sum(part.var() * len(part) for part in parts))


@pytest.mark.parametrize("settings", [(100, 1e-3, 1e-6), (10, 1e-2, 5e-4), (500, 1e-9, 1e-6)])
@pytest.mark.parametrize("seed", range(3))
def test_mixture_agrees_with_scikit_learn(seed: int, settings: tuple[int, float, float]) -> None:
    values, (steps, tolerance, floor) = bimodal(seed), settings
    ours = two_gaussians(values, steps=steps, tolerance=tolerance, floor=floor)
    parts = plain_split(values)
    theirs = GaussianMixture(
        2,
        max_iter=steps,
        tol=tolerance,
        reg_covar=floor,
        weights_init=[len(part) / len(values) for part in parts],
        means_init=[[part.mean()] for part in parts],
        precisions_init=[[[1.0 / (part.var() + floor)]] for part in parts],
        random_state=0,
    ).fit(values[:, None])
    order = np.argsort(theirs.means_.ravel())
    np.testing.assert_allclose(ours.means, theirs.means_.ravel()[order], atol=1e-6)
    np.testing.assert_allclose(ours.variances, theirs.covariances_.ravel()[order], atol=1e-6)
    np.testing.assert_allclose(ours.weights, theirs.weights_[order], atol=1e-6)
    posterior = theirs.predict_proba(values[:, None])[:, order[1]]
    np.testing.assert_allclose(ours.posterior(values), posterior, atol=1e-6)


def test_the_start_is_the_best_split() -> None:
    found = two_gaussians(np.array([0.0, 1.0, 10.0, 11.0, 12.0]), steps=1, tolerance=0.0)
    np.testing.assert_allclose(found.means, [0.5, 11.0], atol=1e-9)
    np.testing.assert_allclose(found.weights, [0.4, 0.6], atol=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_posterior_is_a_probability_whatever_the_numbers(numbers: list[float]) -> None:
    values = np.array(numbers)
    found = two_gaussians(values)
    assert found.means[0] <= found.means[1]
    for monotone in (False, True):
        posterior = found.posterior(values, monotone)
        assert np.all((posterior >= 0) & (posterior <= 1))
    rising = found.posterior(np.sort(values), monotone=True)
    assert np.all(np.diff(rising) >= -1e-12)


def test_equal_numbers_say_nothing() -> None:
    assert two_gaussians(np.full(7, 3.0)).posterior([3.0, 3.0]).tolist() == [0.5, 0.5]
    assert two_gaussians(np.array([2.0])).posterior([2.0]).tolist() == [0.5]


@pytest.mark.parametrize("variances", [(1.0, 9.0), (9.0, 1.0), (2.0, 2.0)])
def test_monotone_posterior_differs_only_beyond_the_turn(variances: tuple[float, float]) -> None:
    mixture = TwoGaussians(np.array([0.5, 0.5]), np.array([0.0, 4.0]), np.array(variances))
    line = np.linspace(-20, 24, 2001)
    plain, rising = mixture.posterior(line), mixture.posterior(line, monotone=True)
    between = (line >= 0) & (line <= 4)
    np.testing.assert_allclose(plain[between], rising[between], rtol=1e-12)
    assert np.all(np.diff(rising) >= 0)
    assert np.any(np.diff(plain) < 0) == (variances[0] != variances[1])


@pytest.mark.parametrize("strength", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_head_agrees_with_scikit_learn(classes: int, strength: float) -> None:
    X, y = load_wine(return_X_y=True)
    X, y = scale(X)[y < classes], y[y < classes]
    X /= np.sqrt((X - X.mean(axis=0)).var())  # the unit that the head measures in
    head = softmax_head(X, y, classes, strength=strength)
    # two opposite logits of ½ v carry half the penalty of one of v
    theirs = LogisticRegression(C=strength * (0.5 if classes == 2 else 1.0) ** -1, tol=1e-8, max_iter=5000)
    np.testing.assert_allclose(head.proba(X), theirs.fit(X, y).predict_proba(X), atol=2e-3)


def test_head_does_not_depend_on_scale_offset_or_form() -> None:
    X, y = load_wine(return_X_y=True)
    X = scale(X)
    proba = softmax_head(X, y, 3).proba(X)
    moved = 1e4 * X + 7.0
    np.testing.assert_allclose(softmax_head(moved, y, 3).proba(moved), proba, atol=2e-3)
    thin = sparse.csr_array(np.where(X > 0, X, 0.0))
    dense = thin.toarray()
    np.testing.assert_allclose(
        softmax_head(thin, y, 3).proba(thin), softmax_head(dense, y, 3).proba(dense), atol=2e-3
    )


def test_a_start_saves_steps_and_changes_nothing() -> None:
    X, y = load_wine(return_X_y=True)
    X = scale(X)
    head = softmax_head(X, y, 4)
    again = softmax_head(X[:-1], y[:-1], 4, start=head)
    np.testing.assert_allclose(again.proba(X), softmax_head(X[:-1], y[:-1], 4).proba(X), atol=2e-3)
    np.testing.assert_allclose(softmax_head(X, y, 4, start=head).weights, head.weights, atol=1e-3)


def test_a_class_without_examples_gets_nothing() -> None:
    X = rng().normal(size=(20, 3))
    y = np.where(X[:, 0] > 0, 2, 0)
    head = softmax_head(X, y, 4)
    assert head.proba(X)[:, [1, 3]].max() == 0.0
    assert (head.proba(X).argmax(axis=1) == y).all()
    only = softmax_head(X, np.full(20, 1), 2)
    np.testing.assert_array_equal(only.proba(X), np.tile([0.0, 1.0], (20, 1)))
    assert softmax_head(X, np.full(20, 1), 2, start=SoftmaxHead(np.ones((2, 3)), np.ones(2))).bias[1] == 0.0


def test_temperature_halves_the_logits_and_quarters_the_penalty() -> None:
    """A penalty on f where softmax(2 f) is fitted is a quarter of it on g = 2 f."""
    X, y = load_wine(return_X_y=True)
    X = scale(X)
    cold = softmax_head(X, y, 3, temperature=0.5)
    plain = softmax_head(X, y, 3, strength=4.0)
    np.testing.assert_allclose(2.0 * cold.weights, plain.weights, atol=1e-3)


def test_constant_features_leave_the_shares() -> None:
    head = softmax_head(np.full((8, 2), 5.0), np.array([0, 0, 0, 0, 0, 0, 1, 1]), 2)
    np.testing.assert_allclose(head.proba(np.full((1, 2), 5.0)), [[0.75, 0.25]], atol=1e-4)
