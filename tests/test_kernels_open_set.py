"""Kernels that open-set strategies stand on, against plain and slow versions of the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.special import softmax

from asknext.kernels.conditional import facility_gains, log_det_gains
from asknext.kernels.finch import cluster_means, finch
from asknext.kernels.negative_head import negative_head
from asknext.kernels.softmax_head import softmax_head


def log_det(X: np.ndarray, noise: float) -> float:
    return float(np.linalg.slogdet(X @ X.T + noise * np.eye(len(X)))[1])


@given(seed=st.integers(0, 10**6), t=st.integers(0, 4), g=st.integers(0, 4), noise=st.just(0.1) | st.just(1.0))
@settings(max_examples=30)
def test_log_det_gains_are_those_of_determinants(seed: int, t: int, g: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    X, target, given_ = rng.normal(size=(15, 4)), rng.normal(size=(t, 4)), rng.normal(size=(g, 4))

    def value(rows: list[int]) -> float:
        known = np.concatenate([X[rows], given_])
        return log_det(known, noise) - log_det(np.concatenate([known, target]), noise)

    rows, gains = log_det_gains(X, 6, target, given_, rng, noise)
    for step in range(6):
        before = rows[:step].tolist()
        others = [value([*before, row]) - value(before) for row in range(15) if row not in before]
        assert gains[step] == pytest.approx(max(others), abs=1e-8)
        assert value([*before, int(rows[step])]) - value(before) == pytest.approx(gains[step], abs=1e-8)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 12))
@settings(max_examples=30)
def test_facility_gains_by_plain_greedy(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    X, marks = rng.normal(size=(12, 3)), rng.normal(size=(9, 3))
    cap, floor, covered = rng.random((3, 9))

    def value(rows: list[int]) -> float:
        best = np.maximum((marks @ X[rows].T).max(axis=1, initial=-np.inf), covered)
        return float(np.maximum(np.minimum(best, cap) - floor, 0.0).sum())

    rows, gains = facility_gains(X, n, marks, cap, floor, covered, rng.random(12))
    assert len(set(rows.tolist())) == n
    for step in range(n):
        before = rows[:step].tolist()
        others = [value([*before, row]) - value(before) for row in range(12) if row not in before]
        assert gains[step] == pytest.approx(max(others), abs=1e-12)


def test_nothing_left_to_gain_leaves_it_to_preference() -> None:
    marks, none = np.ones((2, 1)), np.zeros(2)
    rows, gains = facility_gains(np.ones((4, 1)), 4, marks, none + 0.5, none, none, np.array([1, 3, 0, 2]))
    assert rows.tolist() == [1, 3, 0, 2]
    assert gains.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_sparse_rows_give_the_same_gains() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 5)) * (rng.random((20, 5)) < 0.5)
    one = log_det_gains(X, 5, X[:4], X[4:6], np.random.default_rng(0))
    other = log_det_gains(
        sparse.csr_array(X), 5, sparse.csr_array(X[:4]), sparse.csr_array(X[4:6]), np.random.default_rng(0)
    )
    assert one[0].tolist() == other[0].tolist()
    np.testing.assert_allclose(one[1], other[1])


LINE = np.array([0, 1, 10, 11, 12.5, 100, 101], dtype=float)[:, None]


@pytest.mark.parametrize(
    ("least", "groups"),
    [(1, [0] * 7), (2, [0, 0, 1, 1, 1, 2, 2]), (3, [0, 0, 1, 1, 1, 2, 2]), (4, list(range(7)))],
)
def test_finch_on_a_line(least: int, groups: list[int]) -> None:
    labels = finch(LINE, least)
    assert labels.tolist() == groups
    assert finch(sparse.csr_array(LINE), least).tolist() == groups
    np.testing.assert_allclose(
        np.asarray(cluster_means(LINE, labels)).ravel(),
        [LINE[labels == label].mean() for label in range(max(groups) + 1)],
    )


@given(seed=st.integers(0, 10**6), m=st.integers(1, 40))
@settings(max_examples=30)
def test_finch_first_step_by_hand(seed: int, m: int) -> None:
    """With as many clusters wanted as the first step leaves: rows that a chain of nearest ones joins."""
    X = np.random.default_rng(seed).normal(size=(m, 2))
    away = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    group = list(range(m))
    for row in range(m if m > 1 else 0):
        old, new = group[row], group[int(away[row].argmin())]
        group = [new if one == old else one for one in group]
    labels = finch(X, len(set(group)))
    assert [labels[i] == labels[j] for i in range(m) for j in range(m)] == [
        group[i] == group[j] for i in range(m) for j in range(m)
    ]


def test_one_row_and_copies() -> None:
    assert finch(np.zeros((1, 3))).tolist() == [0]
    assert len(finch(np.zeros((5, 3)))) == 5


def loss(head: Any, X: np.ndarray, y: np.ndarray, others: np.ndarray, weight: float) -> float:
    """What `negative_head` minimises, written plainly; features here have mean 0 and typical deviation 1."""
    p = softmax(X @ head.weights.T + head.bias, axis=1)[np.arange(len(y)), y]
    q = softmax(others @ head.weights.T + head.bias, axis=1)
    penalty = 0.5 * np.square(head.weights).sum() / len(y)
    return float(-np.log(p).mean() - weight * np.log(1.0 - q).mean() + penalty)


@pytest.mark.parametrize("k", [2, 3])
def test_negative_head_is_at_a_minimum(k: int) -> None:
    rng = np.random.default_rng(k)
    others = rng.normal(size=(200, 4))
    others = (others - others.mean(axis=0)) / others.std()
    others -= others.mean(axis=0)
    y = np.arange(30) % k
    X = others[:30] + 2.0 * np.eye(4)[y]
    head = negative_head(X, y, others, k, weight=0.7)
    least = loss(head, X, y, others, 0.7)
    for _ in range(20):
        moved = type(head)(
            head.weights + 0.02 * rng.normal(size=(k, 4)), head.bias + 0.02 * rng.normal(size=k)
        )
        assert loss(moved, X, y, others, 0.7) > least - 1e-9


def test_negative_head_is_unsure_where_it_has_no_examples() -> None:
    """Beside the classes lies a cloud without labels: a plain head is sure of it, this one less."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2)) * 0.3 + np.repeat([[-2.0, 0.0], [2.0, 0.0]], 20, axis=0)
    y = np.repeat([0, 1], 20)
    cloud = rng.normal(size=(200, 2)) * 0.3 + [2.0, 6.0]
    plain, negative = softmax_head(X, y, 2), negative_head(X, y, np.concatenate([X, cloud]), 2)
    assert (negative.proba(X).argmax(axis=1) == y).all()
    gap = negative.proba(X).max(axis=1).mean() - negative.proba(cloud).max(axis=1).mean()
    assert gap > plain.proba(X).max(axis=1).mean() - plain.proba(cloud).max(axis=1).mean() + 0.1
