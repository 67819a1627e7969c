"""Hybrids that look for doubt and spread it: Cluster-Margin, ALFA-Mix, DropQuery."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import chisquare
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from asknext.errors import AskNextError
from asknext.kernels.linear_head import log_odds, slopes
from asknext.pool import UNASKED_CODE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Strategy, check_strategy, choose, get
from asknext.strategies.alfa_mix import AlfaMix, flip_distance
from asknext.strategies.cluster_margin import ClusterMargin
from asknext.strategies.dropquery import DropQuery, _changed


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def round_of(strategy: Strategy, state: Any, k: int = 2, memory: Any = None, **columns: Any) -> Round:
    codes = np.asarray(state, dtype=np.int32)
    pool = Pool(codes, tuple("abcdefghij"[:k]))
    return Round.of(pool, Signals(len(codes), columns), strategy.needs, memory=memory)


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    """600 digits, 40 of them labelled, and a logistic regression on these."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:600] / 16 + 0.01 * rng().random((600, 64)), y[:600]  # no feature in which two rows agree
    model = LogisticRegression().fit(X[:40], y[:40])
    state = np.full(600, UNASKED_CODE)
    state[:40] = y[:40]
    return {"X": X, "state": state, "model": model, "proba": model.predict_proba(X), "y": y}


@pytest.mark.parametrize("name", ["cluster-margin", "alfa-mix", "dropquery"])
def test_promises(name: str) -> None:
    check_strategy(get(name))


# --- Cluster-Margin

GROUP = np.array([0] * 6 + [1] * 3 + [2] * 1 + [3] * 4)
LINE = GROUP[:, None] * 100.0 + rng().random((14, 1))
P = np.where(GROUP == 3, 0.95, 0.6)
P[0] = 0.9
PROBA = np.column_stack([P, 1 - P])


def test_turns_start_at_the_cluster_with_fewest_uncertain_items() -> None:
    """Kept are 9 items of groups 0 (5 items), 1 (3) and 2 (1): the turns are 2 1 0, 1 0, 1 0, 0, 0."""
    strategy = ClusterMargin(beta=1, cluster_size=3.5)
    for seed in range(10):
        selection = choose(strategy, round_of(strategy, [UNASKED_CODE] * 14, **columns(PROBA)), 9, rng(seed))
        assert GROUP[selection.ids].tolist() == [2, 1, 0, 1, 0, 1, 0, 0, 0]
        assert selection.parts["turn"].tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 4]
        assert selection.parts["cluster_size"].tolist() == [1, 3, 5, 3, 5, 3, 5, 5, 5]
        assert 0 not in selection.ids


def test_size_counts_uncertain_items_only() -> None:
    """A group with one uncertain item goes before one with many, whatever the clusters are called."""
    for group, others in ((0, 1), (1, 0), (3, 0)):
        p = np.where(others == GROUP, 0.6, 0.99)
        p[np.flatnonzero(group == GROUP)[0]] = 0.55
        proba = np.column_stack([p, 1 - p])
        n = int((p < 0.9).sum())
        strategy = ClusterMargin(beta=1, cluster_size=3.5)
        selection = choose(strategy, round_of(strategy, [UNASKED_CODE] * 14, **columns(proba)), n, rng())
        assert GROUP[selection.ids].tolist() == [group] + [others] * (n - 1)


def columns(proba: np.ndarray) -> dict[str, np.ndarray]:
    return {"embedding": LINE, "proba": proba}


def test_items_of_a_cluster_are_drawn_uniformly() -> None:
    strategy = ClusterMargin(beta=3, cluster_size=3.5)
    round = round_of(strategy, [UNASKED_CODE] * 14, **columns(PROBA))
    thirds = [choose(strategy, round, 3, rng(seed)).ids[2] for seed in range(2000)]
    counts = np.bincount(thirds, minlength=6)
    assert counts[0] == 0
    assert chisquare(counts[1:6]).pvalue > 1e-4


def test_the_clustering_is_the_same_in_each_round() -> None:
    """With a sample far smaller than the pool, memory makes the clusters the same; another seed does not."""
    X = rng().normal(size=(300, 2))
    proba = np.full((300, 2), 0.5)
    strategy = ClusterMargin(sample=30, beta=300)

    def clusters(memory: Any, seed: int) -> tuple[np.ndarray, Any]:
        round = round_of(strategy, [UNASKED_CODE] * 300, memory=memory, embedding=X, proba=proba)
        selection = choose(strategy, round, 300, rng(seed))
        found = np.empty(300, dtype=int)
        found[selection.ids] = selection.parts["cluster"]
        return found, selection.memory

    first, memory = clusters(None, 0)
    again, kept = clusters(memory, 1)
    other, _ = clusters(None, 1)
    assert kept == memory
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


# --- ALFA-Mix


