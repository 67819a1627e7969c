"""The sampler face: fit on labelled rows, pick rows of a pool, and nothing of the user's is changed."""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from asknext import OUT_OF_SCOPE, AskNextError, Sampler
from asknext.strategies import Selection, Strategy
from asknext.strategies.margin import closeness

X, Y = load_iris(return_X_y=True)
SOME = np.arange(0, 150, 7)
KNOWN, LABELS = X[SOME], Y[SOME]
POOL = np.delete(X, SOME, axis=0)
UNFITTED = StackingClassifier([("a", GaussianNB())])


class Mirror(Strategy):
    """Shows what reached it."""

    name = "mirror"
    family = "test"
    paper = "none"
    needs = frozenset({"proba"})
    seen: Any = None

    def select(self, round: Any, n: int, rng: np.random.Generator) -> Selection:  # noqa: ARG002
        self.seen = round
        return Selection(round.candidates[:n])


def test_picks_and_scores_by_hand() -> None:
    sampler = Sampler("margin", GaussianNB(), batch_size=8).fit(KNOWN, LABELS)
    picked = sampler.select_samples(POOL)
    scores = closeness(GaussianNB().fit(KNOWN, LABELS).predict_proba(POOL))
    assert picked.tolist() == np.argsort(-scores, kind="stable")[:8].tolist()
    assert np.allclose(sampler.sample_scores_, scores[picked])


def test_labels_of_any_kind() -> None:
    names = np.array(["setosa", "versicolor", "virginica"])[LABELS]
    picks = [
        Sampler("margin", GaussianNB(), 5).fit(KNOWN, y).select_samples(POOL).tolist()
        for y in (LABELS, LABELS.tolist(), names, names.astype(object), pd.Series(names))
    ]
    assert all(other == picks[0] for other in picks)


@pytest.mark.parametrize("strategy", ["random", "margin", "kmeans", "badge", "typiclust", "k-center"])
def test_the_same_calls_give_the_same_picks(strategy: Any) -> None:
    def calls(seed: int) -> list[list[int]]:
        sampler = Sampler(strategy, RandomForestClassifier(5), batch_size=4, seed=seed)
        picks = []
        for size in (5, 10, 15):
            sampler.fit(KNOWN[:size], LABELS[:size])
            picks += [sampler.select_samples(POOL).tolist(), sampler.select_samples(POOL[:50]).tolist()]
        return picks

    assert calls(1) == calls(1)


def test_the_classifier_is_fitted_with_the_seed_and_the_round() -> None:
    def proba(seed: int, fits: int) -> list[Any]:
        mirror = Mirror()
        sampler = Sampler(mirror, RandomForestClassifier(5), seed=seed)
        for _ in range(fits):
            sampler.fit(KNOWN, LABELS)
        sampler.select_samples(POOL)
        return mirror.seen.read("proba").tolist()

    assert proba(1, 1) == proba(1, 1) != proba(2, 1)
    assert proba(1, 1) != proba(1, 2)


def test_each_fit_starts_a_round_of_its_own() -> None:
    sampler = Sampler("random", batch_size=5).fit(KNOWN, LABELS)
    first = sampler.select_samples(POOL).tolist()
    assert sampler.select_samples(POOL).tolist() == first
    assert sampler.fit(KNOWN, LABELS).select_samples(POOL).tolist() != first
    assert Sampler("random", batch_size=5, seed=1).fit(KNOWN, LABELS).select_samples(POOL).tolist() != first


def test_all_of_a_small_pool_is_picked() -> None:
    sampler = Sampler("margin", GaussianNB(), batch_size=10).fit(KNOWN, LABELS)
    assert sorted(sampler.select_samples(POOL[:3])) == [0, 1, 2]
    assert sampler.select_samples(POOL[:0]).tolist() == []


@pytest.mark.parametrize("empty", [[], np.empty((0, 4))], ids=["list", "array"])
@pytest.mark.parametrize("strategy", ["margin", "random", "kmeans", "k-center", "typiclust"])
def test_nothing_is_labelled_yet(strategy: str, empty: Any) -> None:
    picked = Sampler(strategy, GaussianNB(), batch_size=6).fit(empty, []).select_samples(POOL)
    assert len(np.unique(picked)) == 6


def test_fit_without_labels() -> None:
    picked = Sampler("kmeans", batch_size=6).fit(KNOWN).select_samples(POOL)
    assert len(np.unique(picked)) == 6


def test_what_is_labelled_counts_where_distances_are_measured() -> None:
    far = np.array([[0.0], [1.0], [2.0], [10.0]])
    assert Sampler("k-center", batch_size=1).fit([[10.0]], ["a"]).select_samples(far).tolist() == [0]
    assert Sampler("k-center", batch_size=1).fit([[0.0]], ["a"]).select_samples(far).tolist() == [3]


# ---------------------------------------------------------------- the classifier


def test_the_classifier_is_cloned() -> None:
    own = RandomForestClassifier(5)
    before = joblib.hash(own)
    Sampler("margin", own).fit(KNOWN, LABELS).select_samples(POOL)
    assert joblib.hash(own) == before


