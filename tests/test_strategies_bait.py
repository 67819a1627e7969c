"""BAIT and the Fisher trace: agreement with plain matrix inversion, worked values, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from asknext.errors import AskNextError
from asknext.kernels.fisher import information, least_trace
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, PENDING_CODE, UNASKED_CODE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import check_strategy, choose, get
from asknext.strategies.bait import Bait


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def round_of(state: Any, k: int = 3, **columns: Any) -> Round:
    codes = np.asarray(state, dtype=np.int32)
    return Round.of(Pool(codes, tuple("abc"[:k])), Signals(len(codes), columns), Bait.needs)


def plain(X: np.ndarray, w: np.ndarray, n: int, start: np.ndarray, target: np.ndarray) -> list[int]:
    """Forward to 2 n and back to n, with an inverse for every trial."""

    def trace(rows: list[int]) -> float:
        A = start + sum((w[i] * np.outer(X[i], X[i]) for i in rows), np.zeros_like(start))
        return float(np.trace(np.linalg.inv(A) @ target))

    taken: list[int] = []
    while len(taken) < min(2 * n, len(X)):
        left = [i for i in range(len(X)) if i not in taken]
        taken.append(min(left, key=lambda i: trace([*taken, i])))
    while len(taken) > n:
        taken.remove(min(taken, key=lambda i: trace([j for j in taken if j != i])))
    return taken


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_agreement_with_plain_inversion(seed: int, form: Any) -> None:
    X = rng(seed).normal(size=(30, 5)) * [3.0, 1.0, 1.0, 0.5, 0.1]
    w = rng(seed + 1).random(30)
    target, start = information(X, w), 0.3 * np.eye(5)
    np.testing.assert_allclose(target, sum(w[i] * np.outer(X[i], X[i]) for i in range(30)))
    rows, lowered = least_trace(form(X), w, 6, start, target, rng())
    assert rows.tolist() == plain(X, w, 6, start, target)
    assert np.all(lowered > 0)


def test_falls_of_the_trace_add_up() -> None:
    X, w = rng().normal(size=(9, 3)), rng(1).random(9)
    start, target = np.eye(3), np.diag([1.0, 2.0, 3.0])
    rows, lowered = least_trace(X, w, 9, start, target, rng())
    assert sorted(rows) == list(range(9))
    end = np.trace(np.linalg.inv(start + information(X, w)) @ target)
    assert lowered.sum() == pytest.approx(np.trace(target) - end)


def test_promises() -> None:
    check_strategy(get("bait"))


@pytest.mark.parametrize("seed", range(3))
def test_the_strategy_is_the_plain_rule(seed: int) -> None:
    """Labelled and pending items inform already; items out of scope count for nothing."""
    X, proba = rng(seed).normal(size=(40, 4)) * [4, 2, 1, 1], rng(seed).dirichlet(np.ones(3), size=40)
    state = np.full(40, UNASKED_CODE)
    state[:6] = [0, 1, 2, PENDING_CODE, PENDING_CODE, ANSWER_CODES[OUT_OF_SCOPE]]
    w = proba.max(axis=1) * (1 - proba.max(axis=1))
    counted = np.r_[0:5, 6:40]
    target = (X[counted].T * w[counted]) @ X[counted] / 39
    start = np.trace(target) / 4 * np.eye(4) + (X[:5].T * w[:5]) @ X[:5] / (5 + 4)
    picked = choose(Bait(), round_of(state, embedding=X, proba=proba), 4, rng()).ids
    assert picked.tolist() == [6 + i for i in plain(X[6:], w[6:] / 9, 4, start, target)]
    scaled = choose(Bait(), round_of(state, embedding=1000 * X, proba=proba), 4, rng()).ids
    assert scaled.tolist() == picked.tolist()


def test_a_batch_covers_the_directions_of_the_pool() -> None:
    """Without a model: two directions of long items, one pick each; plain length would take one twice."""
    X = np.array([[10.0, 0.0]] * 5 + [[0.0, 9.0]] * 5)
    round = round_of([UNASKED_CODE] * 10, k=0, embedding=X, proba=np.ones((10, 0)))
    assert sorted(choose(Bait(ridge=0.01), round, 2, rng()).ids // 5) == [0, 1]


def test_refusals() -> None:
    round = round_of([UNASKED_CODE] * 4, embedding=sparse.csr_array((4, 5000)), proba=np.full((4, 3), 1 / 3))
    with pytest.raises(AskNextError, match="5000 features; reduce it to at most 4096"):
        choose(Bait(), round, 1, rng())
    with pytest.raises(AskNextError, match="ridge"):
        Bait(ridge=0)
