"""Data that are made: sizes, counts and the law of the noisy blobs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import kstest
from sklearn.neighbors import KNeighborsClassifier

from asknext.datasets import Dataset, load
from asknext.datasets.generated import HIGH, LOW, Blobs, noisy_blobs
from asknext.errors import AskNextError

LAWS = [("noisy-blobs-ld", LOW, (10_000, 2), 5000), ("noisy-blobs-hd", HIGH, (9990, 40), 3330)]


@pytest.mark.parametrize(("name", "blobs", "shape", "noisy"), LAWS)
def test_sizes_are_the_published_ones(name: str, blobs: Blobs, shape: tuple[int, int], noisy: int) -> None:
    data = load(name)
    assert data.X.shape == shape
    assert data.noisy is not None
    assert data.noisy.sum() == noisy
    assert Counter(data.y.tolist()) == dict.fromkeys(range(10), shape[0] // 10)
    assert np.abs(data.X).max() < blobs.half_width + 6
    assert np.abs(np.diff(data.y)).mean() > 2, "rows are shuffled"


def test_blobs_are_gaussian_of_deviation_one_around_uniform_centres() -> None:
    """Far apart, blobs are found as groups: pure ones of one size, pairs of twice that size."""
    data = noisy_blobs("wide", LOW._replace(half_width=1e6), 3)
    assert data.noisy is not None
    start, groups = data.X[:, 0].round(-2), []
    for value in np.unique(start):
        rows = np.flatnonzero(np.abs(start - value) < 1)
        groups += [rows] if cdist(data.X[rows], data.X[rows[:1]]).max() < 100 else []
    whole = [rows for rows in groups if len(rows) in (50, 100)]
    assert len(whole) > 140, "a few are cut by the rounding"
    for rows in whole:
        assert set(data.noisy[rows]) == {len(rows) == 100}
        counts = Counter(data.y[rows].tolist())
        assert set(counts.values()) <= {len(rows), 50}
        assert len(counts) <= len(rows) // 50
    residuals = np.concatenate([data.X[rows] - data.X[rows].mean(axis=0) for rows in whole])
    assert residuals.std() == pytest.approx(1, abs=0.03)
    centres = np.array([data.X[rows].mean(axis=0) for rows in whole]) / 2e6 + 0.5
    assert kstest(centres.ravel(), "uniform").pvalue > 0.001


@given(
    tens=st.integers(1, 4), sites=st.integers(0, 5), size=st.integers(1, 5), d=st.integers(1, 3),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_counts_hold_for_any_sizes(tens: int, sites: int, size: int, d: int, seed: int) -> None:
    data = noisy_blobs("any", Blobs(10 * tens - 2 * sites, sites, size, d, 1.0, False), seed)
    assert data.X.shape == (10 * tens * size, d)
    assert data.noisy is not None
    assert data.noisy.sum() == 2 * sites * size
    assert Counter(data.y.tolist()) == dict.fromkeys(range(10), tens * size)


@pytest.mark.parametrize("distinct", [True, False])
def test_the_two_blobs_of_a_place_are_of_two_classes_where_that_is_wanted(distinct: bool) -> None:
    alike = 0
    for seed in range(30):
        data = noisy_blobs("pairs", Blobs(20, 10, 1, 40, 50.0, distinct), seed)
        near = np.argwhere(np.triu(cdist(data.X, data.X) < 50, k=1))
        assert len(near) == 10
        alike += sum(data.y[a] == data.y[b] for a, b in near)
    # of 39 other blobs 3 are of the same class: 23 of 300 pairs
    assert alike == 0 if distinct else 10 < alike < 40


@pytest.mark.parametrize(
    ("name", "everywhere", "pure"), [("noisy-blobs-ld", 0.749, 0.981), ("noisy-blobs-hd", 0.836, 1.0)]
)
def test_neighbours_find_them_as_hard_as_the_published_ones(
    name: str, everywhere: float, pure: float
) -> None:
    """Half to learn, half to test; the figures are those of the authors' arrays."""
    data = load(name)
    assert data.noisy is not None
    half = np.arange(len(data.y)) % 2 == 0
    found = KNeighborsClassifier(15).fit(data.X[half], data.y[half]).predict(data.X[~half])
    right = found == data.y[~half]
    assert right.mean() == pytest.approx(everywhere, abs=0.03)
    assert right[~data.noisy[~half]].mean() == pytest.approx(pure, abs=0.02)


def test_a_seed_makes_a_data_set_and_another_seed_another() -> None:
    def same(a: Dataset, b: Dataset) -> bool:
        return bool((a.X == b.X).all() and (a.y == b.y).all())

    first, again, other = load("noisy-blobs-ld"), load("noisy-blobs-ld:0"), load("noisy-blobs-ld:7")
    assert same(first, again)
    assert not same(first, other)
    assert (first.name, again.name, other.name) == ("noisy-blobs-ld", "noisy-blobs-ld", "noisy-blobs-ld-7")
    for wrong in ("noisy-blobs-ld:", "noisy-blobs-hd:x"):
        with pytest.raises(AskNextError, match=r"needs the seed to make it from, such as noisy-blobs-ld:7"):
            load(wrong)
