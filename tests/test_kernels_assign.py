"""Distinct rows for centres: the worked value, and exactly as good as the full problem."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from asknext.kernels import distances
from asknext.kernels.assign import cheapest, distinct_nearest, nearest_rows


def test_worked_value() -> None:
    """Nearest row for nearest row would take row 0 twice; together, rows 0 and 1 cost 1.1."""
    cost = np.array([[0, 1], [0.1, 5], [3, 3]]).T
    taken = cheapest(np.array([[0, 1, 2], [0, 1, 2]]), cost, np.full(2, np.inf))
    assert taken.tolist() == [1, 0]
    assert cost[[0, 1], taken].sum() == pytest.approx(1.1)


def test_a_centre_may_go_beyond_its_shortlist() -> None:
    """Both want row 4; the one that has little to lose beyond its shortlist goes there."""
    rows = np.array([[4, 7], [4, 8]])
    costs = np.array([[0.0, 9.0], [0.0, 9.0]])
    assert cheapest(rows, costs, np.array([1.0, 8.0])).tolist() == [-1, 0]
    assert cheapest(rows, costs, np.array([8.0, 1.0])).tolist() == [0, -1]


def test_more_centres_than_rows_on_the_shortlists() -> None:
    taken = cheapest(np.array([[4, 7]] * 3), np.array([[0.0, 1.0]] * 3), np.full(3, 2.0))
    assert sorted(taken.tolist()) == [-1, 0, 1]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), m=st.integers(1, 40), grid=st.booleans(), data=st.data())
def test_as_good_as_the_full_problem(seed: int, m: int, grid: bool, data: st.DataObject) -> None:
    b = data.draw(st.integers(1, m))
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 3, size=(m, 2)).astype(float) if grid else rng.normal(size=(m, 2))
    centres = X[rng.integers(0, m, b)] + rng.choice([0.0, 0.3]) * rng.normal(size=(b, 2))
    rows, distance = distinct_nearest(X, centres)
    cost = cdist(X, centres)
    best = cost[linear_sum_assignment(cost)].sum()
    assert len(np.unique(rows)) == b
    np.testing.assert_allclose(cost[rows, np.arange(b)], distance, atol=1e-6)
    assert distance.sum() == pytest.approx(best, abs=1e-6)


def test_many_centres_in_one_spot() -> None:
    """Shortlists must grow until they hold a row for each centre."""
    X = np.arange(100.0)[:, None]
    rows, distance = distinct_nearest(X, np.zeros((30, 1)))
    assert sorted(rows.tolist()) == list(range(30))
    np.testing.assert_allclose(np.sort(distance), np.arange(30.0))


def test_nearest_rows_over_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 20)
    rng = np.random.default_rng(0)
    X, centres = rng.normal(size=(50, 3)), rng.normal(size=(5, 3))
    expected = np.sort(cdist(centres, X), axis=1)[:, :6]
    for form in (np.asarray, sparse.csr_array):
        rows, distance = nearest_rows(form(X), centres, 6)
        np.testing.assert_allclose(np.sort(distance, axis=1), expected)
        np.testing.assert_allclose(np.sort(np.take_along_axis(cdist(centres, X), rows, 1), axis=1), expected)


def test_the_table_of_all_pairs_is_never_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 1 << 16)
    X = np.random.default_rng(0).normal(size=(20_000, 8)).astype(np.float32)
    tracemalloc.start()
    try:
        rows, _ = distinct_nearest(X, X[:300] + np.float32(0.01))
        assert tracemalloc.get_traced_memory()[1] < 20_000 * 300 * 4 / 4
    finally:
        tracemalloc.stop()
    assert len(np.unique(rows)) == 300