def test_flips_are_those_of_the_model_itself(digits: dict[str, Any]) -> None:
    """Equation 5 carried out with the true head: every anchor, every mix, every item."""
    X, model = digits["X"], digits["model"]
    weights, free = model.coef_, digits["state"] == UNASKED_CODE
    Z, proba = X[free], digits["proba"][free]
    top = proba.argmax(axis=1)
    gradient = (proba - np.eye(10)[top]) @ weights
    gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
    anchors = [X[:40][digits["y"][:40] == c].mean(axis=0) for c in range(10)]
    reach = flip_distance(proba, weights - weights.mean(axis=0))
    furthest = np.max([np.linalg.norm(a - Z, axis=1) for a in anchors], axis=0)
    for eps in (0.02, 0.05, 0.1, 0.2):
        flipped = np.zeros(len(Z), dtype=bool)
        for a in anchors:
            alpha = eps * np.linalg.norm(a - Z, axis=1)[:, None] * gradient / (a - Z + 1e-12)
            flipped |= model.predict((1 - alpha) * Z + alpha * a) != model.classes_[top]
        assert 0 < flipped.sum() < len(Z)
        np.testing.assert_array_equal(reach <= eps * furthest, flipped)


def test_the_recovered_head_finds_the_same_flips(digits: dict[str, Any]) -> None:
    free = digits["state"] == UNASKED_CODE
    Z, proba = digits["X"][free], digits["proba"][free]
    weights = digits["model"].coef_
    own = flip_distance(proba, weights - weights.mean(axis=0))
    np.testing.assert_allclose(flip_distance(proba, slopes(Z, proba, rng())), own, rtol=0.02)


def test_alfa_mix_asks_items_that_flip_early(digits: dict[str, Any]) -> None:
    strategy = AlfaMix()
    round = round_of(strategy, digits["state"], 10, embedding=digits["X"], proba=digits["proba"])
    selection = choose(strategy, round, 8, rng())
    rows = np.searchsorted(round.candidates, selection.ids)
    proba, Z = digits["proba"][round.candidates], digits["X"][round.candidates]
    share = flip_distance(proba, slopes(Z, proba, rng())) * 8
    means = [digits["X"][:40][digits["y"][:40] == c].mean(axis=0) for c in range(10)]
    share /= np.max([np.linalg.norm(a - Z, axis=1) for a in means], axis=0)
    step = next(s for s in (0.2, 0.4, 0.6, 0.8, 1.0) if (share <= s).sum() > 8)
    assert np.all(share[rows] <= step)
    np.testing.assert_allclose(selection.parts["mix"] * 8, share[rows])


def test_a_shortage_of_flips_is_filled_with_those_closest_to_flipping() -> None:
    x = np.linspace(1.0, 5.0, 20)  # log-odds; the anchors are at 1 and 5
    proba = np.column_stack([1 / (1 + np.exp(-x)), 1 / (1 + np.exp(x))])
    state = np.full(20, UNASKED_CODE)
    state[[0, 19]] = 1, 0
    eps = x / np.maximum(x - 1, 5 - x)
    eps[[0, 19]] = np.inf
    strategy = AlfaMix()
    selection = choose(strategy, round_of(strategy, state, embedding=x[:, None], proba=proba), 15, rng())
    assert 0 < (eps <= 1).sum() < 15
    assert sorted(selection.ids) == sorted(np.argsort(eps)[:15])
    np.testing.assert_allclose(selection.parts["mix"], eps[selection.ids], rtol=1e-4)


def test_flip_distance_worked() -> None:
    """Two classes, log-odds x: an item at x flips at distance x, whatever the scale of the gradient."""
    x = np.array([2.0, -0.5])
    proba = np.column_stack([1 / (1 + np.exp(-x)), 1 / (1 + np.exp(x))])
    np.testing.assert_allclose(flip_distance(proba, np.array([[0.5], [-0.5]])), [2.0, 0.5])
    assert np.isinf(flip_distance(proba, np.zeros((2, 1)))).all()
    assert np.isinf(flip_distance(np.ones((2, 1)), np.ones((1, 1)))).all()


# --- DropQuery


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_changes_are_those_of_the_model_itself(digits: dict[str, Any], form: Any) -> None:
    X, model = digits["X"], digits["model"]
    weights = model.coef_ - model.coef_.mean(axis=0)
    changed = _changed(form(X), log_odds(digits["proba"]), weights, 0.75, rng(4))
    kept = rng(4).random(X.shape) >= 0.75
    np.testing.assert_array_equal(changed, model.predict(X * kept * 4.0) != model.predict(X))
    assert 0 < changed.sum() < len(X)


def test_dropquery_asks_items_that_change(digits: dict[str, Any]) -> None:
    strategy = DropQuery(enough=1)
    round = round_of(strategy, digits["state"], 10, embedding=digits["X"], proba=digits["proba"])
    assert choose(strategy, round, 8, rng()).parts["changes"].min() >= 2


def test_dropquery_lowers_its_threshold_and_then_fills_up() -> None:
    changes = np.array([0, 1, 3, 2, 0, 0, 1])
    strategy = DropQuery(enough=2)
    assert strategy._inconsistent(changes, 1, rng()).tolist() == [2, 3]
    assert strategy._inconsistent(changes, 2, rng()).tolist() == [1, 2, 3, 6]
    assert {1, 2, 3, 6} < set(strategy._inconsistent(changes, 5, rng()).tolist())
    assert strategy._inconsistent(np.zeros(4, dtype=int), 2, rng()).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ClusterMargin(beta=0), lambda: ClusterMargin(cluster_size=0), lambda: ClusterMargin(sample=0),
        lambda: AlfaMix(step=0), lambda: DropQuery(rate=1), lambda: DropQuery(passes=0),
    ],
)  # fmt: skip
def test_impossible_parameters(wrong: Any) -> None:
    with pytest.raises(AskNextError):
        wrong()
