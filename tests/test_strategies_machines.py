"""Strategies with a program or machine of their own: Du's quadratic program, QUIRE, hinted SVM."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from sklearn.svm import LinearSVC

from asknext.errors import AskNextError
from asknext.kernels.rbf import rbf
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, PENDING_CODE, UNASKED_CODE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Strategy, check_strategy, choose, get
from asknext.strategies import quire as quire_module
from asknext.strategies.hinted_svm import HintedSvm
from asknext.strategies.quire import Quire
from asknext.strategies.representative_informative import RepresentativeInformative

OPEN, OUT = UNASKED_CODE, ANSWER_CODES[OUT_OF_SCOPE]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def round_of(strategy: Strategy, state: Any, k: int = 2, **columns: Any) -> Round:
    codes = np.asarray(state, dtype=np.int32)
    return Round.of(Pool(codes, tuple("abcdef"[:k])), Signals(len(codes), columns), strategy.needs)


@pytest.mark.parametrize("name", ["representative-informative", "quire", "hinted-svm"])
def test_promises(name: str) -> None:
    check_strategy(get(name))


# --- Du's quadratic program


@pytest.mark.parametrize(
    ("trade_off", "shares"),
    [(0.0, [0.247, 0.247, 0.506]), (1.0, [0.582, 0.0, 0.418]), (10.0, [1.0, 0.0, 0.0])],
)
@pytest.mark.parametrize("slides", [False, True])
def test_worked_shares(trade_off: float, shares: list[float], slides: bool) -> None:
    """U = {0, 1, 10}, L = {0.5}, gamma 0.1, certainty .1 .2 .3; here both forms of the weights coincide."""
    X = np.array([[0.0], [1.0], [10.0], [0.5]])
    top = (1 + np.array([0.1, 0.2, 0.3, 0.0])) / 2
    strategy = RepresentativeInformative(trade_off, gamma=0.1, slides=slides)
    proba = np.column_stack([top, 1 - top])
    round = round_of(strategy, [OPEN, OPEN, OPEN, 0], embedding=X, proba=proba)
    asked = choose(strategy, round, 1, rng())
    assert asked.ids[0] in np.flatnonzero(np.isclose(shares, max(shares)))
    assert asked.parts["share"][0] == pytest.approx(max(shares), abs=2e-3)
    assert asked.parts["certainty"][0] == pytest.approx(2 * top[asked.ids[0]] - 1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("slides", [False, True])
def test_shares_minimise_the_discrepancy_itself(seed: int, slides: bool) -> None:
    """Squared distance of the mean of L and a to the mean of the rest, by a solver; the slides differ."""
    X, n = rng(seed).normal(size=(11, 2)), 2
    S = rbf(X, X, 0.5)

    def discrepancy(a: np.ndarray) -> float:
        asked = np.concatenate([a, np.ones(3)]) / (3 + n)
        rest = np.concatenate([1 - a, np.zeros(3)]) / (8 - n)
        return float((asked - rest) @ S @ (asked - rest))

    best = minimize(
        discrepancy, np.full(8, n / 8), method="SLSQP", bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda a: a.sum() - n}, options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    strategy = RepresentativeInformative(0.0, gamma=0.5, slides=slides)
    round = round_of(strategy, [OPEN] * 8 + [0] * 3, embedding=X, proba=np.full((11, 2), 0.5))
    picked = choose(strategy, round, n, rng())
    close = np.abs(picked.parts["share"] - best.x[picked.ids]).max() < 0.02
    assert close != slides
    np.testing.assert_allclose(picked.parts["likeness"] * 8, S[:8, :8].sum(axis=1)[picked.ids])
    np.testing.assert_allclose(picked.parts["likeness_to_asked"] * 3, S[:8, 8:].sum(axis=1)[picked.ids])


def test_a_batch_represents_what_is_not_asked_yet() -> None:
    X = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 10, axis=0) + 0.3 * rng().normal(size=(30, 2))
    state = np.full(30, OPEN)
    strategy = RepresentativeInformative()
    for code in (0, PENDING_CODE, OUT):
        state[:3] = code
        round = round_of(strategy, state, embedding=X, proba=np.full((30, 2), 0.5))
        assert sorted(choose(strategy, round, 2, rng()).ids // 10) == [1, 2]


def test_only_the_most_uncertain_compete_beyond_the_limit() -> None:
    top = np.linspace(0.5, 1.0, 30)
    strategy = RepresentativeInformative(limit=5)
    columns = {"embedding": rng().normal(size=(30, 2)), "proba": np.column_stack([top, 1 - top])}
    assert choose(strategy, round_of(strategy, [OPEN] * 30, **columns), 3, rng()).ids.max() < 5
    with pytest.raises(AskNextError, match="6 items are wanted"):
        choose(strategy, round_of(strategy, [OPEN] * 30, **columns), 6, rng())


# --- QUIRE


def brute_quire(X: np.ndarray, known: np.ndarray, y: np.ndarray, gamma: float) -> np.ndarray:
    """max over the item's label of the min over all other labels of y'Ly, for each item without a label."""
    L = np.linalg.inv(rbf(X, X, gamma) + np.eye(len(X)))
    scores = []
    for s in np.setdiff1d(np.arange(len(X)), known):
        fixed = np.append(known, s)
        others = np.setdiff1d(np.arange(len(X)), fixed)
        S = L[np.ix_(fixed, fixed)] - L[np.ix_(fixed, others)] @ np.linalg.solve(
            L[np.ix_(others, others)], L[np.ix_(others, fixed)]
        )
        scores.append(max(np.append(y, side) @ S @ np.append(y, side) for side in (-1.0, 1.0)))
    return np.array(scores)


def test_quire_worked_values() -> None:
    """X = 0, .5, 3, 3.5, 6 with y(0) = +1 and y(3) = -1: the criterion is 2.13626, 2.13783, 1.50012."""
    X = np.array([[0.0], [0.5], [3.0], [3.5], [6.0]])
    strategy = Quire(gamma=1.0)
    round = round_of(strategy, [0, OPEN, 1, OPEN, OPEN], embedding=X)
    first = choose(strategy, round, 1, rng())
    assert first.ids.tolist() == [4]
    known, y = np.array([0, 2]), np.array([1.0, -1.0])
    constant = y @ np.linalg.solve(rbf(X[known], X[known], 1.0) + np.eye(2), y)
    np.testing.assert_allclose(constant - first.scores, 1.50012, atol=1e-5)
    np.testing.assert_allclose(brute_quire(X, known, y, 1.0), [2.13626, 2.13783, 1.50012], atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_quire_agrees_with_trying_all_labels(seed: int) -> None:
    X, y = rng(seed).normal(size=(15, 2)), np.array([1.0, -1.0, -1.0, 1.0])
    state = np.full(15, OPEN)
    state[:4] = y < 0
    strategy = Quire(gamma=0.7)
    best = choose(strategy, round_of(strategy, state, embedding=X), 1, rng()).ids
    assert best.tolist() == [4 + brute_quire(X, np.arange(4), y, 0.7).argmin()]


def test_quire_several_classes_and_items_out_of_scope() -> None:
    """The mean over classes of the criterion, with the item out of scope against each."""
    X, state = rng(3).normal(size=(16, 2)), np.full(16, OPEN)
    state[:5] = [0, 1, 2, 1, OUT]
    total = sum(
        brute_quire(X, np.arange(5), np.where(state[:5] == c, 1.0, -1.0), 0.7)
        - np.where(state[:5] == c, 1.0, -1.0)
        @ np.linalg.solve(rbf(X[:5], X[:5], 0.7) + np.eye(5), np.where(state[:5] == c, 1.0, -1.0))
        for c in range(3)
    )
    strategy = Quire(gamma=0.7)
    picked = choose(strategy, round_of(strategy, state, 3, embedding=X), 1, rng())
    assert picked.ids.tolist() == [5 + np.argmin(total)]
    np.testing.assert_allclose(picked.scores, -np.min(total) / 3)


def test_quire_batches_and_pending_items_spread() -> None:
    corners = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]], 5, axis=0)
    X = corners + 0.1 * rng().normal(size=(20, 2))
    state = np.full(20, OPEN)
    state[[0, 5]] = 0, 1
    strategy = Quire()
    assert sorted(choose(strategy, round_of(strategy, state, embedding=X), 2, rng()).ids // 5) == [2, 3]
    state[12] = PENDING_CODE
    assert choose(strategy, round_of(strategy, state, embedding=X), 1, rng()).ids // 5 == [3]


def test_quire_refuses_what_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quire_module, "TABLE", 99)
    strategy = Quire()
    round = round_of(strategy, [0] + [OPEN] * 19, embedding=rng().normal(size=(20, 2)))
    with pytest.raises(AskNextError, match="19 candidates and 1 asked"):
        choose(strategy, round, 5, rng())


# --- Hinted SVM


def test_without_hints_it_asks_at_the_boundary_of_a_linear_machine() -> None:
    X = rng().normal(size=(60, 3))
    state = np.full(60, OPEN)
    state[:20] = X[:20, 0] + 0.3 * rng(1).normal(size=20) > 0
    Z = X - X[20:].mean(axis=0)
    Z /= np.sqrt(np.square(Z[20:]).sum(axis=1).mean())
    other = LinearSVC(C=0.1, loss="hinge", intercept_scaling=10**0.5, tol=1e-8, max_iter=1_000_000)
    other.fit(Z[:20], state[:20])
    away = np.abs(other.decision_function(Z[20:]))
    strategy = HintedSvm(hints=0.0)
    picked = choose(strategy, round_of(strategy, state, embedding=X), 5, rng())
    assert picked.ids.tolist() == (20 + np.argsort(away)[:5]).tolist()
    np.testing.assert_allclose(picked.parts["distance"], np.sort(away)[:5], atol=1e-4)
    as_sparse = choose(strategy, round_of(strategy, state, embedding=sparse.csr_array(X)), 5, rng())
    assert len(as_sparse) == 5


def test_hints_draw_the_boundary_to_what_is_unlabelled() -> None:
    """Labels at -1 and 1, candidates at 0 and near 0.6: the hints move the boundary from 0 to the many."""
    X = np.array([[-1.0], [1.0], [0.0], *[[0.6 + 0.01 * i] for i in range(12)]])
    state = [0, 1] + [OPEN] * 13
    plain, hinted = HintedSvm(hints=0.0, label_cost=10), HintedSvm(hints=1.0, label_cost=1.0, hint_cost=5.0)
    first = choose(plain, round_of(plain, state, embedding=X), 1, rng())
    assert first.ids.tolist() == [2]
    second = choose(hinted, round_of(hinted, state, embedding=X), 1, rng())
    assert second.ids[0] > 2
    assert second.parts["hint"].tolist() == [1]


def test_many_hints_do_not_hold_the_machine_at_zero() -> None:
    """The two labels weigh as much as all 198 hints, so |f| is more than what the solver leaves over."""
    X = rng().normal(size=(200, 10))
    strategy = HintedSvm(hints=1.0)
    away = choose(strategy, round_of(strategy, [0, 1] + [OPEN] * 198, embedding=X), 198, rng())
    assert np.median(away.parts["distance"]) > 1e-3


def test_two_classes_share_a_machine_unless_something_is_against_both() -> None:
    """With an item out of scope there is one machine for each class against the rest."""
    X = rng().normal(size=(40, 3))
    strategy = HintedSvm(hints=0.0)

    def distances(*state: int) -> np.ndarray:
        round = round_of(strategy, [*state, *[OPEN] * 36], embedding=X)
        picked = choose(strategy, round, 36, rng())
        return picked.parts["distance"][np.argsort(picked.ids)]

    first, second = distances(0, 0, 1, 1), distances(0, 0, 1, 0)
    assert np.abs(first - second).max() > 1e-2
    np.testing.assert_allclose(distances(0, 0, 1, OUT), np.minimum(first, second), atol=1e-6)


def test_hints_are_drawn_without_repeats_up_to_the_limit() -> None:
    strategy = HintedSvm(hints=0.5, most_hints=7)
    round = round_of(strategy, [0, 1] + [OPEN] * 38, embedding=rng().normal(size=(40, 2)))
    assert choose(strategy, round, 38, rng()).parts["hint"].sum() == 7
    strategy = HintedSvm(hints=0.5, kernel="rbf")
    assert choose(strategy, round, 38, rng()).parts["hint"].sum() == 19


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: RepresentativeInformative(trade_off=-1), lambda: RepresentativeInformative(gamma=0),
        lambda: RepresentativeInformative(limit=0), lambda: Quire(ridge=0), lambda: Quire(gamma=-1),
        lambda: HintedSvm(label_cost=0), lambda: HintedSvm(hints=2), lambda: HintedSvm(tolerance=-1),
        lambda: HintedSvm(kernel="poly"), lambda: HintedSvm(most_hints=-1),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_impossible_parameters(wrong: Any) -> None:
    with pytest.raises(AskNextError):
        wrong()
