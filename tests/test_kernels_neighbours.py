"""Neighbour distances and copies, against what is obviously right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier

from asknext.kernels import distances
from asknext.kernels.neighbours import distinct, leave_one_out, mean_distance, most_alike


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("squared", [False, True])
def test_mean_distance_by_sorting(form: Any, squared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 100)  # several blocks
    X = np.random.default_rng(0).normal(size=(37, 3)) + 5
    pairs = np.sort(cdist(X, X), axis=1)[:, 1:5]
    expected = (pairs**2 if squared else pairs).mean(axis=1)
    np.testing.assert_allclose(mean_distance(form(X), 4, squared), expected, rtol=1e-9)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("k", [1, 5])
def test_leave_one_out_is_scikit_learn_without_the_row(
    form: Any, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distances, "BLOCK", 100)  # several blocks
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=40)
    X = rng.normal(size=(40, 2)) + np.stack([y, -y], axis=1)
    right = [
        KNeighborsClassifier(k).fit(np.delete(X, i, 0), np.delete(y, i)).predict(X[[i]])[0] == y[i]
        for i in range(40)
    ]
    assert leave_one_out(form(X), y, k) == pytest.approx(np.mean(right))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_most_alike_by_a_table_of_all_cosines(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 50)  # several blocks
    X, others = (distances.unit(np.random.default_rng(seed).normal(size=(20, 3))) for seed in (0, 1))
    X[4] = others[7]
    own = np.full(20, -1)
    for mine in (None, own):
        cosines = 1.0 - cdist(X, others, "cosine")
        if mine is not None:
            mine[4], cosines[4, 7] = 7, -1.0
        found, cosine = most_alike(form(X), form(others), mine)
        assert found.tolist() == cosines.argmax(axis=1).tolist()
        np.testing.assert_allclose(cosine, cosines.max(axis=1))


def test_most_alike_without_others_or_with_opposed_ones() -> None:
    X = np.eye(2)
    assert most_alike(X, X[:0])[1].tolist() == [-1, -1]
    assert most_alike(X[:1], X[:1], np.array([0]))[1].tolist() == [-1]
    opposed = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert most_alike(opposed, opposed, np.arange(2))[0].tolist() == [1, 0]


def test_worked_value() -> None:
    np.testing.assert_allclose(mean_distance(np.array([[0.0], [1.0], [3.0]]), 2), [2.0, 1.5, 2.5])
    np.testing.assert_allclose(mean_distance(np.array([[0.0], [1.0], [3.0]]), 2, squared=True), [5, 2.5, 6.5])


def test_a_copy_is_a_neighbour_and_a_row_is_not_its_own() -> None:
    np.testing.assert_allclose(mean_distance(np.array([[0.0], [0.0], [2.0]]), 1), [0, 0, 2])


def test_too_few_rows() -> None:
    assert mean_distance(np.array([[0.0], [4.0]]), 20).tolist() == [4, 4]
    assert mean_distance(np.array([[3.0]]), 20).tolist() == [np.inf]


@given(values=st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_distinct_is_the_first_of_each(values: list[int]) -> None:
    X = np.array([[0, value] for value in values], dtype=float)
    expected = sorted(np.unique(X, axis=0, return_index=True)[1].tolist())
    assert distinct(X).tolist() == expected
    assert distinct(sparse.csr_array(X)).tolist() == expected
