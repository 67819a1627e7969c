"""Power acquisition: draws in proportion to a power of the score."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

import asknext
from asknext.errors import AskNextError
from asknext.strategies import Strategy, check_strategy, get
from asknext.strategies.power import Power, PowerMargin

P1 = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.55])
PROBA = np.stack([P1, 1 - P1], axis=1)
CLOSENESS = 2 * (1 - P1)  # 1 - (p1 - p2) of two classes


def picks(strategy: Strategy, n: int, draws: int) -> np.ndarray:
    """(draws, n) picks by as many seeds."""
    X = np.zeros((len(P1), 1))
    return np.array([asknext.select(X, n, strategy, proba=PROBA, seed=s).ids for s in range(draws)])


@pytest.mark.parametrize("name", ["power-margin", "power-entropy", "power-least-confidence", "power-bald"])
def test_common_check(name: str) -> None:
    check_strategy(get(name))


@pytest.mark.parametrize("beta", [0.0, 1.0, 2.0])
def test_first_pick_is_drawn_by_the_power(beta: float) -> None:
    drawn = np.bincount(picks(PowerMargin(beta=beta), 1, 3000)[:, 0], minlength=6)
    share = CLOSENESS**beta / (CLOSENESS**beta).sum()
    assert chisquare(drawn, 3000 * share).pvalue > 1e-3


def test_pairs_are_drawn_without_replacement() -> None:
    """The chance of i, then j, is s_i / S · s_j / (S - s_i)."""
    found = picks(PowerMargin(), 2, 4000)
    drawn = np.zeros((6, 6))
    np.add.at(drawn, tuple(found.T), 1)
    share = CLOSENESS / CLOSENESS.sum()
    expected = share[:, None] * share / (1 - share[:, None])
    off = ~np.eye(6, dtype=bool)
    assert drawn[~off].sum() == 0
    assert chisquare(drawn[off], 4000 * expected[off]).pvalue > 1e-3


def test_large_power_is_the_strategy_itself() -> None:
    assert picks(Power(get("margin"), 1e6), 6, 1)[0].tolist() == [5, 4, 3, 2, 1, 0]


def test_scores_of_zero_come_last() -> None:
    proba = np.concatenate([np.eye(2)[[0, 1, 0]], PROBA])
    for seed in range(50):
        chosen = asknext.select(np.zeros((9, 1)), 7, "power-margin", proba=proba, seed=seed)
        assert (chosen.ids < 3).sum() == 1
        assert chosen.ids[-1] < 3
        assert chosen.parts["score"][-1] == 0


def test_part_is_the_score_without_noise() -> None:
    chosen = asknext.select(np.zeros((6, 1)), 6, "power-margin", proba=PROBA)
    np.testing.assert_allclose(chosen.parts["score"], CLOSENESS[chosen.ids])


def test_refusals() -> None:
    with pytest.raises(AskNextError, match="'kmeans' has no score of each item"):
        Power(get("kmeans"))  # type: ignore[arg-type]
    with pytest.raises(AskNextError, match="beta is -1"):
        PowerMargin(beta=-1)
