"""One selection from arrays: what `asknext.select` promises, and one sentence for each wrong argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

import asknext
from asknext import OUT_OF_SCOPE, AskNextError, select
from asknext.kernels.kcenter import k_center
from asknext.randomness import spawn
from asknext.strategies import Margin, Selection, Strategy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
P = RNG.dirichlet(np.ones(3), size=40)
LABELLED, LABELS = [4, 7, 30], ["b", "a", "c"]


class Mirror(Strategy):
    """Shows what reached it."""

    name = "mirror"
    family = "test"
    paper = "none"
    needs = frozenset({"proba", "embedding", "extra"})

    seen: Any = None

    def select(self, round: Any, n: int, rng: np.random.Generator) -> Selection:  # noqa: ARG002
        self.seen = round
        return Selection(round.candidates[:n], memory={"next": round.index + 1})


def test_margin_by_hand() -> None:
    picked = select(X, 5, "margin", labelled=LABELLED, y=LABELS, proba=P, out_of_scope=[1], pending=[2, 3])
    free = np.setdiff1d(np.arange(40), [4, 7, 30, 1, 2, 3])
    top = np.sort(P[free], axis=1)
    closeness = 1 - (top[:, 2] - top[:, 1])
    best = np.argsort(-closeness)[:5]
    assert picked.ids.tolist() == free[best].tolist()
    assert np.allclose(picked.scores, closeness[best])


def test_distances_are_measured_in_x() -> None:
    picked = select(X, 6, "k-center", labelled=[0], y=["a"])
    ids, radii = k_center(X[1:], 6, np.random.default_rng(), X[:1])
    assert picked.ids.tolist() == (ids + 1).tolist()
    assert np.allclose(picked.scores, radii)


def test_everything_reaches_the_strategy() -> None:
    mirror = Mirror()
    picked = select(
        X, 2, mirror, labelled=LABELLED, y=LABELS, proba=P, out_of_scope=[1], pending=[2],
        signals={"extra": np.arange(40)}, memory={"m": 1}, index=3,
    )  # fmt: skip
    seen = mirror.seen
    assert seen.labelled.tolist() == LABELLED
    assert seen.y.tolist() == [1, 0, 2]
    assert seen.classes == ("a", "b", "c")
    assert (seen.out_of_scope.tolist(), seen.pending.tolist()) == ([1], [2])
    assert (seen.index, seen.memory) == (3, {"m": 1})
    assert seen.read("extra", np.array([5])).tolist() == [5]
    assert np.array_equal(seen.read("embedding", np.arange(40)), X)
    assert np.array_equal(seen.read("proba", np.arange(40)), P)
    assert picked.ids.tolist() == [0, 3]
    assert picked.memory == {"next": 4}


def test_labels_may_come_in_any_order() -> None:
    one, two = Mirror(), Mirror()
    given: dict[str, Any] = {"proba": P, "signals": {"extra": np.zeros(40)}}
    select(X, 1, one, labelled=LABELLED, y=LABELS, **given)
    select(X, 1, two, labelled=LABELLED[::-1], y=np.array(LABELS[::-1], dtype=object), **given)
    assert one.seen.y.tolist() == two.seen.y.tolist()


@pytest.mark.parametrize("strategy", ["random", "margin", Margin()], ids=str)
def test_the_seed_is_the_only_randomness(strategy: Any) -> None:
    even = np.full((40, 2), 0.5)
    one, again, other, later = (
        select(X, 5, strategy, proba=even, seed=seed, index=index).ids.tolist()
        for seed, index in ((1, 0), (1, 0), (2, 0), (1, 1))
    )
    assert one == again
    assert other != one != later
    assert select(X, 5, "random", seed=1).ids.tolist() == spawn(1, 0, "select").choice(40, 5, False).tolist()


@pytest.mark.parametrize(
    "form",
    [
        sparse.csc_array,
        lambda x: pd.DataFrame(x, columns=["a", "b", "c"]),
        lambda x: pl.DataFrame(x, schema=["a", "b", "c"]),
        lambda x: x.tolist(),
    ],
    ids=["sparse", "pandas", "polars", "list"],
)
def test_arrays_in_every_form(form: Any) -> None:
    assert select(form(X), 4, "kmeans").ids.tolist() == select(X, 4, "kmeans").ids.tolist()
    if form is not sparse.csc_array:
        assert select(X, 4, proba=form(P)).ids.tolist() == select(X, 4, proba=P).ids.tolist()


def test_texts_with_an_embedding_beside_them() -> None:
    texts = [f"text {i}" for i in range(40)]
    picked = select(texts, 4, "kmeans", signals={"embedding": X})
    assert picked.ids.tolist() == select(X, 4, "kmeans").ids.tolist()
    assert len(select(texts, 4, "random")) == 4


def test_fewer_come_back_when_fewer_are_left() -> None:
    assert sorted(select(X[:5], 9, "random", labelled=[1], y=[0]).ids) == [0, 2, 3, 4]
    assert select(X[:1], 9, "random", pending=[0]).ids.tolist() == []
    assert select(np.empty((0, 3)), 1, "random").ids.tolist() == []


def test_without_labels_probabilities_may_have_any_columns() -> None:
    assert len(select(X, 2, proba=P)) == 2
    assert len(select(X, 2, labelled=[], y=[], proba=P[:, :2] / P[:, :2].sum(axis=1, keepdims=True))) == 2


def test_before_the_first_label_nothing_need_be_given() -> None:
    """As a campaign does it: all classes are equally likely, so that `auto` covers what there is."""
    picked = select(X, 3)
    assert picked.ids.tolist() == select(X, 3, "auto", proba=np.full((40, 2), 0.5)).ids.tolist()
    assert (picked.parts["doubt"] == 1).all()


def test_logits_do_instead_of_probabilities() -> None:
    logits = np.log(P)
    assert select(X, 5, signals={"logits": logits}).ids.tolist() == select(X, 5, proba=P).ids.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": None}, "X is NoneType; give an array"),
        ({"X": [[1, 2], [3]]}, "rows of X differ in length"),
        ({"n": 0}, "the batch size is 0; give a whole number of at least 1"),
        ({"n": 2.0}, "the batch size is 2.0"),
        ({"seed": -1}, "seed is -1; give a whole number of at least 0"),
        ({"seed": None}, "seed is None"),
        ({"index": -1}, "index is -1"),
        ({"strategy": "margni"}, "unknown strategy 'margni'; did you mean 'margin'"),
        ({"strategy": Margin}, "is a class; give a name"),
        ({"strategy": 3}, "3 is no strategy"),
        ({"labelled": [1, 40], "y": [0, 1]}, "id 40 is no position in the pool of 40 items"),
        ({"labelled": [1, 1], "y": [0, 1]}, "id 1 stands twice"),
        ({"labelled": [1.5], "y": [0]}, "ids must be a flat list of whole numbers"),
        ({"labelled": [1], "y": []}, "y holds 0 values for 1 items"),
        ({"y": ["a"]}, "y holds 1 values for 0 items"),
        ({"labelled": [1], "y": "a"}, "y is 'a'; give a list"),
        ({"labelled": [1], "y": [None]}, "None is no class label"),
        ({"labelled": [1], "y": [OUT_OF_SCOPE]}, "OUT_OF_SCOPE is no class label"),
        ({"labelled": [1, 2], "y": [[1, 0], [0, 1]]}, "is no class label"),
        ({"labelled": [1], "y": [0], "pending": [1]}, "a row stands in two of labelled, out_of_scope"),
        ({"out_of_scope": [1], "pending": [1]}, "a row stands in two of"),
        ({"proba": P[:39]}, "the signal 'proba' has 39 rows, but the pool has 40 items"),
        ({"proba": P[:, 0]}, r"'proba' is of the shape \(40,\); give a dense array, items × classes"),
        ({"proba": sparse.csr_array(P)}, "'proba' is sparse; give a dense array, items × classes"),
        ({"proba": P, "labelled": [0, 1], "y": ["a", "b"]}, "proba has 3 class columns, but y holds 2"),
        ({"proba": np.where(P[5, 1] == P, -P, P)}, "'proba' holds no probabilities, .* row 5; they"),
        ({"proba": np.where(P[5, 1] == P, 2, P)}, "'proba' holds no probabilities, .* row 5; they"),
        ({"proba": np.ma.array(P, mask=P > 0.9)}, "an array with masked values"),
        ({"X": np.ma.array(X, mask=X > 1)}, "X is an array with masked values"),
        ({"X": X[:, :0], "strategy": "kmeans"}, "needs the signal 'embedding', .* give embedding="),
        ({"signals": {"embedding": X[:, :0]}}, "the signal 'embedding' has no columns"),
        ({"X": X * 1e300, "strategy": "kmeans"}, r"holds numbers beyond 1e\+150 .*; scale these"),
        ({"signals": {"logits": P[:, 0]}}, r"'logits' is of the shape \(40,\)"),
        ({"signals": {"logits": P}, "labelled": [0, 1], "y": [3, 4], "proba": P[:, :2]}, "logits has 3"),
        ({"signals": {"samples": P}}, r"'samples' is of the shape \(40, 3\); .* items × draws × classes"),
        ({"signals": {"samples": P[:, None][:, :0]}}, r"'samples' is of the shape \(40, 0, 3\)"),
        ({"signals": {"samples": P[:, None] + 1}, "strategy": "bald"}, "'samples' holds no proba"),
        ({"signals": [P]}, "signals is list; give a dict"),
        ({"memory": [1]}, "memory is list; give a dict"),
        ({"labelled": [1, 2], "y": [1, "1"]}, "the labels mix texts and numbers"),
        ({"proba": np.where(P[5, 1] == P, np.nan, P)}, "'proba' holds NaN or infinity .* is row 5"),
        ({"proba": [["a"]] * 40}, "the signal 'proba' is not numeric"),
        ({"proba": None, "labelled": [0], "y": ["a"]}, "the strategy 'auto' needs .* 'proba', .* proba="),
        ({"X": ["text"] * 40, "strategy": "kmeans"}, "needs the signal 'embedding', .* give embedding="),
        ({"X": np.where(X[7, 0] == X, np.inf, X), "strategy": "kmeans"}, "'embedding' holds NaN .* is row 7"),
    ],
)
def test_each_wrong_argument_gets_one_sentence(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(AskNextError, match=message) as error:
        select(**{"X": X, "n": 3, "proba": P, **arguments})
    assert "\n" not in str(error.value)


def test_the_arrays_given_are_left_alone() -> None:
    copies = X.copy(), P.copy()
    select(X, 5, "margin", proba=P, labelled=LABELLED, y=LABELS)
    assert np.array_equal(X, copies[0])
    assert np.array_equal(P, copies[1])


def test_select_stands_at_the_door() -> None:
    assert asknext.select is select
