"""Strategies that cover or cluster, against scikit-activeml, apricot and scikit-learn on the same pool.

A test whose peer is not installed is skipped (`pip install 'asknext[peers]'`); those against scikit-learn
always run. Where a peer goes by another definition, the test says how and shows that it does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.cluster import AgglomerativeClustering
from sklearn.cluster import KMeans as SklearnKMeans

import asknext
from asknext.randomness import spawn
from asknext.strategies.clue import Clue
from asknext.strategies.cluster_margin import ClusterMargin
from asknext.strategies.facility_location import FacilityLocation
from asknext.strategies.k_center import KCenter
from asknext.strategies.kmeans import KMeans
from asknext.strategies.margin import closeness
from asknext.strategies.maxherding import MaxHerding
from asknext.strategies.probcover import ProbCover
from asknext.strategies.typiclust import TypiClust
from asknext.strategies.uherding import UHerding
from peer_pool import LABELLED, Pool, pool_of, rng, told


@pytest.fixture
def peer() -> Any:
    return pytest.importorskip("skactiveml.pool")


def clustering_seed() -> int:
    """What k-means is seeded by in the first round of seed 0."""
    return int(spawn(0, 0, "select").integers(2**31 - 1))


# --- diversity and coverage


def test_k_center(peer: Any) -> None:
    pool = pool_of(size=200)
    ids, gaps = peer.CoreSet(random_state=0).query(pool.X, pool.partial, batch_size=20, return_utilities=True)
    picked = pool.ask(KCenter(), 20)
    assert picked.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(picked.parts["distance"], np.nanmax(gaps, axis=1))


def test_k_center_starts_closest_to_the_mean_and_the_peer_anywhere(peer: Any) -> None:
    """Sener & Savarese always start from labels; without any the peer draws the first item."""
    X = rng().normal(size=(50, 3))
    firsts = {int(peer.CoreSet(random_state=s).query(X, np.full(50, np.nan))[0]) for s in range(20)}
    assert len(firsts) > 5
    middle = np.linalg.norm(X - X.mean(axis=0), axis=1).argmin()
    assert {int(asknext.select(X, 1, KCenter(), seed=s).ids[0]) for s in range(20)} == {middle}


@pytest.mark.parametrize("labels", [0, LABELLED])
def test_maxherding(peer: Any, labels: int) -> None:
    """On unit vectors, exp(-|x - y|² / sigma²) is their radial kernel with gamma = 1 / sigma²."""
    whole = pool_of(3, size=150)
    unit = whole.X / np.linalg.norm(whole.X, axis=1, keepdims=True)
    pool = Pool(unit, whole.y[:labels], whole.proba if labels else np.ones((150, 0)))
    ids, scores = peer.MaxHerding(metric_dict={"gamma": 1 / 0.8**2}, random_state=0).query(
        whole.X, pool.partial, batch_size=15, return_utilities=True
    )
    picked = pool.ask(MaxHerding(sigma=0.8), 15)
    assert picked.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(picked.parts["coverage"], np.nanmax(scores, axis=1), atol=1e-12)


def greedy_by_apricot(similar: np.ndarray, n: int, fixed: np.ndarray | None = None) -> list[int]:
    apricot = pytest.importorskip("apricot")
    chosen = apricot.FacilityLocationSelection(n, metric="precomputed", initial_subset=fixed).fit(similar)
    return chosen.ranking.tolist()


def test_facility_location() -> None:
    pool = pool_of(size=90)
    picked = pool.ask(FacilityLocation(), 10)
    similar = 1 - cdist(pool.X, pool.X) / picked.parts["radius"][0]
    similar[:, :LABELLED] = 0.0  # what is asked already need not be covered
    assert picked.ids.tolist() == greedy_by_apricot(similar, 10, np.arange(LABELLED))


def test_uherding() -> None:
    """Apricot has no weights, but rows of similarity times weight are the same sum."""
    X, proba = rng().normal(size=(90, 3)), rng(1).dirichlet(np.ones(3), size=90)
    weighted = np.exp(-(cdist(X, X) ** 2) / 0.9**2) * closeness(proba)
    picked = asknext.select(X, 10, UHerding(sigma=0.9), proba=proba)
    assert picked.ids.tolist() == greedy_by_apricot(weighted, 10)


@pytest.mark.filterwarnings("ignore:The maximum purity")  # said of any single radius
def test_probcover_at_the_same_radius(peer: Any) -> None:
    """Ties are frequent and left to chance by both; so each of our picks is held against their counts.

    Once all is covered, they draw from what is left, while ours looks closer.
    """
    pool = pool_of(4, size=150)
    picked, partial = pool.ask(ProbCover(delta=1.5), 60), pool.partial
    other = peer.ProbCover(deltas=[1.5], random_state=0)
    for id, covered, radius in zip(*(picked.ids, picked.scores, picked.parts["radius"]), strict=True):
        counts = other.query(pool.X, partial, return_utilities=True)[1][0]
        if radius == 1.5:
            assert counts[id] == covered == np.nanmax(counts)
        else:
            assert np.nanmax(counts) == 0 < covered
        partial[id] = 0
    assert len(set(picked.parts["radius"])) > 1


def test_probcover_radius(peer: Any) -> None:
    """The peer tries radii on a grid, ours is read off exactly: it lies within a step above theirs."""
    X = rng(5).normal(size=(120, 2)) + 4.0 * rng(6).integers(0, 3, size=(120, 1))
    grid = np.arange(1, 400) / 100
    settings = {"n_init": 1, "random_state": clustering_seed()}
    other = peer.ProbCover(3, grid, 0.8, cluster_algo_dict=settings, random_state=0)
    other.query(X, np.full(120, np.nan))
    ours = asknext.select(X, 1, ProbCover(purity=0.8, classes=3)).parts["radius"][0]
    assert other.delta_max_ <= ours <= other.delta_max_ + 0.01 + 1e-9


# --- clusters


def blobs(*sizes: int) -> np.ndarray:
    blob = np.repeat(np.arange(len(sizes)), sizes)
    return rng().normal(size=(len(blob), 2)) + 100.0 * np.column_stack([blob, blob % 2])


def typical(peer: Any, X: np.ndarray, n: int) -> tuple[list[int], list[int]]:
    """Our picks and theirs, from the same clusters."""
    settings = {"n_init": 1, "random_state": clustering_seed()}
    other = peer.TypiClust(k=20, cluster_algo_dict=settings, random_state=0)
    return asknext.select(X, n, TypiClust()).ids.tolist(), other.query(
        X, np.full(len(X), np.nan), batch_size=n
    ).tolist()


def test_typiclust_where_clusters_are_large(peer: Any) -> None:
    ours, theirs = typical(peer, blobs(90, 50, 70), 3)
    assert ours == theirs


def test_typiclust_where_a_cluster_is_small(peer: Any) -> None:
    """The peer averages over as many as 20 neighbours even in a cluster of 20; we, and the authors' code,
    over at most half a cluster, where typicality still tells items apart.
    """
    X = blobs(90, 50, 20)
    ours, theirs = typical(peer, X, 3)
    assert ours[:2] == theirs[:2]
    small = X[140:]
    away = np.sort(cdist(small, small), axis=1)[:, 1:]
    assert ours[2] == 140 + away[:, :10].mean(axis=1).argmin()
    assert theirs[2] == 140 + away.mean(axis=1).argmin() != ours[2]


def matched(X: np.ndarray, centres: np.ndarray) -> list[int]:
    """A row for each centre, at the least total distance."""
    return sorted(linear_sum_assignment(cdist(centres, X))[1].tolist())


def test_k_means_with_the_same_seed() -> None:
    X = rng().normal(size=(300, 4))
    centres = SklearnKMeans(9, n_init=1, random_state=clustering_seed()).fit(X).cluster_centers_
    assert sorted(asknext.select(X, 9, KMeans()).ids.tolist()) == matched(X, centres)


def test_clue(peer: Any) -> None:
    """Both weigh by entropy. The peer gives each centre in turn its nearest item that is left, which is the
    match at the least total distance unless two centres want one item.
    """
    pool, settings = pool_of(5, size=200), {"n_init": 1, "random_state": clustering_seed()}
    ids = peer.Clue(cluster_algo_dict=settings, random_state=0).query(
        pool.X, pool.partial, told(pool), fit_estimator=False, batch_size=8
    )
    assert sorted(pool.ask(Clue(), 8).ids) == sorted(ids)


@pytest.mark.parametrize("seed", range(3))
def test_cluster_margin_goes_round_the_clusters_of_scikit_learn(seed: int) -> None:
    """Algorithm 2 in loops: which cluster gives an item at each turn; which of its items, is drawn."""
    pool = pool_of(seed, size=100)
    cluster = AgglomerativeClustering(10, linkage="average").fit(pool.X).labels_
    kept = LABELLED + np.argsort(-closeness(pool.proba[LABELLED:]))[:48]
    left = [list(kept[cluster[kept] == c]) for c in np.unique(cluster[kept])]
    left.sort(key=len)
    sizes = []
    while len(sizes) < 24:
        sizes += [len(kept[cluster[kept] == cluster[members[0]]]) for members in left if members]
        left = [members[1:] for members in left]
    picked = pool.ask(ClusterMargin(beta=2), 24)
    assert set(picked.ids) <= set(kept)
    assert picked.parts["cluster_size"].tolist() == sizes[:24]
    assert [(cluster[kept] == cluster[id]).sum() for id in picked.ids] == sizes[:24]
