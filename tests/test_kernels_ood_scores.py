"""Scores of what is unlike every known class: worked values, invariances, and the gradient itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from asknext.kernels.ood_scores import energy, gradnorm, max_logit, msp
from asknext.signals import softmax
from asknext.types import Array

LOGITS = np.log(np.array([[8.0, 1.0, 1.0], [2.0, 4.0, 2.0], [1.0, 1.0, 1.0]]))
Z = np.array([[1.0, -2.0], [0.0, 3.0], [5.0, 5.0]])


def drawn(seed: int, k: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(7, k)) * 3, rng.normal(size=(7, 4))


def test_worked_values() -> None:
    np.testing.assert_allclose(msp(softmax(LOGITS)), [-0.8, -0.5, -1 / 3])
    np.testing.assert_allclose(max_logit(LOGITS), -np.log([8, 4, 1]))
    np.testing.assert_allclose(energy(LOGITS), -np.log([10, 8, 3]))
    # 3 p - 1 is 1.4, -0.7, -0.7, then -1/4, 1/2, -1/4; times |z| / 3
    np.testing.assert_allclose(gradnorm(softmax(LOGITS), Z), [-2.8, -1.0, 0.0], atol=1e-12)


def divergence(W: Array, z: Array, temperature: float) -> float:
    p = softmax((W @ z / temperature)[None])[0]
    return float(-np.log(len(p)) - np.log(p).mean())


@given(seed=st.integers(0, 10**6), k=st.integers(1, 6), temperature=st.sampled_from([0.5, 1.0, 4.0]))
def test_gradnorm_is_the_norm_of_the_gradient(seed: int, k: int, temperature: float) -> None:
    """Against central differences, one weight of the last layer after the other."""
    rng = np.random.default_rng(seed)
    W, z, step = rng.normal(size=(k, 3)), rng.normal(size=3), 1e-6
    gradient = np.zeros_like(W)
    for place in np.ndindex(*W.shape):
        for sign in (1, -1):
            moved = W.copy()
            moved[place] += sign * step
            gradient[place] += sign * divergence(moved, z, temperature) / (2 * step)
    p = softmax((W @ z / temperature)[None])
    assert gradnorm(p, z[None], temperature)[0] == pytest.approx(-np.abs(gradient).sum(), abs=1e-6)


@given(seed=st.integers(0, 10**6), k=st.integers(1, 6), shift=st.floats(-50, 50))
def test_what_a_shift_of_all_logits_changes(seed: int, k: int, shift: float) -> None:
    logits, Z = drawn(seed, k)
    moved = logits + shift
    np.testing.assert_allclose(msp(softmax(moved)), msp(softmax(logits)), atol=1e-9)
    np.testing.assert_allclose(gradnorm(softmax(moved), Z), gradnorm(softmax(logits), Z), atol=1e-9)
    np.testing.assert_allclose(energy(moved), energy(logits) - shift, atol=1e-9)
    np.testing.assert_allclose(max_logit(moved), max_logit(logits) - shift, atol=1e-9)


@given(seed=st.integers(0, 10**6), k=st.integers(1, 6))
def test_energy_lies_just_below_the_largest_logit(seed: int, k: int) -> None:
    logits, _ = drawn(seed, k)
    for temperature in (0.01, 1.0, 10.0):
        below = max_logit(logits) - energy(logits, temperature)
        assert np.all((below >= -1e-9) & (below <= temperature * np.log(k) + 1e-9))


def test_one_class_or_none_tells_nothing() -> None:
    assert msp(np.ones((4, 1))).tolist() == [-1.0] * 4
    assert gradnorm(np.ones((4, 1)), np.ones((4, 2))).tolist() == [0.0] * 4
    assert energy(np.array([[3.0], [1.0]])).tolist() == [-3.0, -1.0]
    none = np.zeros((4, 0))
    for score in (msp(none), max_logit(none), energy(none), gradnorm(none, np.ones((4, 2)))):
        assert score.tolist() == [0.0] * 4


def test_a_class_without_a_chance_changes_nothing() -> None:
    logits, _ = drawn(0, 3)
    wider = np.hstack([logits, np.full((7, 1), -1e9)])
    for score in (max_logit, energy, lambda f: msp(softmax(f))):
        np.testing.assert_allclose(score(wider), score(logits))


def test_sparse_rows_and_single_precision() -> None:
    logits, Z = drawn(1, 3)
    p = softmax(logits)
    np.testing.assert_allclose(gradnorm(p, sparse.csr_array(Z)), gradnorm(p, Z))
    assert gradnorm(p.astype(np.float32), Z.astype(np.float32)).dtype == np.float32
    assert energy(logits.astype(np.float32)).dtype == np.float32
