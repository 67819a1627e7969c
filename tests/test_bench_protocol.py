"""A published protocol: halves that swap, first labels by class, and how much of what was asked is noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asknext.bench.compare import carry_out, class_positions, measure
from asknext.bench.protocol import Settings, check_place, claim, fit_to_pool, reopen, split
from asknext.bench.run import Run
from asknext.datasets import Dataset, load
from asknext.errors import AskNextError
from asknext.log import read_events

HALVES = Settings(
    source="wine", target=None, strategies=("random",), learner="logistic-regression",
    initial=6, batch=5, rounds=4, seeds=4, test_share=0.5, halves=True, stratified=True,
)  # fmt: skip


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load("wine")


def test_two_seeds_share_halves_and_swap_them(wine: Dataset) -> None:
    y = np.unique(wine.y, return_inverse=True)[1]
    parts = [split(y, HALVES, seed) for seed in range(4)]
    for a, b in (parts[:2], parts[2:]):
        np.testing.assert_array_equal(a.pool, b.test)
        np.testing.assert_array_equal(a.test, b.pool)
        np.testing.assert_array_equal(np.sort([*a.pool, *a.test]), np.arange(len(y)))
    assert not np.array_equal(parts[0].pool, parts[2].pool)
    counts = {tuple(np.bincount(y[part.pool])) for part in parts}
    assert len(counts) > 2, "halves are not drawn by class"


def test_first_labels_by_class_have_the_shares_of_the_pool(wine: Dataset) -> None:
    y = np.unique(wine.y, return_inverse=True)[1]
    for seed in range(10):
        part = split(y, replace(HALVES, initial=20), seed)
        assert len(set(part.initial)) == 20
        found, share = np.bincount(y[part.pool][part.initial]), np.bincount(y[part.pool]) / len(part.pool)
        assert np.abs(found - 20 * share).max() < 1
    same = split(y, HALVES, 0).initial
    np.testing.assert_array_equal(same, split(y, HALVES, 0).initial)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"test_share": 0.3}, "halves need a test_share of 0.5 and an even .*; here are 0.3 and 178"),
        ({"initial": 2}, "initial is 2, too few to draw by class: wine has 3 classes"),
    ],
)
def test_what_cannot_be_divided_so_is_refused(wine: Dataset, change: dict[str, float], said: str) -> None:
    with pytest.raises(AskNextError, match=said):
        fit_to_pool(replace(HALVES, **change), wine)  # type: ignore[arg-type]


def test_labels_that_all_differ_leave_nothing_to_choose_from(wine: Dataset) -> None:
    rows = replace(wine, X=np.arange(40.0)[:, None], y=np.arange(40), classes=tuple(range(40)))
    with pytest.raises(AskNextError, match=r"wine has 40 rows in 40 classes; .* leaves 0 to choose from"):
        fit_to_pool(replace(HALVES, halves=False, stratified=False), rows)


def test_a_directory_keeps_to_its_way_of_dividing(tmp_path: Path, wine: Dataset) -> None:
    claim(tmp_path / "halves", HALVES, wine)
    assert reopen(tmp_path / "halves") == HALVES
    plain = replace(HALVES, halves=False)
    with pytest.raises(AskNextError, match=r"other settings \(halves: True, here as usual\)"):
        check_place(tmp_path / "halves", plain, wine)
    claim(tmp_path / "plain", plain, wine)
    with pytest.raises(AskNextError, match=r"other settings \(halves: as usual, here True\)"):
        check_place(tmp_path / "plain", HALVES, wine)
    assert len(HALVES.departures) == 2
    assert len(plain.departures) == 1


def test_the_noisy_share_is_that_of_all_labels_so_far(tmp_path: Path, wine: Dataset) -> None:
    """Counted again from the log, first labels included; a subset has a share of its own."""
    noisy = np.arange(len(wine.y)) % 3 == 0
    known, settings = replace(wine, noisy=noisy), replace(HALVES, seeds=2)
    claim(tmp_path, settings, known)
    carry_out(tmp_path, settings, known, jobs=1)
    found = {
        (row.subset, row.seed, row.round): row.value
        for row in measure(tmp_path, settings, known, ["noisy-ratio"], ["labelled", "test"])
    }
    for seed in range(2):
        part = split(class_positions(wine), settings, seed)
        run = Run(tmp_path, "random", seed)
        labelled = [*part.initial]
        batches = [event.body["ids"] for event in read_events(run.path) if event.type == "asked"]
        for number, batch in enumerate([*batches, []]):
            share = noisy[part.pool][labelled].mean()
            assert found["labelled", seed, number] == pytest.approx(share)
            assert found["test", seed, number] == pytest.approx(noisy[part.test].mean())
            labelled += batch
    with pytest.raises(AskNextError, match="needs to know which items are noisy"):
        list(measure(tmp_path, settings, wine, ["noisy-ratio"], ["labelled"]))
