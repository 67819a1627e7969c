"""Agreement of model and neighbours, against scikit-learn and the worked example."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import cohen_kappa_score
from sklearn.neighbors import KNeighborsClassifier

from asknext.kernels import distances
from asknext.monitor import agreement
from asknext.types import Array

LINE = np.arange(5.0)[:, None]
CORNERS = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
raters = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=15)


def naming(classes: list[int]) -> Array:
    return np.eye(max(classes) + 1)[classes]


def test_worked_example() -> None:
    """Model (0, 1, 1, 1, 0) and neighbours (0, 0, 1, 1, 2): .6 raw, but .333 beyond chance."""
    proba, labels = np.eye(3)[[0, 1, 1, 1, 0]], np.array([0, 0, 1, 1, 2])
    assert agreement.raw(proba, LINE, CORNERS, labels) == 0.6
    assert agreement.kappa(proba, LINE, CORNERS, labels) == pytest.approx(1 / 3)


def test_not_defined() -> None:
    nobody = np.array([], dtype=int)
    for form in (agreement.raw, agreement.kappa):
        assert form(np.empty((0, 2)), LINE[:0], CORNERS, np.zeros(5, dtype=int)) is None
        assert form(naming([0, 1]), LINE[:2], CORNERS[:0], nobody) is None
        assert form(np.empty((2, 0)), LINE[:2], CORNERS[:0], nobody) is None
    assert agreement.cohen_kappa(nobody, nobody) is None
    assert agreement.neighbour_classes(LINE[:0], CORNERS, np.zeros(5, dtype=int)).shape == (0,)


def test_kappa_where_chance_agrees_always() -> None:
    ones = np.ones(4, dtype=int)
    assert agreement.cohen_kappa(ones, ones) is None
    assert agreement.cohen_kappa(ones, 0 * ones) == 0  # one class each, but not the same: chance, and no more
    assert agreement.raw(naming([1, 1, 1, 1]), LINE[:4], CORNERS[:1], np.array([1])) == 1
    assert agreement.kappa(naming([1, 1, 1, 1]), LINE[:4], CORNERS[:1], np.array([1])) is None


@given(pairs=raters)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs).T
    kappa = agreement.cohen_kappa(one, other)
    if kappa is None:
        assert len({*one, *other}) == 1
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert kappa == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)


@given(pairs=raters, seed=st.integers(0, 99))
def test_kappa_bounds_and_what_plays_no_part(pairs: list[tuple[int, int]], seed: int) -> None:
    one, other = np.array(pairs).T
    kappa = agreement.cohen_kappa(one, other)
    if kappa is None:
        return
    assert -1 <= kappa <= np.mean(one == other)
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(len(one)), rng.permutation(6)
    assert agreement.cohen_kappa(one[order], other[order]) == kappa
    assert agreement.cohen_kappa(names[one], names[other]) == kappa
    assert agreement.cohen_kappa(other, one) == kappa
    assert agreement.cohen_kappa(np.tile(one, 3), np.tile(other, 3)) == pytest.approx(kappa)


@pytest.mark.parametrize("neighbours", [1, 3, 7])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_neighbours_are_those_of_scikit_learn(
    neighbours: int, form: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distances, "BLOCK", 200)  # several blocks
    rng = np.random.default_rng(0)
    X, known, labels = rng.normal(size=(61, 3)), rng.normal(size=(20, 3)), rng.integers(2, size=20)
    expected = KNeighborsClassifier(neighbours).fit(known, labels).predict(X)
    named = agreement.neighbour_classes(form(X), form(known), labels, neighbours)
    np.testing.assert_array_equal(named, expected)


def test_more_neighbours_than_labelled_items() -> None:
    named = agreement.neighbour_classes(LINE, CORNERS[:3], np.array([0, 1, 1]), 20)
    assert named.tolist() == [1] * 5


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_of_equal_votes_the_nearest_decides(order: slice) -> None:
    known, labels = np.array([[0.0], [1.0], [3.0], [4.0]])[order], np.array([2, 0, 1, 1])[order]
    item = np.array([[1.6]])
    assert agreement.neighbour_classes(item, known, labels, 2).tolist() == [0]  # 1, 3
    assert agreement.neighbour_classes(item, known, labels, 3).tolist() == [0]  # 1, 3, 0
    assert agreement.neighbour_classes(item, known, labels, 4).tolist() == [1]


def test_many_votes_against_a_loop() -> None:
    rng = np.random.default_rng(2)
    X, known, labels = rng.normal(size=(40, 2)), rng.normal(size=(1000, 2)), rng.integers(150, size=1000)
    named = agreement.neighbour_classes(X, known, labels, 300)
    for item, name in zip(X, named, strict=True):
        votes = labels[np.argsort(np.linalg.norm(known - item, axis=1))[:300]].tolist()
        assert name == max(votes, key=votes.count)  # the first of equals, so the nearest


@given(seed=st.integers(0, 2**32 - 1), neighbours=st.integers(1, 4))
def test_raw_bounds_and_what_plays_no_part(seed: int, neighbours: int) -> None:
    rng = np.random.default_rng(seed)
    X, known, labels = rng.normal(size=(9, 2)), rng.normal(size=(6, 2)), rng.integers(3, size=6)
    proba = rng.dirichlet(np.ones(3), 9)
    raw = agreement.raw(proba, X, known, labels, neighbours)
    assert raw is not None
    assert 0 <= raw <= 1
    items, answers, names = rng.permutation(9), rng.permutation(6), rng.permutation(3)
    assert agreement.raw(proba[items], X[items], known, labels, neighbours) == raw
    assert agreement.raw(proba, X, known[answers], labels[answers], neighbours) == raw
    assert agreement.raw(proba[:, names], X, known, np.argsort(names)[labels], neighbours) == raw
    assert agreement.raw(proba, 3 * X + 5, 3 * known + 5, labels, neighbours) == raw
    says = np.eye(3)[agreement.neighbour_classes(X, known, labels, neighbours)]
    assert agreement.raw(says, X, known, labels, neighbours) == 1
