"""The shrunk covariance and its distances, beside SciPy's and scikit-learn's; and the k-th distance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import NearestNeighbors

from asknext.kernels import distances
from asknext.kernels.gaussian import Covariance, deviations, principal, shrunk_covariance
from asknext.kernels.groups import group_means
from asknext.kernels.neighbours import kth_distance


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def dense(covariance: Covariance) -> np.ndarray:
    """The covariance as a matrix."""
    V = covariance.directions
    across = np.eye(V.shape[1]) - V.T @ V
    return V.T @ np.diag(covariance.variances) @ V + covariance.rest * across


@pytest.mark.parametrize(("n", "d"), [(200, 5), (40, 40), (30, 60)])
def test_shrinkage_is_that_of_ledoit_and_wolf(n: int, d: int) -> None:
    rows = rng().normal(size=(n, d)) * np.linspace(1, 3, d)
    theirs = ledoit_wolf(rows, assume_centered=True)[0]
    np.testing.assert_allclose(dense(shrunk_covariance(rows)), theirs, atol=1e-10)
    S = rows.T @ rows / n
    half = 0.5 * S + 0.5 * np.trace(S) / d * np.eye(d)
    np.testing.assert_allclose(dense(shrunk_covariance(rows, 0.5)), half, atol=1e-10)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize(("n", "d"), [(300, 6), (12, 30)])
def test_distances_are_those_of_the_matrix(n: int, d: int, form: type) -> None:
    covariance = shrunk_covariance(rng().normal(size=(n, d)) * np.linspace(1, 3, d))
    X, centres = rng(1).normal(size=(25, d)), rng(2).normal(size=(4, d))
    found = covariance.squared_distances(form(X), centres)
    plain = cdist(X, centres, "mahalanobis", VI=np.linalg.inv(dense(covariance))) ** 2
    np.testing.assert_allclose(found, plain, rtol=1e-8)


def test_distances_do_not_depend_on_the_size_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    covariance, X = shrunk_covariance(rng().normal(size=(9, 20))), rng(1).normal(size=(33, 20))
    whole = covariance.squared_distances(X, X[:3])
    monkeypatch.setattr(distances, "BLOCK", 64)
    np.testing.assert_allclose(covariance.squared_distances(X, X[:3]), whole, rtol=1e-10)


def test_no_digits_are_lost_far_from_the_origin() -> None:
    rows = rng().normal(size=(30, 3))
    covariance = shrunk_covariance(rows)
    near = covariance.squared_distances(rows, rows[:2])
    np.testing.assert_allclose(covariance.squared_distances(rows + 1e6, rows[:2] + 1e6), near, atol=1e-6)


def test_without_variance_distances_are_euclidean() -> None:
    X = rng().normal(size=(4, 3))
    found = shrunk_covariance(np.zeros((5, 3))).squared_distances(X, X[:2])
    np.testing.assert_allclose(found, cdist(X, X[:2], "sqeuclidean"), atol=1e-12)


def test_one_row_is_not_believed() -> None:
    """S has the row's direction only; half of it is spread over all, so that no distance is infinite."""
    covariance = shrunk_covariance(np.array([[2.0, 0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(dense(covariance), np.diag([2.5, 0.5, 0.5, 0.5]), atol=1e-12)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_deviations_estimate_the_covariance_within_groups(form: type) -> None:
    groups = np.array([0, 0, 0, 1, 1, 2])
    X = rng().normal(size=(6, 2)) + 10.0 * groups[:, None]
    means = group_means(form(X), groups)
    np.testing.assert_allclose(means, [X[:3].mean(axis=0), X[3:5].mean(axis=0), X[5]])
    rows = deviations(form(X), groups, means)
    pooled = 2 * np.cov(X[:3].T) + np.cov(X[3:5].T)
    np.testing.assert_allclose(rows.T @ rows, pooled, rtol=1e-12)


@pytest.mark.parametrize(("n", "d"), [(50, 4), (4, 50)])
def test_principal_directions_are_those_of_a_singular_value_decomposition(n: int, d: int) -> None:
    rows = rng().normal(size=(n, d))
    variances, directions = principal(rows)
    values, vectors = np.linalg.svd(rows, full_matrices=False)[1:]
    np.testing.assert_allclose(variances, values[::-1] ** 2 / n, rtol=1e-9)
    np.testing.assert_allclose(np.abs(np.sum(directions * vectors[::-1], axis=1)), 1.0, rtol=1e-9)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("k", [1, 3, 20])
def test_kth_distance_agrees_with_scikit_learn(k: int, form: type) -> None:
    X, others = rng().normal(size=(30, 4)), rng(1).normal(size=(20, 4))
    theirs = NearestNeighbors(n_neighbors=k).fit(others).kneighbors(X)[0][:, -1]
    np.testing.assert_allclose(kth_distance(form(X), form(others), k), theirs, atol=1e-7)
    np.testing.assert_allclose(kth_distance(X, others, k + 100), cdist(X, others).max(axis=1), atol=1e-7)


def test_a_row_is_not_its_own_neighbour() -> None:
    line = np.array([[0.0], [1.0], [3.0]])
    own = np.array([0, 1, -1])
    assert kth_distance(line, line, 1, own).tolist() == [1, 1, 0]
    assert kth_distance(line, line, 2, own).tolist() == [3, 2, 2]
    assert kth_distance(line, line, 9, own).tolist() == [3, 2, 3]
    assert kth_distance(line[:1], line[:1], 1, np.array([0])).tolist() == [0]
    assert kth_distance(line, line[:0], 1).tolist() == [0, 0, 0]
