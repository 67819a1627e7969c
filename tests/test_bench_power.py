"""What the verdict is worth, by simulation: strategies that are equal, and one that is 2 points better.

A simulated comparison is made of seeds that share a learning curve and the luck of their split. The paired
difference of mean accuracy of two strategies scatters over seeds by 1.7 points: the largest such deviation
against random that `asknext compare digits --seeds 20` shows (entropy 1.66; the other six strategies 0.8 to
1.0).
"""

from __future__ import annotations

import numpy as np
import pytest

from asknext.bench import signed_rank, statistics
from asknext.bench.results import Comparison, Measure
from asknext.bench.summary import summarise

SEEDS = 20
PAIRED = 0.017
SPLIT = 0.01  # luck of the split, which all strategies share
ROUND = 0.01  # of a single test accuracy about its curve
CURVE = 0.95 - 0.35 * np.exp(-np.arange(11) / 2)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little of what is drawn for the summary and not read by the verdict."""
    monkeypatch.setattr(statistics, "RESAMPLES", 100)
    monkeypatch.setattr(signed_rank, "DRAWS", 100)


def verdict(names, gains, rng, seeds=SEEDS, paired=PAIRED) -> str:
    """What is said of strategies of which each gains so much accuracy, whatever the seed."""
    own = (paired**2 / 2 - ROUND**2 / len(CURVE)) ** 0.5  # so that differences scatter by `paired` in all
    values = (
        CURVE
        + rng.normal(0, SPLIT, (1, seeds, 1))
        + rng.normal(0, own, (len(names), seeds, 1))
        + rng.normal(0, ROUND, (len(names), seeds, len(CURVE)))
        + np.array(gains)[:, None, None]
    )
    measures = [
        Measure("simulated", name, seed, step, 20 + 20 * step, "accuracy", "test", value)
        for name, runs in zip(names, values.tolist(), strict=True)
        for seed, run in enumerate(runs)
        for step, value in enumerate(run)
    ]
    comparison = Comparison("simulated", 1000, ("a", "b"), {"strategies": names}, measures, [])
    return summarise(comparison)["verdict"]


def share(opening: str, simulations: int, names, gains, seed=0, **sizes) -> float:
    """In how many of the simulated comparisons the verdict begins so."""
    rng = np.random.default_rng(seed)
    return np.mean([verdict(names, gains, rng, **sizes).startswith(opening) for _ in range(simulations)])


@pytest.mark.parametrize("names", [("random", "copy"), ("a", "copy")])
def test_no_difference_is_shown_between_equal_strategies(names):
    # 95 % is what the interval is made for: 200 other simulations may just as well give 94 %; see below
    assert share("No difference shown", 200, names, [0, 0]) >= 0.95


def test_two_points_are_found_with_twenty_seeds():
    assert share("planted beats random", 200, ("random", "planted"), [0, 0.02]) >= 0.8
    assert share("planted comes first", 200, ("a", "planted"), [0, 0.02]) >= 0.8


def test_two_points_are_found_among_seven_strategies_that_gain_nothing():
    names = ("random", "planted", *"abcdef")
    assert share("planted beats random", 100, names, [0, 0.02, *[0] * 6]) >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [5, 20])
@pytest.mark.parametrize("names", [("random", "copy"), ("a", "copy"), ("random", *"abcdefg")])
def test_no_difference_is_shown_in_the_long_run_either(names, seeds):
    simulations = 2000
    error = (0.95 * 0.05 / simulations) ** 0.5
    gains = [0] * len(names)
    assert share("No difference shown", simulations, names, gains, seed=1, seeds=seeds) > 0.95 - 3 * error
