"""Kernels that open-set strategies stand on, against plain and slow versions of the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from asknext.kernels.conditional import facility_gains, log_det_gains
from asknext.kernels.finch import finch
from asknext.kernels.groups import group_means, place_in_group


def log_det(X: np.ndarray, noise: float) -> float:
    return float(np.linalg.slogdet(X @ X.T + noise * np.eye(len(X)))[1])


@given(seed=st.integers(0, 10**6), t=st.integers(0, 4), g=st.integers(0, 4), noise=st.floats(0.1, 2.0))
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


def test_finch_on_a_line() -> None:
    found = finch(LINE)
    assert [labels.tolist() for labels in found] == [list(range(7)), [0, 0, 1, 1, 1, 2, 2], [0] * 7]
    sparse_rows = sparse.csr_array(LINE)
    assert [labels.tolist() for labels in finch(sparse_rows)] == [labels.tolist() for labels in found]
    for rows in (LINE, sparse_rows):
        np.testing.assert_allclose(group_means(rows, found[1]).ravel(), [0.5, 33.5 / 3, 100.5])


@given(seed=st.integers(0, 10**6), m=st.integers(0, 40))
@settings(max_examples=30)
def test_places_in_groups_by_hand(seed: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    groups, order = rng.integers(0, 5, size=m), rng.permutation(m)
    assert place_in_group(groups).tolist() == [groups[:i].tolist().count(groups[i]) for i in range(m)]
    sorted_ = groups[order].tolist()
    assert place_in_group(groups, order)[order].tolist() == [sorted_[:i].count(sorted_[i]) for i in range(m)]


@given(seed=st.integers(0, 10**6), m=st.integers(2, 40))
@settings(max_examples=30)
def test_first_step_of_finch_by_hand(seed: int, m: int) -> None:
    """Rows are together if a chain of nearest ones joins them."""
    X = np.random.default_rng(seed).normal(size=(m, 2))
    away = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    group = np.arange(m)
    for row in range(m):
        group[group == group[row]] = group[away[row].argmin()]
    labels = finch(X)[1]
    np.testing.assert_array_equal(labels[:, None] == labels, group[:, None] == group)


def test_one_row_and_copies() -> None:
    assert [labels.tolist() for labels in finch(np.zeros((1, 3)))] == [[0]]
    assert finch(np.zeros((5, 3)))[-1].tolist() == [0] * 5
