"""Randomness: one stream a purpose, the same everywhere, whatever else is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, pearsonr

from asknext.randomness import spawn, spawn_seed


def test_the_same_purpose_gives_the_same_stream() -> None:
    assert spawn(7, 3, "select").random(5).tolist() == spawn(7, 3, "select").random(5).tolist()


def test_streams_never_change() -> None:
    """Golden, below the level that NumPy may change: a campaign begun earlier goes on with the same draws."""
    stream = spawn(0, 0, "select").bit_generator
    assert stream.random_raw(2).tolist() == [8884735320767141426, 1460649061792247178]


@pytest.mark.parametrize("one", [(0, 0, "select"), (1, 0, "fit"), (0, 0), ()])
@pytest.mark.parametrize("two", [(0, 1, "select"), (0, 0, "fit"), (0, "select", 0), (0, 0, "select", 0)])
def test_other_purposes_give_other_streams(one: tuple[int | str, ...], two: tuple[int | str, ...]) -> None:
    assert not np.array_equal(spawn(5, *one).random(4), spawn(5, *two).random(4))


def test_other_seeds_give_other_streams() -> None:
    firsts = {float(spawn(seed, 0, "select").random()) for seed in range(1000)}
    assert len(firsts) == 1000


def test_streams_of_following_rounds_are_independent() -> None:
    draws = np.array([spawn(0, index, "select").random(2) for index in range(2000)])
    assert kstest(draws[:, 0], "uniform").pvalue > 1e-3
    assert abs(pearsonr(draws[:-1, 0], draws[1:, 0]).statistic) < 0.08


def test_numpy_integers_are_integers() -> None:
    assert spawn(np.int64(2), np.int32(1)).random() == spawn(2, 1).random()


def test_seeds_for_libraries_fit_into_31_bits() -> None:
    seeds = [spawn_seed(seed, "fit") for seed in range(200)]
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in seeds)
    assert max(seeds) > 2**30
