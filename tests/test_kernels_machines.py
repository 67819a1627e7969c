"""Quadratic programs, machines with margins of their own, and Gaussian processes told their expectations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from scipy.optimize import minimize as scipy_minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC, LinearSVC

from asknext.kernels.gaussian_process import GaussianProcess
from asknext.kernels.quadratic import minimise, project
from asknext.kernels.rbf import default_gamma, rbf
from asknext.kernels.svm import dual_weights


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_rbf_agrees_with_scikit_learn() -> None:
    X, Y = rng().normal(size=(7, 3)), rng(1).normal(size=(4, 3))
    np.testing.assert_allclose(rbf(X, Y, 0.3), rbf_kernel(X, Y, 0.3))
    np.testing.assert_allclose(rbf(sparse.csr_array(X), sparse.csr_array(Y), 0.3), rbf_kernel(X, Y, 0.3))
    assert default_gamma(X) == pytest.approx(1 / X.var(axis=0).sum())
    assert default_gamma(np.ones((3, 2))) == default_gamma(np.empty((0, 2))) == 1.0


@settings(max_examples=60, deadline=None)
@given(values=arrays(float, st.integers(1, 12), elements=st.floats(-5, 5)), data=st.data())
def test_no_allowed_point_is_nearer_than_the_projection(values: np.ndarray, data: st.DataObject) -> None:
    total = data.draw(st.integers(0, len(values)))
    a = project(values, total)
    assert a.min() >= 0
    assert a.max() <= 1
    assert a.sum() == pytest.approx(total, abs=1e-9)
    order = np.argsort(-(values - a))
    corner = np.zeros(len(values))
    corner[order[:total]] = 1.0  # the farthest that the set reaches in the direction of values - a
    assert (values - a) @ (corner - a) <= 1e-8


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("total", [1, 3])
def test_minimum_agrees_with_scipy(seed: int, total: int) -> None:
    A = rng(seed).normal(size=(8, 6))
    Q, c = A @ A.T, rng(seed).normal(size=8)

    def value(a: np.ndarray) -> float:
        return float(0.5 * a @ Q @ a + c @ a)

    other = scipy_minimize(
        value, np.full(8, total / 8), jac=lambda a: Q @ a + c, method="SLSQP", bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda a: a.sum() - total}, options={"ftol": 1e-12, "maxiter": 500},
    )  # fmt: skip
    a = minimise(Q, c, total)
    assert a.sum() == pytest.approx(total)
    assert value(a) == pytest.approx(other.fun, abs=1e-5)


def test_no_curvature_takes_the_cheapest() -> None:
    assert minimise(np.zeros((3, 3)), np.array([2.0, -1.0, 0.0]), 2).round(6).tolist() == [0, 1, 1]


def problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    X = rng(seed).normal(size=(25, 3))
    return X, np.sign(X @ [1.0, -1.0, 0.5] + 0.7 * rng(seed + 1).normal(size=25))


@pytest.mark.parametrize("seed", range(3))
def test_equal_margins_give_the_machine_of_scikit_learn(seed: int) -> None:
    X, y = problem(seed)
    s = dual_weights(X @ X.T + 1.0, y, np.ones(25), np.full(25, 0.5))
    other = LinearSVC(C=0.5, loss="hinge", tol=1e-8, max_iter=1_000_000).fit(X, y)
    np.testing.assert_allclose((X @ X.T + 1.0) @ s, other.decision_function(X), atol=1e-3)


@pytest.mark.parametrize("eps", [0.0, 0.2])
def test_hints_agree_with_the_primal_program(eps: float) -> None:
    """½|w|² + Σ C xi, solved in w, offset and slacks by a general solver."""
    X, y = problem(5)
    hints = rng(9).normal(size=(6, 3))
    Z = np.column_stack([np.concatenate([X, hints, hints]), np.ones(37)])
    signs = np.concatenate([y, np.ones(6), -np.ones(6)])
    margins, costs = np.repeat([1.0, -eps], [25, 12]), np.repeat([0.4, 0.3], [25, 12])
    s = dual_weights(Z @ Z.T, signs, margins, costs)
    w = Z.T @ s

    def primal(v: np.ndarray) -> float:
        return float(0.5 * v[:4] @ v[:4] + costs @ v[4:])

    other = scipy_minimize(
        primal, np.concatenate([np.zeros(4), np.ones(37)]),
        jac=lambda v: np.concatenate([v[:4], costs]), method="SLSQP",
        bounds=[(None, None)] * 4 + [(0, None)] * 37,
        constraints={
            "type": "ineq", "fun": lambda v: signs * (Z @ v[:4]) - margins + v[4:],
            "jac": lambda _: np.column_stack([signs[:, None] * Z, np.eye(37)]),
        },
        options={"ftol": 1e-12, "maxiter": 1000},
    )  # fmt: skip
    loss = 0.5 * w @ w + costs @ np.maximum(0, margins - signs * (Z @ w))
    assert loss == pytest.approx(other.fun, rel=1e-5)
    np.testing.assert_allclose(w, other.x[:4], atol=5e-3)


def test_a_free_offset_makes_little_difference() -> None:
    X, y = problem(2)
    K = rbf(X, X, 0.5)
    s = dual_weights(K + 100.0, y, np.ones(25), np.full(25, 1.0))
    other = SVC(C=1.0, kernel="precomputed", tol=1e-8).fit(K, y)
    np.testing.assert_allclose((K + 100.0) @ s, other.decision_function(K), atol=0.05)
    assert dual_weights(np.zeros((0, 0)), np.zeros(0), np.zeros(0), np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("known", [0, 6])
def test_process_agrees_with_scikit_learn(known: int) -> None:
    X, observed = rng().normal(size=(20, 2)), rng(1).normal(size=(known, 2))
    y = rng(2).normal(size=(known, 1))
    process = GaussianProcess(X, observed, y, 0.5, 0.3, 3)
    for row in (4, 9, 11):
        value = process.mean[row, 0] if known else 0.0
        observed, y = np.concatenate([observed, X[[row]]]), np.concatenate([y, [[value]]])
        process.expect(row)
    other = GaussianProcessRegressor(RBF(1.0), alpha=0.3, optimizer=None).fit(observed, y.ravel())
    mean, std = other.predict(X, return_std=True)
    np.testing.assert_allclose(process.mean[:, 0], mean, atol=1e-9)
    others = np.setdiff1d(np.arange(20), [4, 9, 11])
    np.testing.assert_allclose(process.variance[others], std[others] ** 2 + 0.3, atol=1e-9)
