"""K-means sampling, plain and weighted: central items, distinct, the heaviest cluster first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import asknext
from asknext.errors import AskNextError
from asknext.strategies.kmeans import KMeans
from asknext.strategies.weighted_kmeans import WeightedKMeans

LINE = np.array([[0.0], [1.0], [10.0], [11.0]])


def blobs(*sizes: int) -> np.ndarray:
    """Tight blobs far from one another, the first item of each in its middle."""
    rng = np.random.default_rng(0)
    parts = []
    for position, size in enumerate(sizes):
        around = rng.normal(size=(size - 1, 2))
        around -= around.mean(axis=0)
        parts.append(np.concatenate([np.zeros((1, 2)), around]) + np.array([100.0 * position, 0]))
    return np.concatenate(parts)


def binary(closeness: list[float]) -> np.ndarray:
    """Probabilities of two classes with the given 1 - (p1 - p2)."""
    half = np.array(closeness) / 2
    return np.column_stack([1 - half, half])


def test_the_middle_of_each_blob_largest_first() -> None:
    picked = asknext.select(blobs(20, 40, 30), 3, KMeans())
    assert picked.ids.tolist() == [20, 60, 0]
    assert picked.scores is not None
    assert picked.scores.tolist() == picked.parts["cluster_size"].tolist() == [40, 30, 20]
    np.testing.assert_allclose(picked.parts["distance"], 0, atol=1e-6)
    assert len(set(picked.parts["cluster"])) == 3


def test_only_candidates_are_clustered() -> None:
    X = blobs(20, 40, 30)
    picked = asknext.select(X, 2, KMeans(), labelled=np.arange(20, 60), y=["a"] * 40)
    assert picked.ids.tolist() == [60, 0]


@settings(max_examples=20, deadline=None)
@given(kinds=st.lists(st.integers(0, 3), min_size=1, max_size=12), data=st.data())
def test_duplicates_never_make_an_item_come_twice(kinds: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(kinds)))
    ids = asknext.select(np.array(kinds, dtype=float)[:, None], n, KMeans()).ids
    assert len(np.unique(ids)) == n
    distinct = len(set(kinds))
    assert len({kinds[i] for i in ids}) == min(n, distinct)


def test_uncertain_items_pull_harder() -> None:
    """On the line 0, 1, 10, 11 with weights 1, 3, 1, 1 the centres are .75 and 10.5."""
    proba = binary([0.3, 0.9, 0.3, 0.3])
    picked = asknext.select(LINE, 2, WeightedKMeans(), proba=proba)
    assert picked.ids[0] == 1
    assert picked.scores is not None
    np.testing.assert_allclose(picked.scores, [1.2, 0.6])
    np.testing.assert_allclose(picked.parts["weight"], [0.9, 0.3])
    np.testing.assert_allclose(picked.parts["distance"], [0.25, 0.5])


def test_the_certain_are_left_out_first() -> None:
    X = np.random.default_rng(0).normal(size=(100, 2))
    closeness = np.random.default_rng(1).permutation(np.linspace(0, 1, 100))
    for beta, kept in ((1, 10), (2.05, 21), (50, 100)):
        ids = asknext.select(X, 10, WeightedKMeans(beta=beta), proba=binary(list(closeness))).ids
        most = np.argsort(-closeness)[:kept]
        assert set(ids) <= set(most)
        if beta == 1:
            assert set(ids) == set(most)


def test_without_a_model_it_is_plain_k_means_on_all_candidates() -> None:
    X = np.random.default_rng(0).normal(size=(200, 2))
    plain = asknext.select(X, 5, KMeans())
    weighted = asknext.select(X, 5, WeightedKMeans(beta=1), proba=np.full((200, 4), 0.25))
    assert weighted.ids.tolist() == plain.ids.tolist()


def test_beta_must_leave_enough() -> None:
    for beta in (0.5, float("nan")):
        with pytest.raises(AskNextError, match="beta is"):
            WeightedKMeans(beta=beta)
