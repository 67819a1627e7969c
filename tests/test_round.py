"""The round: frozen, and open only where the strategy declared what it reads."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from asknext.errors import AskNextError, MissingSignalError
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals

POOL = Pool(np.array([1, -1, -2, -3, -1, 0, -1], dtype=np.int32), ("a", "b"))
SIGNALS = Signals(7, {"logits": np.arange(14.0).reshape(7, 2), "embedding": np.arange(7.0)[:, None]})
VIEW = Round.of(POOL, SIGNALS, {"embedding"}, index=3, memory={"weights": [1]})


def test_shows_the_pool() -> None:
    assert VIEW.candidates.tolist() == [1, 4, 6]
    assert VIEW.labelled.tolist() == [0, 5]
    assert VIEW.y.tolist() == [1, 0]
    assert VIEW.out_of_scope.tolist() == [3]
    assert VIEW.pending.tolist() == [2]
    assert VIEW.asked.tolist() == [0, 2, 3, 5]
    assert VIEW.classes == ("a", "b")
    assert (VIEW.index, VIEW.memory) == (3, {"weights": [1]})


def test_reads_declared_signals_of_the_candidates_or_of_given_items() -> None:
    assert VIEW.read("embedding").ravel().tolist() == [1, 4, 6]
    assert VIEW.read("embedding", VIEW.labelled).ravel().tolist() == [0, 5]


def test_an_undeclared_signal_cannot_be_read() -> None:
    with pytest.raises(MissingSignalError, match=r"'proba' is read but .* \(declared: embedding\)"):
        VIEW.read("proba")
    with pytest.raises(MissingSignalError, match="declared: nothing"):
        Round.of(POOL, SIGNALS, ()).read("embedding")


def test_restrict_keeps_the_candidates_among_the_given() -> None:
    fewer = VIEW.restrict(np.array([6, 0, 1, 6]))
    assert fewer.candidates.tolist() == [1, 6]
    assert fewer.labelled.tolist() == [0, 5]
    assert VIEW.candidates.tolist() == [1, 4, 6]


def test_a_round_is_frozen_and_its_memory_is_its_own() -> None:
    with pytest.raises(FrozenInstanceError):
        VIEW.index = 4  # type: ignore[misc]
    kept = {"a": 1}
    view = Round.of(POOL, SIGNALS, (), memory=kept)
    kept["a"] = 2
    assert view.memory == {"a": 1}


def test_a_given_signal_has_a_column_for_each_class() -> None:
    pool = Pool.fresh(7, ["a", "b"])
    assert Round.of(pool, SIGNALS, ()).classes == ("a", "b")  # more columns may wait for their class
    assert Round.of(Pool.fresh(7, ["a"]), SIGNALS, ()).classes == ("a",)
    with pytest.raises(AskNextError, match="'logits' has 2 class columns, but 3 classes are known"):
        Round.of(Pool.fresh(7, ["a", "b", "c"]), SIGNALS, ())
