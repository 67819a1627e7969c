"""Distances to what is labelled, and the metrics made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from asknext.monitor import exploration
from asknext.types import Array

LINE = np.arange(5.0)[:, None]


def points(*values: float) -> Array:
    return np.array(values, dtype=float)[:, None]


@st.composite
def scene(draw: st.DrawFn) -> tuple[Array, Array, Array]:
    """Items, labelled items and a batch, on a grid so that copies occur."""
    d = draw(st.integers(1, 3))
    sizes = [draw(st.integers(1, 8)) for _ in range(3)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    items, known, batch = (rng.integers(-3, 4, size=(m, d)).astype(float) for m in sizes)
    return items, known, batch


def test_worked_gap() -> None:
    before = exploration.nearest_labelled(LINE, points(0))
    after = exploration.closer(before, LINE, points(4))
    assert before.sum() == pytest.approx(10)
    assert after.sum() == pytest.approx(4)
    assert exploration.gap(before, after) == pytest.approx(6 / 5)
    assert exploration.gap_of_batch(before, LINE, points(4)) == pytest.approx(6 / 5)
    assert exploration.gap_of_batch(before, LINE, points()) == 0


def test_a_gap_needs_labelled_items_before() -> None:
    nothing = exploration.nearest_labelled(LINE, points())
    assert np.isinf(nothing).all()
    assert exploration.gap_of_batch(nothing, LINE, points(2)) is None
    assert exploration.gap_of_batch(nothing, LINE, points()) is None
    assert exploration.gap(np.empty(0), np.empty(0)) is None
    assert exploration.nearest_labelled(points(), points(1)).shape == (0,)


@given(scene=scene())
def test_against_a_table_of_all_distances(scene: tuple[Array, Array, Array]) -> None:
    X, known, batch = scene
    before = exploration.nearest_labelled(X, known)
    after = exploration.closer(before, X, batch)
    np.testing.assert_allclose(before, cdist(X, known).min(axis=1), atol=1e-7)
    np.testing.assert_allclose(after, cdist(X, np.vstack([known, batch])).min(axis=1), atol=1e-7)
    gap = exploration.gap(before, after)
    assert gap is not None
    assert 0 <= gap <= before.mean()
    assert exploration.gap_of_batch(before, X, known) == pytest.approx(0, abs=1e-7)


@given(scene=scene(), scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_a_gap_moves_with_the_scale_alone(scene: tuple[Array, Array, Array], scale: float, seed: int) -> None:
    X, known, batch = scene
    gap = exploration.gap_of_batch(exploration.nearest_labelled(X, known), X, batch)
    assert gap is not None
    order = np.random.default_rng(seed).permutation(len(X))
    near = exploration.nearest_labelled(X[order] * scale + 7, known * scale + 7)
    moved = exploration.gap_of_batch(near, X[order] * scale + 7, batch * scale + 7)
    assert moved == pytest.approx(gap * scale, abs=1e-6)
    twice = np.repeat(X, 2, axis=0)
    doubled = exploration.gap_of_batch(exploration.nearest_labelled(twice, known), twice, batch)
    assert doubled == pytest.approx(gap, abs=1e-7)


def test_sparse_rows_and_half_precision() -> None:
    X = np.array([[0.0, 2.0], [3.0, 0.0], [0.0, 0.0]])
    expected = [2.0, 3.0, 0.0]
    known = np.array([[0.0, 0.0]])
    assert exploration.nearest_labelled(sparse.csr_array(X), sparse.csr_array(known)).tolist() == expected
    halves = exploration.nearest_labelled(X.astype(np.float16), known.astype(np.float16))
    np.testing.assert_allclose(halves, expected, rtol=1e-6)


def test_hard_and_soft_by_hand() -> None:
    before = exploration.nearest_by_class(LINE, points(0, 4), np.array([0, 1]), 2)
    np.testing.assert_allclose(before, np.column_stack([np.arange(5), np.arange(5)[::-1]]), atol=1e-12)
    after = exploration.nearest_by_class(LINE, points(0, 4, 1), np.array([0, 1, 1]), 2)
    np.testing.assert_allclose(after[:, 1], [1, 0, 1, 1, 0], atol=1e-12)
    assert exploration.hard(before, after) == 3 / 5  # of classes 0, 0, 0, 1, 1 the second and third change
    assert exploration.soft(before, after) == pytest.approx((3 + 3 + 1) / 10)  # of 4, 3, 2, 1, 0 in class 1


def test_a_class_without_labelled_items() -> None:
    before = exploration.nearest_by_class(LINE, points(0), np.array([0]), 3)
    after = exploration.nearest_by_class(LINE, points(0, 4), np.array([0, 2]), 3)
    assert np.isinf(before[:, 1:]).all()
    assert exploration.hard(before, before) == 1
    assert exploration.hard(before, after) == 3 / 5  # items 3 and 4 now lie nearest to class 2
    assert exploration.soft(before, after) == 0  # class 0, the only one known in both rounds, has not moved
    empty = exploration.nearest_by_class(LINE, points(), np.array([], dtype=int), 3)
    assert exploration.hard(empty, after) is None
    assert exploration.soft(empty, after) is None
    assert exploration.hard(np.empty((0, 3)), np.empty((0, 3))) is None
    assert exploration.hard(np.empty((5, 0)), np.empty((5, 0))) is None


@given(scene=scene(), seed=st.integers(0, 99))
def test_hard_and_soft_bounds(scene: tuple[Array, Array, Array], seed: int) -> None:
    X, known, batch = scene
    rng = np.random.default_rng(seed)
    grown, labels = np.vstack([known, batch]), rng.integers(3, size=len(known) + len(batch))
    before = exploration.nearest_by_class(X, known, labels[: len(known)], 3)
    after = exploration.nearest_by_class(X, grown, labels, 3)
    np.testing.assert_allclose(after.min(axis=1), exploration.nearest_labelled(X, grown), atol=1e-7)
    hard, soft = exploration.hard(before, after), exploration.soft(before, after)
    assert hard is not None
    assert soft is not None
    assert 0 <= hard <= 1
    assert 0 <= soft <= cdist(X, grown).max() + 1e-7
    assert (exploration.hard(after, after), exploration.soft(after, after)) == (1, 0)
    turned = exploration.soft(before[:, ::-1], after[:, ::-1])
    assert turned == pytest.approx(soft)


def test_coverage_by_hand() -> None:
    distances = exploration.nearest_labelled(LINE, points(0, 4))
    assert exploration.coverage(distances, 0) == 2 / 5
    assert exploration.coverage(distances, 1) == 4 / 5
    assert exploration.coverage_radius(distances) == 2
    assert exploration.mean_distance(distances) == 4 / 5


def test_coverage_of_nothing() -> None:
    nothing = exploration.nearest_labelled(LINE, points())
    assert exploration.coverage(nothing, 9) == 0
    assert exploration.coverage_radius(nothing) is None
    assert exploration.mean_distance(nothing) is None
    assert exploration.coverage(np.empty(0), 1) is None
    assert exploration.coverage_radius(np.empty(0)) is None


@given(scene=scene(), radius=st.floats(0, 20), wider=st.floats(0, 5))
def test_coverage_bounds(scene: tuple[Array, Array, Array], radius: float, wider: float) -> None:
    X, known, batch = scene
    before = exploration.nearest_labelled(X, known)
    after = exploration.closer(before, X, batch)
    share, furthest = exploration.coverage(before, radius), exploration.coverage_radius(before)
    mean, grown = exploration.mean_distance(before), exploration.coverage(after, radius + wider)
    assert share is not None
    assert furthest is not None
    assert mean is not None
    assert grown is not None
    assert 0 <= share <= grown <= 1
    assert 0 <= mean <= furthest + 1e-12
    assert exploration.coverage(before, furthest) == 1
