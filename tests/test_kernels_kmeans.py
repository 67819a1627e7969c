"""K-means: worked values, seeds, weights, duplicates, few rows, mini-batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from asknext.kernels import kmeans
from asknext.kernels.kmeans import k_means, k_means_of_sample

LINE = np.array([[0.0], [1.0], [10.0], [11.0]])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_worked_value_with_weights() -> None:
    labels, centres = k_means(LINE, 2, rng(), np.array([1, 3, 1, 1]))
    np.testing.assert_allclose(sorted(centres.ravel()), [0.75, 10.5])
    assert labels[0] == labels[1] != labels[2] == labels[3]


def test_weights_of_zero_mean_no_weights() -> None:
    _, centres = k_means(LINE, 2, rng(), np.zeros(4))
    np.testing.assert_allclose(sorted(centres.ravel()), [0.5, 10.5])


def test_fewer_weighted_rows_than_clusters() -> None:
    labels, centres = k_means(LINE, 3, rng(), np.array([0.0, 1.0, 0.0, 0.0]))
    assert np.isfinite(centres).all()
    assert labels.shape == (4,)


def test_each_row_is_its_own_cluster_where_clusters_abound() -> None:
    for k in (4, 9):
        labels, centres = k_means(LINE, k, rng())
        assert labels.tolist() == [0, 1, 2, 3]
        np.testing.assert_array_equal(centres, LINE)
    assert k_means(sparse.csr_array(LINE), 4, rng()).centres.tolist() == LINE.tolist()


@settings(max_examples=30, deadline=None)
@given(kinds=st.lists(st.integers(0, 3), min_size=2, max_size=20), data=st.data())
def test_duplicates_share_a_cluster(kinds: list[int], data: st.DataObject) -> None:
    X = np.array(kinds, dtype=float)[:, None] * [3.0, 4.0]
    k = data.draw(st.integers(1, len(kinds) - 1))
    labels, centres = k_means(X, k, rng())
    assert centres.shape == (k, 2)
    for kind in set(kinds):
        assert len(set(labels[np.array(kinds) == kind])) == 1
    if k >= len(set(kinds)):
        np.testing.assert_allclose(centres[labels], X, atol=1e-9)


@pytest.mark.parametrize("batch_size", [0, 64])
def test_the_generator_decides(batch_size: int) -> None:
    X = np.random.default_rng(5).normal(size=(300, 2))
    first, again, other = (
        k_means(X, 8, np.random.default_rng(seed), batch_size=batch_size) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(first.centres, again.centres)
    assert not np.array_equal(first.labels, other.labels)


def test_more_seedings_are_better() -> None:
    def loss(seed: int, n_init: int) -> float:
        X = np.random.default_rng(seed).normal(size=(200, 2))
        labels, centres = k_means(X, 12, rng(), n_init=n_init)
        return float(((X - centres[labels]) ** 2).sum())

    assert sum(loss(seed, 10) for seed in range(5)) < sum(loss(seed, 1) for seed in range(5))


def test_large_tasks_go_by_mini_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []

    class Watched(kmeans.MiniBatchKMeans):
        def __init__(self, n_clusters: int, *, n_init: int, random_state: int, batch_size: int) -> None:
            used.append(batch_size)
            super().__init__(n_clusters, n_init=n_init, random_state=random_state, batch_size=batch_size)

    monkeypatch.setattr(kmeans, "MiniBatchKMeans", Watched)
    X = np.random.default_rng(5).normal(size=(300, 2))
    k_means(X, 8, rng())
    assert used == []
    monkeypatch.setattr(kmeans, "FULL", 2000)
    k_means(X, 8, rng())
    k_means(X, 8, rng(), batch_size=0)
    assert used == [4096]


def test_sparse_rows_and_single_precision() -> None:
    X = np.concatenate([np.zeros((10, 3)), np.ones((10, 3))]).astype(np.float32)
    labels, centres = k_means(sparse.csr_array(X), 2, rng())
    assert len(set(labels[:10])) == len(set(labels[10:])) == 1
    np.testing.assert_allclose(centres[labels], X, atol=1e-9)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_a_sample_is_clustered_and_all_rows_follow(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kmeans, "FULL", 100)
    monkeypatch.setattr(kmeans, "SAMPLE", 40)
    blob = np.repeat(np.arange(4), 50)
    X = rng().normal(size=(200, 2)) + 1000.0 * (1 + blob[:, None])
    labels, centres = k_means_of_sample(form(X), 4, rng())
    assert [len(set(labels[blob == b])) for b in range(4)] == [1, 1, 1, 1]
    assert len(set(labels)) == 4
    far = np.linalg.norm(X[:, None] - centres, axis=2)
    assert labels.tolist() == far.argmin(axis=1).tolist()
    assert kmeans.EACH * 4 == 64  # rows in the sample: no centre is the mean of all 50 rows of its blob
    means = np.array([X[blob == b].mean(axis=0) for b in range(4)])
    assert np.abs(np.sort(centres[:, 0]) - means[:, 0]).min() > 1e-6
    again = k_means_of_sample(form(X), 4, rng())
    assert again.labels.tolist() == labels.tolist()


def test_few_rows_are_clustered_as_they_are() -> None:
    X = rng().normal(size=(60, 2))
    one, two = k_means(X, 5, rng()), k_means_of_sample(X, 5, rng())
    np.testing.assert_array_equal(one.centres, two.centres)
    np.testing.assert_array_equal(one.labels, two.labels)
