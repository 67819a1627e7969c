"""The self-tuning kernel and its scales against their formulas, written plainly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from asknext.kernels.coverage import gathered
from asknext.kernels.self_tuning import SelfTuning, local_scale


def test_the_kernel_is_its_formula() -> None:
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
    s, r = rng.uniform(0.5, 2, 30), rng.uniform(0.5, 2, 30)
    for t in (0.0, 0.4, 1.0):
        K = SelfTuning([X, Y], [s, r], t).table(slice(0, 30), np.arange(30))
        e = cdist(X, X) ** 2 / (s[:, None] ** (1 - t) * s ** (1 + t))
        e += cdist(Y, Y) ** 2 / (r[:, None] ** (1 - t) * r ** (1 + t))
        np.testing.assert_allclose(K, np.exp(-e / 2), rtol=1e-3)
    similar = SelfTuning([X, Y], [s, r], 0.4)
    rows = np.array([3, 7])
    table = similar.table(rows, slice(None))
    np.testing.assert_allclose(gathered(similar, rows, np.maximum), table.max(axis=0))
    np.testing.assert_allclose(gathered(similar, rows, np.add), table.sum(axis=0), rtol=1e-5)
    assert not gathered(similar, rows[:0], np.add).any()


def test_scales_have_a_floor_and_copies_do_not_make_them_0() -> None:
    X = np.array([[0.0], [0.0], [1.0], [2.0], [4.0]])
    scale = local_scale(X, X, np.arange(5), 1, 0.5)
    assert scale.tolist() == [0.5, 0.5, 1.0, 1.0, 2.0]
    assert local_scale(X[:2], X[:2], np.arange(2), 1, 0.05).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("unit", [1e-200, 1e-100, 1e-25, 1e25, 1e100])
@pytest.mark.parametrize("t", [0.0, 0.4, 1.0])
def test_the_unit_of_the_rows_does_not_matter(unit: float, t: float) -> None:
    """Squares of large and small numbers leave single precision; the smallest are all copies."""
    X = np.random.default_rng(1).normal(size=(30, 4))
    tables = []
    for rows in (X, unit * X):
        scale = local_scale(rows, rows, np.arange(30), 3, 0.05)
        tables.append(SelfTuning([rows], [scale], t).table(slice(0, 30), slice(0, 30)))
    if unit < 1e-150:
        assert (tables[1] == 1).all()
    else:
        np.testing.assert_allclose(tables[1], tables[0], rtol=1e-3)
