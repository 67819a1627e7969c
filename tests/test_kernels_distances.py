"""Distances in blocks: what they are, far from the origin, in low precision and sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from scipy.spatial.distance import cdist

from asknext.errors import AskNextError
from asknext.kernels import distances
from asknext.kernels.distances import as_points, blocks, centred, squared_distances, squared_norms, to_nearest

matrices = arrays(np.float64, st.tuples(st.integers(1, 8), st.just(3)), elements=st.floats(-100, 100))
forms = pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csr_matrix])


@given(X=matrices, Y=matrices)
def test_squared_distances_agree_with_scipy(X: np.ndarray, Y: np.ndarray) -> None:
    table = squared_distances(X, Y, squared_norms(X), squared_norms(Y))
    np.testing.assert_allclose(table, cdist(X, Y, "sqeuclidean"), atol=1e-9)
    assert (table >= 0).all()


@forms
def test_dense_and_sparse_rows_give_the_same(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 10)  # several blocks
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(31, 4)), rng.normal(size=(5, 4))
    expected = cdist(X, Y, "sqeuclidean").min(axis=1)
    np.testing.assert_allclose(to_nearest(form(X), form(Y)), expected)
    np.testing.assert_allclose(to_nearest(form(X), Y), expected)
    np.testing.assert_allclose(squared_norms(form(X)), (X**2).sum(axis=1))
    np.testing.assert_allclose(distances.products(form(X), 3), X @ X[3])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("d", [1, 7, 700])
def test_the_distance_to_a_copy_is_nothing(kind: type, d: int) -> None:
    X = np.random.default_rng(0).normal(size=(50, d)).astype(kind)
    assert (to_nearest(X, X[::-1]) == 0).all()


def test_centred_rows_keep_their_digits_far_from_the_origin() -> None:
    near = np.random.default_rng(0).normal(size=(40, 3))
    X, Y = centred((near + 3e3).astype(np.float32), (near[:4] + 3e3).astype(np.float32))
    assert X.dtype == np.float32
    np.testing.assert_allclose(np.sqrt(to_nearest(X, Y)), cdist(near, near[:4]).min(axis=1), atol=2e-3)


def test_sparse_rows_are_not_shifted() -> None:
    X = sparse.csr_array(np.eye(3))
    assert centred(X, X)[0] is X


@given(n=st.integers(0, 50), width=st.integers(0, 50))
def test_blocks_cover_each_row_once(n: int, width: int) -> None:
    parts = list(blocks(n, width))
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(n))


def test_blocks_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 12)
    assert max(part.stop - part.start for part in blocks(100, 5)) == 2
    assert max(part.stop - part.start for part in blocks(100, 50)) == 1


@pytest.mark.parametrize(
    ("given_type", "measured"),
    [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("i4", "f8"), ("?", "f8"), (np.longdouble, "f8")],
)
def test_points_are_floating_point(given_type: Any, measured: str) -> None:
    points = as_points(np.ones((2, 3), dtype=given_type))
    assert points.dtype == measured
    assert points.shape == (2, 3)


def test_points_of_more_axes_are_flattened_and_texts_refused() -> None:
    assert as_points(np.ones((2, 3, 4))).shape == (2, 12)
    assert sparse.issparse(as_points(sparse.coo_array(np.eye(2, dtype=int))))
    with pytest.raises(AskNextError, match="need numbers"):
        as_points(np.array([["a"], ["b"]]))
