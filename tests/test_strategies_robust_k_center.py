"""Robust k-center: worked values, agreement with trying everything, the sample and the fallback."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from asknext.errors import AskNextError
from asknext.kernels import robust_kcenter
from asknext.kernels.distances import nearest
from asknext.kernels.robust_kcenter import robust_k_center
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, PENDING_CODE, UNASKED_CODE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import check_strategy, choose, get
from asknext.strategies.k_center import KCenter
from asknext.strategies.robust_k_center import RobustKCenter

LINE = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0], [50.0]])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def round_of(X: Any, state: Any = None) -> Round:
    codes = np.full(X.shape[0], UNASKED_CODE) if state is None else np.asarray(state)
    pool = Pool(codes.astype(np.int32), ("a", "b"))
    return Round.of(pool, Signals(X.shape[0], {"embedding": X}), RobustKCenter.needs)


def test_worked_values() -> None:
    """Two centres on the line: 50 needs one of them, unless it may be left out."""
    rows, radius, proven = robust_k_center(LINE, 2, rng())
    assert (radius, proven) == (pytest.approx(10.0), True)
    assert 6 in rows
    rows, radius, proven = robust_k_center(LINE, 2, rng(), outliers=1)
    assert sorted(rows) == [1, 4]
    assert (radius, proven) == (pytest.approx(1.0), True)


def test_fixed_centres_cover() -> None:
    rows, radius, _ = robust_k_center(LINE, 1, rng(), LINE[[1]])
    assert (rows.tolist(), radius) == ([6], pytest.approx(11.0))
    rows, radius, _ = robust_k_center(LINE, 1, rng(), LINE[[1]], outliers=1)
    assert (rows.tolist(), radius) == ([4], pytest.approx(1.0))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("outliers", [0, 2])
@pytest.mark.parametrize("fixed", [0, 2])
def test_no_choice_is_better(seed: int, outliers: int, fixed: int) -> None:
    X, centres = rng(seed).normal(size=(14, 2)), rng(seed + 99).normal(size=(fixed, 2))
    rows, radius, proven = robust_k_center(X, 3, rng(), centres, outliers)
    assert proven
    assert len(set(rows)) == 3

    def reach(chosen: Any) -> float:
        return float(np.sort(cdist(X, np.concatenate([X[list(chosen)], centres])).min(axis=1))[-1 - outliers])

    assert radius == pytest.approx(min(reach(some) for some in combinations(range(14), 3)))
    assert reach(rows) == pytest.approx(radius)


def test_sparse_rows_copies_and_all_rows() -> None:
    assert robust_k_center(sparse.csr_array(LINE), 2, rng(), outliers=1).radius == pytest.approx(1.0)
    copies = np.ones((6, 2))
    assert robust_k_center(copies, 3, rng(), copies[:1])[1:] == (0.0, True)
    assert len(set(robust_k_center(copies, 3, rng()).rows)) == 3
    assert sorted(robust_k_center(LINE, 7, rng()).rows) == list(range(7))
    assert robust_k_center(LINE, 1, rng(), outliers=7).radius == 0.0


def test_an_undecided_solver_leaves_the_greedy_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robust_kcenter, "_cover", lambda *_: (None, False))
    rows, radius, proven = robust_k_center(LINE, 2, rng())
    assert not proven
    assert radius == pytest.approx(cdist(LINE, LINE[rows]).min(axis=1).max())


def test_nearest_centre_of_each_row() -> None:
    X = rng().normal(size=(50, 3))
    np.testing.assert_array_equal(nearest(X, X[:7]), cdist(X, X[:7]).argmin(axis=1))


def test_promises() -> None:
    check_strategy(get("robust-k-center"))


@pytest.mark.parametrize("code", [0, PENDING_CODE, ANSWER_CODES[OUT_OF_SCOPE]])
def test_the_strategy_on_the_line(code: int) -> None:
    """With 1 asked, one item left out and one to ask, it is 11; the remote 50 is what k-center asks."""
    round = round_of(LINE, [UNASKED_CODE, code, *[UNASKED_CODE] * 5])
    robust = choose(RobustKCenter(outliers=0.17), round, 1, rng())
    assert robust.ids.tolist() == [4]
    assert robust.parts["radius"] == pytest.approx(1.0)
    assert robust.parts["proven"].tolist() == [1]
    assert choose(KCenter(), round, 1, rng()).ids.tolist() == [6]


def test_those_that_cover_most_come_first() -> None:
    X = np.array([[0.0], [1.0], [2.0], [2.5], [100.0], [101.0]])
    selection = choose(RobustKCenter(outliers=0), round_of(X), 2, rng())
    assert selection.parts["covers"].tolist() == [4, 2]
    assert selection.ids[0] < 4 <= selection.ids[1]


def test_a_sample_stands_for_a_large_pool() -> None:
    X = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 100, axis=0) + 0.1 * rng().normal(size=(300, 2))
    selection = choose(RobustKCenter(sample=30), round_of(X), 3, rng())
    assert sorted(selection.ids // 100) == [0, 1, 2]


def test_greedy_where_the_sample_is_too_small() -> None:
    X = rng().normal(size=(40, 2))
    selection = choose(RobustKCenter(sample=10), round_of(X), 12, rng())
    assert selection.ids.tolist() == choose(KCenter(), round_of(X), 12, rng()).ids.tolist()
    assert not selection.parts["proven"].any()


@pytest.mark.parametrize("wrong", [{"outliers": 1.0}, {"outliers": -0.1}, {"sample": 0}])
def test_impossible_parameters(wrong: dict[str, Any]) -> None:
    with pytest.raises(AskNextError):
        RobustKCenter(**wrong)
