"""Farthest-first traversal: worked values, a naive twin, duplicates and ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from asknext.kernels.kcenter import k_center

POINTS = np.array([[0, 0], [64, 1], [32, 0], [16, 1], [8, 0], [4, 1]], dtype=float)


def naive(X: np.ndarray, n: int, centres: np.ndarray) -> tuple[list[int], list[float]]:
    """The same by its definition, quadratic; without centres from the row closest to the mean."""
    taken: list[int] = []
    radii: list[float] = []
    for _ in range(n):
        known = np.concatenate([centres, X[taken]])
        if len(known):
            gap = cdist(X, known).min(axis=1)
            gap[taken] = -1
        else:
            gap = -np.linalg.norm(X - X.mean(axis=0), axis=1)
        taken.append(int(gap.argmax()))
        radii.append(float(gap.max()))
    if not len(centres):
        radii[0] = float(np.linalg.norm(X - X[taken[0]], axis=1).max())
    return taken, radii


def test_worked_value() -> None:
    rng = np.random.default_rng(0)
    taken, radii = k_center(POINTS[1:], 5, rng, POINTS[:1])
    assert taken.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(radii, [64.008, 32, 16.031, 8, 4.123], atol=5e-4)


@given(seed=st.integers(0, 10**6), m=st.integers(1, 30), n_centres=st.integers(0, 4), data=st.data())
def test_agrees_with_the_naive_one(seed: int, m: int, n_centres: int, data: st.DataObject) -> None:
    assume(m != 2 or n_centres > 0)  # two rows are equally close to their mean
    n = data.draw(st.integers(1, m))
    rng = np.random.default_rng(seed)
    X, centres = rng.normal(size=(m, 3)) + 20, rng.normal(size=(n_centres, 3)) + 20
    expected = naive(X, n, centres)
    for form in (np.asarray, sparse.csr_array):
        taken, radii = k_center(form(X), n, rng, form(centres))
        assert taken.tolist() == expected[0]
        np.testing.assert_allclose(radii, expected[1], atol=1e-6)
    if n_centres == 0:
        assert k_center(X, n, rng)[0].tolist() == expected[0]


def test_radii_never_grow_and_cover() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 5))
    taken, radii = k_center(X, 20, rng)
    assert (np.diff(radii) <= 1e-12).all()
    assert cdist(X, X[taken]).min(axis=1).max() <= radii[-1]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_duplicates_are_taken_once_as_long_as_there_is_anything_else(kind: type) -> None:
    rng = np.random.default_rng(2)
    X = np.repeat(rng.normal(size=(6, 40)), 5, axis=0).astype(kind)
    taken, radii = k_center(X, 30, rng)
    assert len(np.unique(taken[:6] // 5)) == 6
    assert len(np.unique(taken)) == 30
    assert (radii[6:] == 0).all()


def test_ties_are_broken_by_the_generator() -> None:
    square = np.array([[0, 0], [0, 2], [2, 0], [2, 2.0]])
    middle = np.array([[1.0, 1.0]])
    first = [int(k_center(square, 1, np.random.default_rng(seed), middle)[0][0]) for seed in range(60)]
    assert set(first) == {0, 1, 2, 3}
    assert first == [int(k_center(square, 1, np.random.default_rng(s), middle)[0][0]) for s in range(60)]
