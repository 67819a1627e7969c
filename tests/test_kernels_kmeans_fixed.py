"""K-means with fixed centres: worked values, agreement with a plain Lloyd, odd inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from asknext.kernels.kmeans import k_means
from asknext.kernels.kmeans_fixed import k_means_fixed


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_rows_around_a_fixed_centre_pull_nobody() -> None:
    X = np.array([[-1.0], [0.2], [0.5], [10.0], [11.0]])
    labels, centres = k_means_fixed(X, 1, np.zeros((1, 1)), rng())
    assert labels.tolist() == [-1, -1, -1, 0, 0]
    assert centres.tolist() == [[10.5]]


def test_weights_pull() -> None:
    X = np.array([[0.0], [10.0], [14.0]])
    _, centres = k_means_fixed(X, 1, np.zeros((1, 1)), rng(), np.array([1.0, 3.0, 1.0]))
    np.testing.assert_allclose(centres, [[11.0]])
    _, plain = k_means_fixed(X, 1, np.zeros((1, 1)), rng(), np.zeros(3))
    np.testing.assert_allclose(plain, [[12.0]])


def test_a_row_as_close_to_both_belongs_to_the_fixed_centre() -> None:
    labels, centres = k_means_fixed(np.array([[1.0], [2.0]]), 1, np.array([[0.0]]), rng(1))
    assert centres.tolist() == [[2.0]]
    assert labels.tolist() == [-1, 0]


def test_without_fixed_centres_it_is_k_means() -> None:
    X = rng().normal(size=(60, 3))
    for one, other in zip(
        k_means_fixed(X, 4, np.empty((0, 3)), rng(5)), k_means(X, 4, rng(5)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("seed", range(5))
def test_the_result_is_a_fixed_point_of_plain_lloyd_steps(seed: int) -> None:
    X, fixed = rng(seed).normal(size=(200, 2)), rng(seed + 50).normal(size=(7, 2))
    weights = rng(seed).random(200)
    labels, centres = k_means_fixed(X, 5, fixed, rng(seed), weights)
    every = np.concatenate([centres, fixed])
    near = np.linalg.norm(X[:, None] - every[None], axis=2).argmin(axis=1)
    np.testing.assert_array_equal(labels, np.where(near < 5, near, -1))
    for j in range(5):
        mine = labels == j
        np.testing.assert_allclose(centres[j], np.average(X[mine], axis=0, weights=weights[mine]))


def test_seeds_avoid_the_fixed_centres() -> None:
    """Three groups, two of them with a fixed centre: the free centre is always the mean of the third."""
    groups = np.repeat([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]], 20, axis=0) + rng().normal(size=(60, 2))
    for seed in range(20):
        _, centres = k_means_fixed(groups, 1, np.array([[0.0, 0.0], [50.0, 0.0]]), rng(seed))
        np.testing.assert_allclose(centres[0], groups[40:].mean(axis=0))


def test_sparse_and_dense_agree() -> None:
    X = np.abs(rng().normal(size=(80, 6))) * (rng(1).random((80, 6)) < 0.4)
    dense = k_means_fixed(X, 4, X[:5], rng(2))
    csr = sparse.csr_array(X)
    other = k_means_fixed(csr, 4, csr[:5], rng(2))
    np.testing.assert_array_equal(dense.labels, other.labels)
    np.testing.assert_allclose(dense.centres, other.centres, atol=1e-12)


def test_far_from_the_origin() -> None:
    X = rng().normal(size=(50, 3))
    near = k_means_fixed(X, 3, X[:2], rng(1))
    far = k_means_fixed(X + 1e6, 3, X[:2] + 1e6, rng(1))
    np.testing.assert_array_equal(near.labels, far.labels)
    np.testing.assert_allclose(near.centres + 1e6, far.centres)


@settings(max_examples=40, deadline=None)
@given(kinds=st.lists(st.integers(0, 3), min_size=1, max_size=15), k=st.integers(1, 16))
def test_duplicates_and_few_rows(kinds: list[int], k: int) -> None:
    X = np.array(kinds, dtype=float)[:, None] * [3.0, 4.0]
    labels, centres = k_means_fixed(X, k, X[:1], rng(k))
    assert centres.shape == (min(k, len(X)), 2)
    assert labels.shape == (len(X),)
    assert np.isfinite(centres).all()
    for kind in set(kinds) if k < len(X) else ():
        assert len(set(labels[np.array(kinds) == kind])) == 1
