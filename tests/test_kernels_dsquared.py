"""D² sampling: the distribution of a dense naive one, never a row twice, nothing of size n · c · d."""

from __future__ import annotations

import tracemalloc
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats
from scipy.spatial.distance import cdist

from asknext.kernels.dsquared import d_squared


def chances(G: np.ndarray, n: int, first: int | None) -> dict[tuple[int, ...], float]:
    """The probability of each sequence of n rows, from dense rows and the definition."""
    squared = cdist(G, G, "sqeuclidean")
    table = {}
    for rows in permutations(range(len(G)), n):
        chance = 1 / len(G) if first is None else float(rows[0] == first)
        for step in range(1, n):
            mass = squared[list(rows[:step])].min(axis=0)
            chance *= mass[rows[step]] / mass.sum()
        table[rows] = chance
    return table


@pytest.mark.parametrize("factored", [True, False])
@pytest.mark.parametrize("first", [None, 2])
def test_draws_follow_the_definition(factored: bool, first: int | None) -> None:
    rng = np.random.default_rng(0)
    X, Q = rng.normal(size=(5, 3)) + 1, rng.normal(size=(5, 2))
    G = np.einsum("nc,nd->ncd", Q, X).reshape(5, 6) if factored else X
    expected = chances(G, 3, first)
    draws = 3000
    counts = dict.fromkeys(expected, 0)
    for _ in range(draws):
        rows, _ = d_squared(X, 3, rng, Q if factored else None, first)
        counts[tuple(rows.tolist())] += 1
    possible = [rows for rows in expected if expected[rows] > 0]
    assert sum(counts[rows] for rows in possible) == draws
    test = stats.chisquare([counts[r] for r in possible], [draws * expected[r] for r in possible])
    assert test.pvalue > 1e-3


@given(seed=st.integers(0, 10**6), m=st.integers(1, 15), distinct=st.integers(1, 4), data=st.data())
def test_rows_are_distinct_and_distances_true(seed: int, m: int, distinct: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, m))
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, distinct, size=m)
    X, Q = rng.normal(size=(distinct, 3))[kind], rng.normal(size=(distinct, 2))[kind]
    G = np.einsum("nc,nd->ncd", Q, X).reshape(m, 6)
    rows, distance = d_squared(X, n, rng, Q)
    assert len(np.unique(rows)) == n
    assert np.isclose(distance[0], np.linalg.norm(G[rows[0]]))
    for step in range(1, n):
        assert np.isclose(distance[step], cdist(G[rows[step : step + 1]], G[rows[:step]]).min(), atol=1e-6)
    groups = len(np.unique(kind))
    assert len(np.unique(kind[rows[:groups]])) == min(n, groups)  # copies only once all else is drawn


def test_without_any_mass_the_rest_is_drawn_uniformly() -> None:
    rng = np.random.default_rng(0)
    X = np.ones((6, 2))
    second = [int(d_squared(X, 2, rng, first=0)[0][1]) for _ in range(2000)]
    assert stats.chisquare(np.bincount(second, minlength=6)[1:]).pvalue > 1e-3
    assert 0 not in second


def test_rows_of_zero_mass_are_never_drawn_while_there_is_mass() -> None:
    X = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    for seed in range(50):
        assert d_squared(X, 2, np.random.default_rng(seed), first=0)[0].tolist() == [0, 2]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_sparse_rows_draw_the_same(kind: type) -> None:
    X = np.random.default_rng(0).normal(size=(40, 6)).astype(kind)
    Q = np.random.default_rng(1).normal(size=(40, 3)).astype(kind)
    dense, sparse_ = (d_squared(x, 20, np.random.default_rng(2), Q)[0] for x in (X, sparse.csr_array(X)))
    assert dense.tolist() == sparse_.tolist()


def test_plain_sampling_does_not_depend_on_the_origin() -> None:
    X = np.random.default_rng(0).normal(size=(40, 6))
    here, there = (d_squared(x, 20, np.random.default_rng(2))[0] for x in (X, X + 1e4))
    assert here.tolist() == there.tolist()


def test_the_products_are_never_built() -> None:
    rng = np.random.default_rng(0)
    X, Q = rng.normal(size=(2000, 64)), rng.normal(size=(2000, 50))
    tracemalloc.start()
    try:
        d_squared(X, 30, rng, Q)
        assert tracemalloc.get_traced_memory()[1] < 2000 * 64 * 50 * 8 / 20
    finally:
        tracemalloc.stop()
