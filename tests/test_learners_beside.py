"""What learners read beside labelled rows: each gets what it says, and keys follow it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest

import asknext
from asknext.learners import as_learner
from asknext.learners.base import is_learner
from asknext.learners.fitting import Fitting, Table
from asknext.learners.precomputed import Precomputed, PrecomputedModel
from asknext.pool import OUT_OF_SCOPE

X = np.random.default_rng(0).normal(size=(12, 3))


@dataclass(frozen=True)
class Curious:
    """Notes what it is given, and is as sure of each class as of the others."""

    reads_names: bool = False
    reads_pool: bool = False
    reads_outside: bool = False
    given: list[Any] = field(default_factory=list)

    needs_labels: ClassVar[bool] = True
    provides: ClassVar[frozenset[str]] = frozenset({"proba"})

    @property
    def key(self) -> str:
        return "curious"

    def fit(self, X: Any, y: Any, seed: int, **beside: Any) -> Any:  # noqa: ARG002
        self.given.append((X, y, beside))
        return Sure(np.unique(y[y >= 0]))


@dataclass(frozen=True)
class Sure:
    classes: Any

    def signal(self, name: str, X: Any) -> Any:  # noqa: ARG002
        return np.full((len(X), len(self.classes)), 1 / len(self.classes))


def fitting(**reads: bool) -> tuple[Fitting, Any]:
    learner = Curious(**reads)
    campaign = asknext.Campaign(X, learner, "margin")
    campaign.tell([7, 2, 5], ["b", OUT_OF_SCOPE, "a"])
    campaign.fitting.column("proba")
    return campaign.fitting, learner.given[-1]


def test_most_get_labelled_rows_alone() -> None:
    _, (rows, y, beside) = fitting()
    np.testing.assert_array_equal(rows, X[[5, 7]])
    assert y.tolist() == [1, 0]
    assert beside == {}


def test_names_are_those_of_the_positions() -> None:
    _, (_, y, beside) = fitting(reads_names=True)
    assert beside == {"names": ("b", "a")}
    assert y.tolist() == [1, 0]


def test_the_pool_is_all_of_it() -> None:
    _, (_, _, beside) = fitting(reads_pool=True)
    assert beside.keys() == {"others"}
    np.testing.assert_array_equal(beside["others"], X)


def test_items_out_of_scope_come_last_and_as_minus_one() -> None:
    _, (rows, y, beside) = fitting(reads_outside=True)
    np.testing.assert_array_equal(rows, X[[5, 7, 2]])
    assert y.tolist() == [1, 0, -1]
    assert beside == {}


@pytest.mark.parametrize("what", ["reads_names", "reads_outside"])
def test_keys_are_of_what_is_read(what: str) -> None:
    """The key of a learner that reads nothing more is that of the labelled rows alone."""
    plain, more = fitting()[0], fitting(**{what: True})[0]
    assert plain.key == fitting(reads_pool=True)[0].key != more.key
    without = asknext.Campaign(X, Curious(), "margin")
    without.tell([7, 5], ["b", "a"])
    assert without.fitting.key == plain.key


def test_what_a_learner_is_is_told_without_its_key() -> None:
    """A key may have to read all weights of a network."""

    class Lazy(Precomputed):
        @property
        def key(self) -> str:
            raise AssertionError("read")

    assert is_learner(Lazy())
    assert not is_learner(PrecomputedModel(np.arange(2)))
    made = Lazy()
    assert as_learner(made) is made


def test_a_holdout_is_no_part_of_the_pool() -> None:
    learner = Curious(reads_pool=True)
    campaign = asknext.Campaign(Table(X[:8], holdout=X[8:]), learner, "margin")
    campaign.tell([1, 2], ["a", "b"])
    campaign.fitting.column("proba")
    np.testing.assert_array_equal(learner.given[-1][2]["others"], X[:8])
