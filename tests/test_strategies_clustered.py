"""Hybrids that cluster: incremental weighted k-means, informed and mini-batch k-means, CLUE, Falcun."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from asknext.errors import AskNextError
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, PENDING_CODE, UNASKED_CODE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Strategy, check_strategy, choose, get
from asknext.strategies.clue import Clue, tempered
from asknext.strategies.falcun import Falcun
from asknext.strategies.incremental_weighted_kmeans import IncrementalWeightedKMeans
from asknext.strategies.mini_batch_kmeans import MiniBatchKMeans
from asknext.strategies.weighted_kmeans import shortlist


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def round_of(strategy: Strategy, state: Any, classes: tuple[str, ...] = ("a", "b"), **columns: Any) -> Round:
    codes = np.asarray(state, dtype=np.int32)
    return Round.of(Pool(codes, classes), Signals(len(codes), columns), strategy.needs)


NAMES = ["incremental-weighted-kmeans", "kmeans-informed", "mini-batch-kmeans", "clue", "falcun"]


@pytest.mark.parametrize("name", NAMES)
def test_promises(name: str) -> None:
    check_strategy(get(name))


@pytest.mark.parametrize("alias", ["iwkmeans", "two-step-kmeans", "minibatch-kmeans"])
def test_aliases(alias: str) -> None:
    assert get(alias).name in NAMES


def test_shortlist_keeps_the_largest_unless_all_are_equal() -> None:
    assert shortlist(np.array([0.1, 0.9, 0.3, 0.8]), 1.5, rng()).tolist() == [1, 3]
    assert shortlist(np.full(4, 0.5), 1.5, rng()).tolist() == [0, 1, 2, 3]
    assert shortlist(np.array([0.1, 0.9]), 7, rng()).tolist() == [0, 1]


GROUPS = np.repeat([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]], 20, axis=0) + rng(7).normal(size=(60, 2))


@pytest.mark.parametrize("code", [0, PENDING_CODE, ANSWER_CODES[OUT_OF_SCOPE]])
def test_incremental_goes_where_nothing_was_asked(code: int) -> None:
    """Two of three groups hold an asked item, of whatever kind; the item asked is central in the third."""
    strategy = IncrementalWeightedKMeans(beta=60.0)
    state = np.full(60, UNASKED_CODE)
    state[[3, 25]] = code
    third = np.linalg.norm(GROUPS - GROUPS[40:].mean(axis=0), axis=1).argmin()
    round = round_of(strategy, state, embedding=GROUPS, proba=np.full((60, 2), 0.5))
    for seed in range(5):
        assert choose(strategy, round, 1, rng(seed)).ids.tolist() == [third]


def test_incremental_keeps_beta_uncertain_items_for_each_asked() -> None:
    p = np.linspace(0.5, 1.0, 60)
    proba = np.column_stack([p, 1 - p])
    for strategy, kept in ((IncrementalWeightedKMeans(), 6), (IncrementalWeightedKMeans(beta=4), 12)):
        state = np.full(60, UNASKED_CODE)
        state[0] = 0
        round = round_of(strategy, state, embedding=GROUPS[rng(1).permutation(60)], proba=proba)
        ids = np.concatenate([choose(strategy, round, 3, rng(seed)).ids for seed in range(40)])
        assert ids.min() >= 1
        assert ids.max() <= kept
        assert len(set(ids)) > 3


def test_incremental_weights_are_margins() -> None:
    """One free centre over two items: it lies with the uncertain one, whichever that is."""
    strategy = IncrementalWeightedKMeans(beta=3)
    X = np.array([[0.0], [10.0], [14.0], [12.0]])
    for sure, picked in ((1, 2), (2, 1)):
        proba = np.full((4, 2), 0.5)
        proba[sure] = 0.99, 0.01
        proba[3] = 1.0, 0.0
        state = [0, UNASKED_CODE, UNASKED_CODE, UNASKED_CODE]
        selection = choose(strategy, round_of(strategy, state, embedding=X, proba=proba), 1, rng())
        assert selection.ids.tolist() == [picked]
        assert selection.parts["weight"].tolist() == [1.0]
        assert selection.parts["cluster_size"].tolist() == [3]


def test_mini_batches_of_everything_find_the_groups() -> None:
    strategy = MiniBatchKMeans(batch_size=60)
    ids = choose(strategy, round_of(strategy, np.full(60, UNASKED_CODE), embedding=GROUPS), 3, rng()).ids
    assert sorted(ids // 20) == [0, 1, 2]


def test_tempered_is_the_softmax_of_logits_over_the_temperature() -> None:
    logits = rng().normal(size=(5, 3))
    soft = [np.exp(z / t) / np.exp(z / t).sum(axis=1, keepdims=True) for z, t in ((logits, 1), (logits, 0.3))]
    np.testing.assert_allclose(tempered(soft[0], 0.3), soft[1])
    np.testing.assert_allclose(tempered(np.array([[1.0, 0.0]]), 0.1), [[1.0, 0.0]])


def test_clue_weighs_by_entropy() -> None:
    """One cluster, in which the doubtful items at 0 and 10 pull and the certain ones at 8 and 5 do not."""
    X = np.array([[0.0], [10.0], [8.0], [5.0]])
    certain = [1.0, 0.0]
    p = 0.25
    proba = np.array([[p, 1 - p], [0.5, 0.5], certain, certain])
    weight = -(p * np.log(p) + (1 - p) * np.log(1 - p)) / np.log(2)
    centre = 10 / (1 + weight)
    strategy = Clue()
    selection = choose(strategy, round_of(strategy, [UNASKED_CODE] * 4, embedding=X, proba=proba), 1, rng())
    assert selection.ids.tolist() == [3]
    np.testing.assert_allclose(selection.parts["distance"], abs(5 - centre))
    sharp = Clue(temperature=0.05)
    selection = choose(sharp, round_of(sharp, [UNASKED_CODE] * 4, embedding=X, proba=proba), 1, rng())
    assert selection.ids.tolist() == [1]


def plain_falcun(proba: np.ndarray, n: int, gamma: float, draws: np.random.Generator) -> list[int]:
    """The rule of the paper in loops."""
    top = np.sort(proba, axis=1)
    u = 1 - (top[:, -1] - top[:, -2])
    d = u.copy()
    picked: list[int] = []
    for _ in range(n):
        left = [i for i in range(len(u)) if i not in picked]
        low, high = min(d[left]), max(d[left])
        rel = np.array([(u[i] + ((d[i] - low) / (high - low) if high > low else 0.0)) ** gamma for i in left])
        picked.append(int(draws.choice(left, p=rel / rel.sum())))
        d = np.array([min(d[i], np.abs(proba[i] - proba[picked[-1]]).sum()) for i in range(len(u))])
    return picked


@pytest.mark.parametrize("gamma", [1.0, 10.0])
def test_falcun_draws_as_the_rule_says(gamma: float) -> None:
    proba = rng(3).dirichlet(np.ones(3), size=9)
    strategy = Falcun(gamma=gamma)
    round = round_of(strategy, [UNASKED_CODE] * 9, ("a", "b", "c"), proba=proba)
    for seed in range(20):
        assert choose(strategy, round, 4, rng(seed)).ids.tolist() == plain_falcun(proba, 4, gamma, rng(seed))


def test_falcun_first_draw_in_proportion_to_doubt_plus_stretched_doubt() -> None:
    proba = np.array([[0.5, 0.5], [0.6, 0.4], [0.75, 0.25], [1.0, 0.0]])
    u = np.array([1.0, 0.8, 0.5, 0.0])
    strategy = Falcun(gamma=1)
    round = round_of(strategy, [UNASKED_CODE] * 4, proba=proba)
    firsts = [choose(strategy, round, 1, rng(seed)).ids[0] for seed in range(2000)]
    counts = np.bincount(firsts, minlength=4)
    assert counts[3] == 0
    assert chisquare(counts[:3], 2000 * u[:3] / u[:3].sum()).pvalue > 1e-4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: IncrementalWeightedKMeans(beta=0.5), lambda: Clue(temperature=0.0), lambda: Falcun(gamma=-1),
        lambda: MiniBatchKMeans(batch_size=0), lambda: get("kmeans-informed").__class__(beta=0),  # type: ignore[call-arg]
    ],
)  # fmt: skip
def test_impossible_parameters(wrong: Any) -> None:
    with pytest.raises(AskNextError):
        wrong()
