"""Kernels against independent implementations: faiss, apricot, lightly-mundig, scikit-activeml, scikit-learn.

A test whose peer is not installed is skipped (`pip install 'asknext[peers]'`); those against scikit-learn
always run. Quadratic programs, support vector machines, linkage, ridge regression and Gaussian processes are
compared with SciPy and scikit-learn beside their other tests, in test_kernels_machines.py,
test_kernels_linkage_and_head.py and test_kernels_ridge.py; Fisher traces and robust k-center with plain
inversion and with all choices, in test_strategies_bait.py and test_strategies_robust_k_center.py.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.neighbors import NearestNeighbors

from asknext.kernels.assign import nearest_rows
from asknext.kernels.distances import nearest, to_nearest
from asknext.kernels.dsquared import d_squared
from asknext.kernels.facility import facility_location
from asknext.kernels.graphs import nearest_graph
from asknext.kernels.information import informative_rows
from asknext.kernels.kcenter import k_center
from asknext.kernels.kmeans import k_means
from asknext.kernels.neighbours import mean_distance


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def faiss() -> Any:
    return pytest.importorskip("faiss")


def table_of(faiss: Any, X: np.ndarray) -> Any:
    """A brute-force index of Euclidean distances."""
    index = faiss.IndexFlatL2(X.shape[1])
    index.add(np.ascontiguousarray(X, dtype=np.float32))
    return index


# --- neighbours


@pytest.mark.parametrize("k", [1, 20])
def test_neighbours_agree_with_faiss(faiss: Any, k: int) -> None:
    X = rng().normal(size=(500, 16)).astype(np.float32)
    squared, near = table_of(faiss, X).search(X, k + 1)
    assert near[:, 0].tolist() == list(range(500))
    np.testing.assert_allclose(mean_distance(X, k, squared=True), squared[:, 1:].mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(mean_distance(X, k), np.sqrt(squared[:, 1:]).mean(axis=1), rtol=1e-4)
    graph = nearest_graph(X, k + 1, rng())
    np.testing.assert_array_equal(np.sort(graph.indices.reshape(500, -1)), np.sort(near))


def test_nearest_centres_and_rows_agree_with_faiss(faiss: Any) -> None:
    X, centres = rng().normal(size=(400, 8)), rng(1).normal(size=(30, 8))
    squared, label = table_of(faiss, centres).search(X.astype(np.float32), 1)
    np.testing.assert_array_equal(nearest(X, centres), label[:, 0])
    np.testing.assert_allclose(to_nearest(X, centres), squared[:, 0], rtol=1e-4)
    _, near = table_of(faiss, X).search(centres.astype(np.float32), 5)
    np.testing.assert_array_equal(np.sort(nearest_rows(X, centres, 5)[0]), np.sort(near))


@pytest.mark.parametrize("k", [1, 20])
def test_neighbours_agree_with_scikit_learn(k: int) -> None:
    X, centres = rng().normal(size=(300, 5)), rng(1).normal(size=(20, 5))
    away, _ = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors()
    np.testing.assert_allclose(mean_distance(X, k), away.mean(axis=1))
    label, gap = pairwise_distances_argmin_min(X, centres)
    np.testing.assert_array_equal(nearest(X, centres), label)
    np.testing.assert_allclose(to_nearest(X, centres), gap**2)


# --- k-center


@pytest.mark.parametrize("known", [1, 40])
def test_k_center_agrees_with_mundig(known: int) -> None:
    """They agree but for rows whose gaps differ by a millionth: there it takes the nearer one at times."""
    mundig = pytest.importorskip("lightly_mundig")
    X = rng(known + 1).normal(size=(600, 16)).astype(np.float32)
    peer = mundig.Selection()
    peer.add_diversifying_strategy(X, 1.0)
    theirs = peer.run_selection(list(range(known)), len(X), known + 50)
    ours, radii = k_center(X[known:], 50, rng(), X[:known])
    assert (known + ours).tolist() == theirs[known:]
    chosen = X[theirs].astype(np.float64)
    gaps = [cdist(chosen[[i]], chosen[:i]).min() for i in range(known, known + 50)]
    np.testing.assert_allclose(radii, gaps, rtol=1e-4)


@pytest.mark.parametrize("known", [1, 40])
def test_k_center_agrees_with_scikit_activeml(known: int) -> None:
    pool = pytest.importorskip("skactiveml.pool")
    X, y = rng(known).normal(size=(400, 8)), np.full(400, np.nan)
    y[:known] = 0
    theirs, gaps = pool.CoreSet(random_state=0).query(X, y, batch_size=30, return_utilities=True)
    ours, radii = k_center(X[known:], 30, rng(), X[:known])
    assert (known + ours).tolist() == theirs.tolist()
    np.testing.assert_allclose(radii, np.nanmax(gaps, axis=1))


# --- facility location


@pytest.mark.parametrize("optimizer", ["naive", "lazy"])
def test_facility_location_agrees_with_apricot(optimizer: str) -> None:
    apricot = pytest.importorskip("apricot")
    X = rng().normal(size=(120, 4))
    similar = np.exp(-(cdist(X, X) ** 2) / 1.5**2)
    peer = apricot.FacilityLocationSelection(20, metric="precomputed", optimizer=optimizer).fit(similar)
    ours = facility_location(X, 20, rng(), 1.5)
    assert ours.rows.tolist() == peer.ranking.tolist()
    np.testing.assert_allclose(ours.gains, peer.gains)


def test_facility_location_beside_fixed_rows_agrees_with_apricot() -> None:
    """Apricot lets the rows fixed before be covered too, which adds nothing: they cover themselves."""
    apricot = pytest.importorskip("apricot")
    X, fixed = rng(1).normal(size=(100, 3)), np.arange(4)
    similar = np.exp(-cdist(X, X) ** 2)
    peer = apricot.FacilityLocationSelection(15, metric="precomputed", initial_subset=fixed).fit(similar)
    ours = facility_location(X[4:], 15, rng(), 1.0, centres=X[:4])
    assert (4 + ours.rows).tolist() == peer.ranking.tolist()


# --- joint information


@pytest.mark.parametrize("seed", range(3))
def test_joint_information_agrees_with_scikit_activeml(seed: int) -> None:
    """Their utility is the information of the batch with the row, ours what the row adds: a running sum."""
    peer = pytest.importorskip("skactiveml.pool")
    draws = rng(seed).dirichlet(np.full(3, 0.4), size=(40, 6))
    members = np.ascontiguousarray(draws.transpose(1, 0, 2))
    theirs = peer.batch_bald(members, 4, n_MC_samples=3**4, random_state=0, eps=1e-12)
    rows, gains = informative_rows(draws, 4, 3**4, rng())
    assert rows.tolist() == np.nanargmax(theirs, axis=1).tolist()
    np.testing.assert_allclose(np.cumsum(gains), np.nanmax(theirs, axis=1), atol=1e-9)


# --- seeding and clustering


def test_d_squared_draws_as_scikit_learn_seeds() -> None:
    """Sequences of three of five rows, 2500 from each, as two samples of one distribution."""
    X, draws = rng().normal(size=(5, 2)) + 3.0, 2500
    ours = Counter(tuple(d_squared(X, 3, r)[0].tolist()) for r in rng(1).spawn(draws))
    theirs = Counter(
        tuple(kmeans_plusplus(X, 3, random_state=seed, n_local_trials=1)[1].tolist()) for seed in range(draws)
    )
    names = sorted(ours | theirs)
    table = np.array([[counts[name] for name in names] for counts in (ours, theirs)])
    assert len(names) > 50
    assert stats.chi2_contingency(table[:, table.sum(axis=0) >= 10]).pvalue > 1e-3
    greedy = Counter(tuple(kmeans_plusplus(X, 3, random_state=seed)[1].tolist()) for seed in range(draws))
    table[1] = [greedy[name] for name in names]
    assert stats.chi2_contingency(table[:, table.sum(axis=0) >= 10]).pvalue < 1e-6  # the test can tell


@pytest.mark.parametrize("weighted", [False, True])
def test_k_means_is_that_of_scikit_learn(weighted: bool) -> None:
    X, weights = rng().normal(size=(300, 4)), rng(1).random(300) if weighted else None
    seed = int(rng(7).integers(2**31 - 1))
    theirs = KMeans(9, n_init=1, random_state=seed).fit(X, sample_weight=weights)
    ours = k_means(X, 9, rng(7), weights)
    np.testing.assert_array_equal(ours.labels, theirs.labels_)
    np.testing.assert_allclose(ours.centres, theirs.cluster_centers_)
