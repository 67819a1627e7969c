"""Coverage, facility location, neighbour graphs and length scales against forms written plainly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from asknext.kernels.coverage import Coverage, Kernel, Reach, cover_by, scaled, similarity
from asknext.kernels.facility import facility_location, on_graph, sample_of, similarity_graph
from asknext.kernels.graphs import nearest_graph
from asknext.kernels.scale import nearest_other, pure_radius, purity_radii, spread
from asknext.types import Array

KERNELS = {
    "rbf": lambda t: np.exp(-t * t),
    "ball": lambda t: (t < 1.0).astype(float),
    "linear": lambda t: np.maximum(0.0, 1.0 - t),
}


def plain(
    X: Array, n: int, width: float, kernel: str, weights: Array | None = None, centres: Array | None = None
) -> tuple[list[int], list[float]]:
    """Greedy facility location as in a textbook: all pairs, all gains at every step."""
    table = KERNELS[kernel](cdist(X, X) / width)
    covered = np.zeros(len(X)) if centres is None else KERNELS[kernel](cdist(X, centres) / width).max(axis=1)
    weights = np.ones(len(X)) if weights is None else weights
    taken, rows, gains = np.zeros(len(X), dtype=bool), [], []
    for _ in range(n):
        gain = np.maximum(table - covered, 0.0) @ weights
        gain[taken] = -1.0
        rows.append(int(gain.argmax()))
        gains.append(float(gain.max()))
        taken[rows[-1]] = True
        covered = np.maximum(covered, table[rows[-1]])
    return rows, gains


@pytest.mark.parametrize(("kernel", "width"), [("rbf", 1.0), ("rbf", 4.0), ("ball", 1.0), ("linear", 20.0)])
@pytest.mark.parametrize("dense", [True, False])
def test_the_picks_are_those_of_plain_greedy(kernel: Kernel, width: float, dense: bool) -> None:
    rng = np.random.default_rng(0)
    X, centres, weights = rng.normal(size=(600, 5)), rng.normal(size=(4, 5)), rng.random(600)
    rows, gains = plain(X, 25, width, kernel, weights, centres)
    form = np.asarray if dense else sparse.csr_matrix
    found = facility_location(form(X), 25, rng, width, kernel, weights, form(centres))
    assert found.rows.tolist() == rows
    np.testing.assert_allclose(found.gains, gains, rtol=1e-6)
    assert found.way == "all rows"


def test_many_rows_in_single_precision_still_give_the_picks_of_plain_greedy() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(4200, 8)) + 2.0 * rng.integers(0, 3, size=(4200, 1))
    (points,) = scaled(3.0, X)
    assert points.dtype == np.float32
    rows, gains = plain(X, 12, 3.0, "rbf")
    found = facility_location(X, 12, rng, 3.0)
    assert found.rows.tolist() == rows
    np.testing.assert_allclose(found.gains, gains, rtol=1e-4)


def test_single_precision_is_not_used_where_it_would_not_suffice() -> None:
    X = np.random.default_rng(0).normal(size=(5000, 2))
    assert scaled(1e-4, X)[0].dtype == np.float64
    assert scaled(1.0, X[:100].astype(np.float32))[0].dtype == np.float64


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(list(KERNELS)), st.floats(0.2, 5.0), st.integers(2, 25))
def test_gains_never_rise_and_the_rows_are_distinct(seed: int, kernel: Kernel, width: float, m: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 3, size=(m, 2)).astype(float)  # many copies
    found = facility_location(X, m, rng, width, kernel)
    assert sorted(found.rows) == list(range(m))
    assert np.all(np.diff(found.gains) <= 1e-6)
    best = KERNELS[kernel](cdist(X, X) / width).max(axis=1).sum()
    assert found.gains.sum() == pytest.approx(best, rel=1e-6)


def test_all_are_brought_up_to_date_when_the_history_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asknext.kernels.coverage.HISTORY", 1)
    rng = np.random.default_rng(2)
    X, weights = rng.normal(size=(200, 3)), rng.random(200)
    found = facility_location(X, 50, rng, 1.0, "rbf", weights)
    assert found.rows.tolist() == plain(X, 50, 1.0, "rbf", weights)[0]


def test_small_tiles_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asknext.kernels.coverage.TILE", 7)
    rng = np.random.default_rng(3)
    X, weights, centres = rng.normal(size=(150, 3)), rng.random(150), rng.normal(size=(2, 3))
    found = facility_location(X, 40, rng, 1.5, "rbf", weights, centres)
    assert found.rows.tolist() == plain(X, 40, 1.5, "rbf", weights, centres)[0]


def test_the_gains_that_are_told_hold_at_any_time() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(80, 2))
    state, table = Coverage(Reach(X, "ball")), KERNELS["ball"](cdist(X, X))
    covered = np.zeros(80)
    for row in (5, 17, 40):
        state.take(row)
        covered = np.maximum(covered, table[row])
    some = np.array([1, 2, 60])
    state.update(some)
    np.testing.assert_allclose(state.gains[some], np.maximum(table - covered, 0.0)[some].sum(axis=1))
    assert np.all(state.gains >= np.maximum(table - covered, 0.0).sum(axis=1) - 1e-9)
    np.testing.assert_array_equal(state.covered, covered)


def test_ties_are_broken_at_random_and_by_nothing_else() -> None:
    X = 10.0 * np.arange(4.0)[:, None]
    rng = np.random.default_rng(0)
    first = [int(facility_location(X, 1, rng, 1.0, "ball").rows[0]) for _ in range(2000)]
    counts = np.bincount(first, minlength=4)
    assert ((counts - 500) ** 2 / 500).sum() < 16.3  # chi-square, 3 degrees of freedom, 0.1 %


@pytest.mark.parametrize("kernel", list(KERNELS))
def test_similarity(kernel: Kernel) -> None:
    t = np.array([0.0, 0.5, 1.0, 2.0])
    np.testing.assert_allclose(similarity(t**2, kernel), KERNELS[kernel](t), atol=1e-12)
    X, C = np.array([[0.0], [3.0]]), np.array([[1.0], [5.0]])
    np.testing.assert_allclose(cover_by(X, C, kernel), KERNELS[kernel](np.array([1.0, 2.0])))
    assert cover_by(X, C[:0], kernel).tolist() == [0.0, 0.0]


def test_beyond_the_limit_the_sum_runs_over_a_sample() -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(3000, 3))
    found = facility_location(X, 20, rng, 2.0, pairs=1_000_000)
    assert found.way == "sample"
    full = KERNELS["rbf"](cdist(X, X[found.rows]) / 2.0).max(axis=1).sum()
    assert full > 0.98 * sum(plain(X, 20, 2.0, "rbf")[1])
    assert found.gains.sum() == pytest.approx(full, rel=0.05)
    some = sample_of(1000, 30, rng)
    assert some is not None
    assert len(set(some)) == 30
    assert sample_of(100, 100, rng) is None


def test_beyond_the_limit_a_short_reach_needs_only_neighbours() -> None:
    rng = np.random.default_rng(6)
    X = rng.normal(size=(3000, 3))
    weights = rng.random(3000)
    found = facility_location(X, 50, rng, 0.15, "rbf", weights, pairs=1_000_000)
    assert found.way == "neighbours"
    full = KERNELS["rbf"](cdist(X, X[found.rows]) / 0.15).max(axis=1) @ weights
    assert full > 0.99 * sum(plain(X, 50, 0.15, "rbf", weights)[1])


def test_the_sparse_form_with_all_neighbours_is_the_plain_form() -> None:
    rng = np.random.default_rng(7)
    X, weights, centres = rng.normal(size=(200, 4)), rng.random(200), rng.normal(size=(3, 4))
    points, there = scaled(2.0, X, centres)
    graph = similarity_graph(points, 200, "rbf", rng)
    rows, gains = on_graph(graph, 40, rng, weights, cover_by(points, there, "rbf"))
    want, worth = plain(X, 40, 2.0, "rbf", weights, centres)
    assert rows.tolist() == want
    np.testing.assert_allclose(gains, worth, rtol=1e-4)


def test_the_sparse_form_takes_every_row_once() -> None:
    X = np.repeat(np.arange(5.0), 3)[:, None]
    graph = similarity_graph(X, 4, "rbf", np.random.default_rng(0))
    rows, gains = on_graph(graph, 15, np.random.default_rng(0), None, np.zeros(15))
    assert sorted(rows) == list(range(15))
    assert np.all(gains >= 0)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_nearest_graph_against_a_sort(form: object) -> None:
    X = np.random.default_rng(8).normal(size=(300, 4))
    graph = nearest_graph(form(X), 9, np.random.default_rng(0))  # type: ignore[operator]
    away = np.sort(cdist(X, X), axis=1)[:, :9]
    np.testing.assert_allclose(np.sort(graph.data.reshape(300, 9), axis=1), away, atol=1e-6)
    own = np.repeat(np.arange(300), 9)
    np.testing.assert_allclose(cdist(X, X)[own, graph.indices], graph.data, atol=1e-6)
    assert graph.indices.dtype == np.int32


def test_neighbours_within_cells_miss_few() -> None:
    rng = np.random.default_rng(9)
    X = rng.normal(size=(5000, 3))
    graph = nearest_graph(X, 10, rng, exact=0)
    true = np.argsort(cdist(X, X), axis=1)[:, :10]
    found = graph.indices.reshape(5000, 10)
    assert np.mean([len(np.intersect1d(a, b)) for a, b in zip(true, found, strict=True)]) > 9.0
    assert all(len(set(row)) == 10 for row in found.tolist())


def test_cells_with_too_few_rows_look_farther(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asknext.kernels.graphs.CELL", 10)
    X = np.repeat(np.arange(6.0), 10)[:, None]
    graph = nearest_graph(X, 55, np.random.default_rng(0), exact=0)
    assert graph.nnz == 55 * 60
    assert all(len(set(row)) == 55 for row in graph.indices.reshape(60, 55).tolist())


def test_spread_is_one_for_unit_vectors_in_all_directions() -> None:
    X = np.random.default_rng(0).normal(size=(500, 100))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    assert spread(X) == pytest.approx(1.0, abs=0.02)
    assert spread(7.0 * X + 100.0) == pytest.approx(7.0 * spread(X))
    pairs = cdist(X, X)[np.triu_indices(500, 1)]
    assert spread(X) == pytest.approx(np.median(pairs) / np.sqrt(2))


def test_spread_where_rows_coincide() -> None:
    assert spread(np.ones((5, 2))) == 1.0
    assert spread(np.ones((1, 2))) == 1.0
    assert spread(np.array([[0.0]] * 9 + [[2.0]])) == pytest.approx(np.sqrt(2))


def test_nearest_other_passes_over_copies() -> None:
    X = np.array([[0.0], [0.0], [3.0], [10.0]])
    assert nearest_other(X, np.arange(4)).tolist() == [3.0, 3.0, 3.0, 7.0]
    assert nearest_other(X[:2], np.array([1])).tolist() == [np.inf]
    assert len(nearest_other(X[:0], np.arange(0))) == 0


def test_pure_radius_is_the_largest_one() -> None:
    rng = np.random.default_rng(10)
    X, labels = rng.normal(size=(300, 2)), rng.integers(0, 3, 300)
    table = cdist(X, X)

    def pure(radius: float) -> float:
        return float(np.mean([len(set(labels[row < radius])) <= 1 for row in table]))

    radius = pure_radius(X, labels, 0.9, np.arange(300))
    assert pure(radius * (1 - 1e-9)) >= 0.9 > pure(radius * (1 + 1e-6))
    assert pure_radius(X, np.zeros(300), 0.9, np.arange(300)) == np.inf


def test_purity_radii_against_a_search() -> None:
    rng = np.random.default_rng(11)
    X, labels = rng.normal(size=(200, 2)), rng.integers(0, 2, 200)
    centres, wanted = X[:20], rng.integers(0, 2, 20)
    radii = purity_radii(X, centres, wanted, labels, 0.6, 1.5)
    for i, radius in enumerate(radii):
        away = cdist(centres[[i]], X)[0]
        tried = np.append(np.sort(away[away < 1.5]), 1.5)
        balls = [(r, labels[away < r - 1e-9]) for r in tried]
        good = [r for r, inside in balls if len(inside) and np.mean(inside == wanted[i]) >= 0.6]
        assert radius == pytest.approx(max(good, default=0.0), rel=1e-5)


def test_gains_over_some_rows_only() -> None:
    rng = np.random.default_rng(12)
    X, weights, covered = rng.normal(size=(90, 3)), rng.random(90), 0.3 * rng.random(90)
    some = np.sort(rng.choice(90, size=40, replace=False))
    state = Coverage(Reach(X, "rbf"), weights, covered, some)
    table = KERNELS["rbf"](cdist(X, X[some]))
    np.testing.assert_allclose(state.gains, np.maximum(table - covered[some], 0.0) @ weights[some])
    state.take(7)
    state.update(np.arange(90))
    now = np.maximum(covered[some], table[7])
    np.testing.assert_allclose(state.gains, np.maximum(table - now, 0.0) @ weights[some], atol=1e-9)