def test_assume_fitted_takes_the_classifier_as_it_is() -> None:
    own = GaussianNB().fit(X, Y)
    before = joblib.hash(own)
    sampler = Sampler("margin", own, batch_size=6, assume_fitted=True).fit(KNOWN[:1], LABELS[:1])
    picked = sampler.select_samples(POOL)
    scores = closeness(own.predict_proba(POOL))
    assert picked.tolist() == np.argsort(-scores, kind="stable")[:6].tolist()
    assert joblib.hash(own) == before


def test_assume_fitted_keeps_columns_and_labels_together() -> None:
    """The classifier knows 0, 1, 2; the labels are 2 and one that it has never seen."""
    own = LinearSVC().fit(X, Y)
    mirror = Mirror()
    Sampler(mirror, own, batch_size=1, assume_fitted=True).fit(X[[149, 0]], [2, 9]).select_samples(POOL)
    seen = mirror.seen
    assert seen.classes == (0, 1, 2, 9)
    assert seen.y.tolist() == [2, 3]
    proba = seen.read("proba")
    assert proba.argmax(axis=1).tolist() == own.predict(POOL).tolist()
    assert (proba[:, 3] == 0).all()


def test_precomputed_probabilities() -> None:
    proba = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]])
    for form in (proba, proba.tolist(), pd.DataFrame(proba), pl.DataFrame(proba, schema=["a", "b"])):
        sampler = Sampler("margin", "precomputed", batch_size=2).fit([[1.0, 0.0]], ["a"])
        assert sampler.select_samples(form).tolist() == [1, 2]
        assert np.allclose(sampler.sample_scores_, [1.0, 0.6])
    with pytest.raises(AskNextError, match="add up to 1"):
        sampler.select_samples([[0.5, 0.6]])


def test_named_learners_and_none() -> None:
    assert len(Sampler("margin", "random-forest", 3).fit(KNOWN, LABELS).select_samples(POOL)) == 3
    with pytest.raises(AskNextError, match="'margin' needs the signal 'proba'"):
        Sampler("margin").fit(KNOWN, LABELS).select_samples(POOL)


# ---------------------------------------------------------------- rows in every form


@pytest.mark.parametrize(
    "form",
    [sparse.csr_array, pd.DataFrame, lambda x: pl.DataFrame(x, schema=list("abcd")), lambda x: x.tolist()],
    ids=["sparse", "pandas", "polars", "list"],
)
def test_rows_in_every_form(form: Any) -> None:
    sampler = Sampler("margin", RandomForestClassifier(5), 5).fit(form(KNOWN), LABELS)
    same = Sampler("margin", RandomForestClassifier(5), 5).fit(KNOWN, LABELS)
    assert sampler.select_samples(form(POOL)).tolist() == same.select_samples(POOL).tolist()


@pytest.mark.parametrize("form", [list, pd.Series], ids=["list", "series"])
def test_texts(form: Any) -> None:
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    sampler = Sampler("margin", pipeline, 1).fit(form(["good", "bad"]), ["+", "-"])
    assert sampler.select_samples(form(["good good", "good bad", "bad"])).tolist() == [1]


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("margni",), "unknown strategy 'margni'"),
        (("margin", LogisticRegression), "is no learner; give a name"),
        (("margin", None, 0), "batch_size is 0; give a whole number of at least 1"),
        (("margin", None, 2.5), "batch_size is 2.5"),
    ],
)
def test_wrong_settings(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        Sampler(*arguments)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"classifier": GaussianNB(), "assume_fitted": True}, "GaussianNB has not been fitted; fit it first"),
        ({"classifier": UNFITTED, "assume_fitted": True}, "StackingClassifier has not been fitted"),
        ({"assume_fitted": True}, "None is no fitted classifier"),
        ({"classifier": "random-forest", "assume_fitted": True}, "'random-forest' is no fitted"),
    ],
)
def test_more_wrong_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        Sampler("margin", **settings)


@pytest.mark.parametrize(
    ("rows", "y", "message"),
    [
        (KNOWN, LABELS[:-1], "y holds 21 values for 22 items"),
        (KNOWN[:2], ["a", None], "None is no class label"),
        (KNOWN[:1], [OUT_OF_SCOPE], "OUT_OF_SCOPE is no class label"),
        (None, [], "X is NoneType"),
    ],
)
def test_wrong_labels_leave_the_sampler_as_it_was(rows: Any, y: Any, message: str) -> None:
    sampler = Sampler("random", batch_size=5).fit(KNOWN, LABELS)
    before = sampler.select_samples(POOL).tolist()
    with pytest.raises(AskNextError, match=message):
        sampler.fit(rows, y)
    assert sampler.select_samples(POOL).tolist() == before


def test_fit_comes_first() -> None:
    with pytest.raises(AskNextError, match=r"call fit\(X_labelled, y\) first"):
        Sampler("margin", GaussianNB()).select_samples(POOL)


@pytest.mark.parametrize(
    ("known", "pool"),
    [
        (KNOWN[:, :3], POOL),
        (KNOWN, sparse.csr_array(POOL[:, :3])),
        (pd.DataFrame(KNOWN), pd.DataFrame(POOL[:, :3])),
        (KNOWN, pd.DataFrame(POOL)),
    ],
    ids=["array", "sparse", "frame", "mixed"],
)
def test_rows_that_do_not_fit_together(known: Any, pool: Any) -> None:
    with pytest.raises(AskNextError, match="the pool's rows and the labelled rows do not fit together"):
        Sampler("margin", GaussianNB()).fit(known, LABELS).select_samples(pool)
