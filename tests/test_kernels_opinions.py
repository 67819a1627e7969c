"""Agreement of raters: published values, a plain reference, and what has no answer."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.kernels.opinions import groups, krippendorff_alpha, pairs, percent_agreement
from asknext.types import Ids

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C; 0 is missing
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def as_triples(table: list[list[int]]) -> Ids:
    """Opinions from a table of raters × items of categories from 1 on, in a mixed order."""
    rows = [(i, r, c - 1) for r, row in enumerate(table) for i, c in enumerate(row) if c]
    return rng().permutation(np.array(rows, dtype=np.intp).reshape(-1, 3))


def plain_alpha(table: list[list[int]]) -> float | None:
    """From the coincidence matrix, pair by pair."""
    values = sorted({c for row in table for c in row if c})
    coincidences = np.zeros((len(values), len(values)))
    for column in zip(*table, strict=True):
        told = [values.index(c) for c in column if c]
        for i, a in enumerate(told):
            for j, b in enumerate(told):
                if i != j:
                    coincidences[a, b] += 1 / (len(told) - 1)
    each, n = coincidences.sum(axis=1), coincidences.sum()
    chance = n**2 - (each**2).sum()
    return 1 - (n - 1) * (n - np.trace(coincidences)) / chance if chance > 0 else None


def test_alpha_of_the_published_example() -> None:
    found = krippendorff_alpha(as_triples(FOUR_OBSERVERS), rng())
    assert found is not None
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert found.items == 11
    assert 0.3 < found.low < found.value < found.high <= 1


tables = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 3), min_size=n, max_size=n), min_size=1, max_size=4)
)


@given(tables)
def test_alpha_is_that_of_the_coincidence_matrix(table: list[list[int]]) -> None:
    found, wanted = krippendorff_alpha(as_triples(table), rng(), draws=5), plain_alpha(table)
    assert (found is None) == (wanted is None)
    if found is not None:
        assert found.value == pytest.approx(wanted, abs=1e-12)
        assert found.low <= found.high <= 1 + 1e-12


def test_the_interval_covers_what_raters_are_like() -> None:
    """Of samples of items from one population, most intervals hold the alpha of very many of them."""

    def sample(n: int, seed: int) -> Ids:
        draw = rng(seed)
        truth = draw.integers(0, 3, n)
        said = np.where(draw.random((3, n)) < 0.8, truth, draw.integers(0, 3, (3, n)))
        items, raters = np.meshgrid(np.arange(n), np.arange(3))
        return np.column_stack([items.ravel(), raters.ravel(), said.ravel()])

    true = krippendorff_alpha(sample(100_000, 99), rng())
    assert true is not None
    assert true.high - true.low < 0.02
    held = 0
    for seed in range(100):
        found = krippendorff_alpha(sample(80, seed), rng(seed), draws=300)
        assert found is not None
        held += found.low <= true.value <= found.high
    assert held >= 88


def test_without_two_opinions_there_is_no_agreement() -> None:
    for table in ([[1, 2, 3]], [[1, 0], [0, 1]], [[0]]):
        assert krippendorff_alpha(as_triples(table), rng()) is None
        assert percent_agreement(as_triples(table)) is None
        assert pairs(as_triples(table)) == {}


def test_where_all_say_the_same_chance_cannot_be_told_apart() -> None:
    same = as_triples([[1, 1, 1], [1, 1, 1]])
    assert krippendorff_alpha(same, rng()) is None
    assert percent_agreement(same) == 1


@given(tables)
def test_pairs_and_percent_are_those_of_a_plain_count(table: list[list[int]]) -> None:
    triples = as_triples(table)
    wanted: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for a, b in combinations(range(len(table)), 2):
        both = [(x - 1, y - 1) for x, y in zip(table[a], table[b], strict=True) if x and y]
        if both:
            wanted[a, b] = sorted(both)
    found = pairs(triples)
    assert {pair: sorted(map(tuple, rows.tolist())) for pair, rows in found.items()} == wanted
    alike = [x == y for rows in wanted.values() for x, y in rows]
    assert percent_agreement(triples) == (pytest.approx(np.mean(alike)) if alike else None)


def test_groups_hold_every_opinion_once() -> None:
    triples = as_triples(FOUR_OBSERVERS)
    back = [
        (item, rater, said)
        for group in groups(triples)
        for item, raters, row in zip(*map(np.ndarray.tolist, group), strict=True)
        for rater, said in zip(raters, row, strict=True)
    ]
    assert sorted(back) == sorted(map(tuple, triples.tolist()))
