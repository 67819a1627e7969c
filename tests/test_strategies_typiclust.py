"""TypiClust: the order of clusters, typicality, and the authors' code on its own terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

import asknext
from asknext.errors import AskNextError
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import choose
from asknext.strategies.typiclust import TypiClust


def blobs(*sizes: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Blobs 100 apart, and the blob of each item."""
    rng = np.random.default_rng(0)
    blob = np.repeat(np.arange(len(sizes)), sizes)
    X = spread * rng.normal(size=(len(blob), 2))
    X[:, 0] += 100 * blob
    return X, blob


def test_the_largest_blob_first_and_its_densest_item() -> None:
    X, blob = blobs(20, 40, 30)
    picked = asknext.select(X, 3, TypiClust(neighbours=5))
    assert blob[picked.ids].tolist() == [1, 2, 0]
    assert picked.parts["cluster_size"].tolist() == [40, 30, 20]
    assert picked.parts["covered"].tolist() == [0, 0, 0]
    for item, typicality in zip(picked.ids, picked.parts["typicality"], strict=True):
        mine = X[blob == blob[item]]
        mean = np.sort(np.linalg.norm(mine[:, None] - mine, axis=2), axis=1)[:, 1:6].mean(axis=1)
        assert typicality == pytest.approx(1 / (mean.min() + 1e-5))
        assert np.linalg.norm(X[item] - mine[mean.argmin()]) == 0


@pytest.mark.parametrize("kind", ["labelled", "pending", "out_of_scope"])
def test_asked_items_cover_their_cluster(kind: str) -> None:
    X, blob = blobs(20, 40, 30)
    asked: dict[str, Any] = {kind: [25, 65]}
    picked = asknext.select(X, 1, TypiClust(), **asked, **({"y": ["a", "b"]} if kind == "labelled" else {}))
    assert blob[picked.ids].tolist() == [0]


def test_the_least_covered_first_with_counts_that_grow() -> None:
    X, blob = blobs(20, 40, 30)
    picked = asknext.select(X, 7, TypiClust(max_clusters=3), labelled=[20, 21, 61], y=list("aab"))
    assert blob[picked.ids].tolist() == [0, 2, 0, 1, 2, 0, 1]
    assert picked.parts["covered"].tolist() == [0, 1, 1, 2, 2, 2, 3]


def test_published_goes_round_in_the_first_order() -> None:
    X, blob = blobs(20, 40, 30)
    strategy = TypiClust(max_clusters=3, quirks=True)
    picked = asknext.select(X, 7, strategy, labelled=[20, 21, 61], y=list("aab"))
    assert blob[picked.ids].tolist() == [0, 2, 1, 0, 2, 1, 0]


def test_small_clusters_come_last_but_come() -> None:
    X, blob = blobs(40, 3, 40, 5)
    picked = asknext.select(X, 88, TypiClust(max_clusters=4))
    big = np.isin(blob[picked.ids], [0, 2])
    assert big[:80].all()
    assert not big[80:].any()


def test_where_most_clusters_are_small_they_are_not_put_off() -> None:
    """With 4 items to a cluster, 5 is not few: a cluster of 6 must not be emptied before the others."""
    X, blob = blobs(4, 6, 4, 3)
    picked = asknext.select(X, 4, TypiClust())
    assert blob[picked.ids][0] == 1
    assert sorted(blob[picked.ids]) == [0, 1, 2, 3]


def test_copies_are_not_typical() -> None:
    """A heap of copies at the rim: the authors' code asks one of them, we ask in the middle."""
    rng = np.random.default_rng(0)
    rim = np.full((30, 2), 3.0)
    X = np.concatenate([rng.normal(size=(60, 2)), rim])
    ours, theirs = asknext.select(X, 1, TypiClust()), asknext.select(X, 1, TypiClust.published())
    assert theirs.ids[0] >= 60
    assert theirs.parts["typicality"][0] == pytest.approx(1e5)
    assert ours.ids[0] < 60
    assert np.linalg.norm(X[ours.ids[0]]) < 1
    assert ours.parts["typicality"][0] < 10


def test_an_item_alone_is_not_typical_at_all() -> None:
    picked = asknext.select(np.array([[0.0], [100.0]]), 2, TypiClust())
    assert picked.parts["typicality"].tolist() == [0, 0]


def published(X: np.ndarray, labelled: np.ndarray, n: int, seed: int) -> np.ndarray:
    """The rules of the authors' code, written independently: clusters, round-robin, squared distances."""
    k = min(len(labelled) + n, 500)
    clustering = (
        KMeans(k, n_init=1, random_state=seed)
        if k <= 50
        else MiniBatchKMeans(k, batch_size=5000, n_init=1, random_state=seed)
    )
    with threadpool_limits(1):
        label = clustering.fit(X).labels_
    size, count = np.bincount(label, minlength=k), np.bincount(label[labelled], minlength=k)
    order = sorted(np.flatnonzero(size > 5), key=lambda c: (count[c], -size[c], c))
    free = np.ones(len(X), dtype=bool)
    free[labelled] = False
    picks = []
    for turn in range(n):
        members = np.flatnonzero((label == order[turn % len(order)]) & free)
        near = min(20, len(members) // 2)
        distance, _ = NearestNeighbors(n_neighbors=near + 1).fit(X[members]).kneighbors(X[members])
        typicality = 1 / ((distance[:, 1:] ** 2).mean(axis=1) + 1e-5)
        picks.append(members[typicality.argmax()])
        free[picks[-1]] = False
    return np.array(picks)


@pytest.mark.parametrize(("n", "labelled"), [(20, 10), (60, 30)])
def test_published_agrees_with_the_rules_of_the_authors(n: int, labelled: int) -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(3000, 8)) + 2 * rng.normal(size=(10, 8))[rng.integers(0, 10, 3000)]
    known = np.sort(rng.choice(3000, size=labelled, replace=False))
    pool = Pool.fresh(3000, ("a",))
    pool.state[known] = 0
    round = Round.of(pool, Signals(3000, {"embedding": X}), TypiClust.needs)
    seed = int(np.random.default_rng(0).integers(2**31 - 1))  # what the clustering is seeded with
    expected = published(X, known, n, seed)
    picked = choose(TypiClust.published(), round, n, np.random.default_rng(0)).ids
    assert (picked == expected).mean() >= 0.95


def test_published_with_nothing_but_small_clusters_goes_on() -> None:
    X, _ = blobs(3, 3, 3)
    assert len(asknext.select(X, 9, TypiClust.published())) == 9


def test_parameters_are_checked() -> None:
    for wrong in ({"neighbours": 0}, {"max_clusters": 0}):
        with pytest.raises(AskNextError, match="at least 1"):
            TypiClust(**wrong)
