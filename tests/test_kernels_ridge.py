"""Ridge regression in a kernel, and mean likeness: against other implementations and tables of all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.metrics.pairwise import cosine_similarity

from asknext.kernels.density import mean_likeness
from asknext.kernels.ridge import NOISE, Ridge, refitted
from asknext.kernels.scale import spread

RNG = np.random.default_rng(0)
X, Z = RNG.normal(size=(12, 3)), RNG.normal(size=(20, 3))
T = RNG.normal(size=(12, 2))


def test_ridge_is_a_gaussian_process() -> None:
    """exp(-|x - y|²) is the RBF kernel of length 1 / √2."""
    other = GaussianProcessRegressor(RBF(np.sqrt(0.5), "fixed"), alpha=NOISE).fit(X, T[:, 0])
    values, covariance = other.predict(Z, return_cov=True)
    found = Ridge(X, T)
    np.testing.assert_allclose(found.values(Z)[:, 0], values, atol=1e-10)
    np.testing.assert_allclose(found.covariance(Z, Z[:5]), covariance[:, :5], atol=1e-10)
    np.testing.assert_allclose(found.variance(Z), np.diag(covariance), atol=1e-10)


def test_without_observations() -> None:
    found = Ridge(X[:0], T[:0])
    assert not found.values(Z).any()
    np.testing.assert_allclose(found.variance(Z), 1.0)
    np.testing.assert_allclose(found.covariance(Z, X), np.exp(-(cdist(Z, X) ** 2)))


@pytest.mark.parametrize("first", [0, 4, 11])
def test_refitted_is_fitted_on_all(first: int) -> None:
    found = refitted(Ridge(X[:first], T[:first]), Z, X[first:], T[first:])
    np.testing.assert_allclose(found, Ridge(X, T).values(Z), atol=1e-10)


def test_one_observation_shifts_by_the_covariance() -> None:
    before, after = Ridge(X[:-1], T[:-1]), Ridge(X, T)
    surprise = T[-1] - before.values(X[-1:])[0]
    pull = before.covariance(Z, X[-1:])[:, 0] / (before.variance(X[-1:])[0] + NOISE)
    np.testing.assert_allclose(after.values(Z), before.values(Z) + np.outer(pull, surprise), atol=1e-10)


def test_sparse_rows() -> None:
    dense, found = Ridge(X, T), Ridge(sparse.csr_array(X), T)
    np.testing.assert_allclose(found.values(sparse.csr_array(Z)), dense.values(Z))
    np.testing.assert_allclose(found.variance(sparse.csr_array(Z)), dense.variance(Z))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_mean_likeness(form: type) -> None:
    table = np.exp(-(cdist(Z, X) ** 2) / spread(X) ** 2)
    np.testing.assert_allclose(mean_likeness(form(Z), form(X), "gaussian"), table.mean(axis=1))
    cosine = cosine_similarity(Z, X).mean(axis=1)
    np.testing.assert_allclose(mean_likeness(form(Z), form(X), "cosine"), cosine, atol=1e-12)


def test_row_of_zeros_is_like_nothing_by_angle() -> None:
    assert mean_likeness(np.zeros((1, 3)), X, "cosine").tolist() == [0.0]
