"""The campaign: what is asked and told stays consistent, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.errors import AskNextError, MissingSignalError
from asknext.kernels.topn import top_n
from asknext.strategies import Selection, Strategy

X, Y = load_iris(return_X_y=True)
NAMES = ["setosa", "versicolor", "virginica"]
TRUTH = [NAMES[c] for c in Y]


def truth(ids: np.ndarray) -> list[str]:
    return [TRUTH[i] for i in ids]


def plain(n: int = 10, **settings: Any) -> Campaign:
    """A small campaign without a model."""
    return Campaign(np.arange(float(n))[:, None], None, "random", **settings)


# ---------------------------------------------------------------- ask and tell


def test_a_campaign_learns() -> None:
    campaign = Campaign(X, RandomForestClassifier(20), "margin", seed=1)
    for _ in range(8):
        ids = campaign.ask(5).ids
        assert campaign.pending.tolist() == sorted(ids.tolist())
        campaign.tell(ids, truth(ids))
    assert campaign.round == 8
    assert len(campaign.labels) == 40
    assert all(TRUTH[i] == label for i, label in campaign.labels.items())
    predicted = [campaign.classes[c] for c in campaign.proba().argmax(axis=1)]
    assert np.mean(np.array(predicted) == TRUTH) > 0.9


def test_columns_of_proba_are_the_classes_also_those_without_labels() -> None:
    campaign = Campaign(X, GaussianNB(), classes=["none", "virginica"])
    assert campaign.proba().tolist() == [[0.5, 0.5]] * 150
    campaign.tell([100, 101], ["virginica"] * 2)
    campaign.tell([0, 1], ["setosa"] * 2)
    assert campaign.classes == ("none", "virginica", "setosa")
    proba = campaign.proba()
    assert (proba[:, 0] == 0).all()
    assert proba[0, 2] > 0.99
    assert proba[149, 1] > 0.99
    campaign.merge_class("virginica", into="none")
    assert campaign.proba()[149, 0] > 0.99


def test_a_learner_without_a_lasting_name_works_where_nothing_is_kept(tmp_path: Path) -> None:
    halved = make_pipeline(FunctionTransformer(lambda x: x / 2), GaussianNB())
    campaign = Campaign(X, halved)
    campaign.tell([0, 100], ["a", "b"])
    assert campaign.proba().shape == (150, 2)
    assert len(campaign.ask(2)) == 2
    with Campaign(X, halved, path=tmp_path) as kept, pytest.raises(AskNextError, match="no lasting name"):
        kept.ask(2)


def test_what_proba_returns_is_the_callers(tmp_path: Path) -> None:
    with Campaign(X, GaussianNB(), path=tmp_path) as campaign:
        campaign.tell([0, 100], ["a", "b"])
        campaign.proba()[:] = 0
        assert campaign.proba().sum() == pytest.approx(150)


def test_fewer_come_back_when_fewer_are_left_and_none_at_the_end() -> None:
    campaign = plain(5)
    assert len(campaign.ask(3)) == 3
    assert len(campaign.ask(3)) == 2
    nothing = campaign.ask(3)
    assert nothing.ids.tolist() == []
    assert campaign.round == 2


@pytest.mark.parametrize("n", [0, -1, 2.5, "3", None, True])
def test_a_batch_is_a_positive_whole_number(n: Any) -> None:
    campaign = plain()
    with pytest.raises(AskNextError, match=r"the batch size is .*; give a whole number of at least 1"):
        campaign.ask(n)
    assert campaign.round == 0


def test_pending_items_are_not_asked_again() -> None:
    campaign = plain()
    seen = np.concatenate([campaign.ask(3).ids, campaign.ask(3).ids, campaign.ask(4).ids])
    assert sorted(seen.tolist()) == list(range(10))


def test_every_kind_of_answer() -> None:
    campaign = plain()
    campaign.tell([4, 2, 0, 1, 3], ["spam", OUT_OF_SCOPE, UNSURE, SKIPPED, np.int64(7)])
    assert campaign.labels == {0: UNSURE, 2: OUT_OF_SCOPE, 3: 7, 4: "spam"}
    assert campaign.classes == ("spam", 7)
    assert campaign.pool.out_of_scope.tolist() == [2]
    assert campaign.pool.unsure.tolist() == [0]
    assert not np.isin([0, 1, 2, 3, 4], campaign.pool.candidates).any()


def test_skipped_items_come_back_last() -> None:
    campaign = plain(6)
    first = campaign.ask(3).ids
    campaign.tell(first, [SKIPPED] * 3)
    second = campaign.ask(6).ids
    assert sorted([*first, *second]) == list(range(6))
    campaign.tell(second, ["a"] * 3)
    assert sorted(campaign.ask(6).ids) == sorted(first)
    campaign.tell(first, ["b", SKIPPED, "a"])
    assert campaign.ask(6).ids.tolist() == [first[1]]


def test_unsure_items_are_not_asked_again_but_may_be_told() -> None:
    campaign = plain(2)
    campaign.tell([0, 1], [UNSURE, UNSURE])
    assert len(campaign.ask(1)) == 0
    campaign.tell([0], ["a"])
    campaign.correct([1], ["b"])
    assert campaign.labels == {0: "a", 1: "b"}


def test_items_never_asked_may_be_told() -> None:
    campaign = plain(4)
    asked = campaign.ask(1).ids
    campaign.tell([i for i in range(4) if i not in asked], ["a", "b", "a"])
    assert campaign.pending.tolist() == asked.tolist()
    assert len(campaign.ask(1)) == 0


def test_telling_twice_names_correct() -> None:
    campaign = plain(3)
    campaign.tell([0, 1], ["a", OUT_OF_SCOPE])
    for item in (0, 1):
        with pytest.raises(AskNextError, match=rf"item {item} was already answered; use correct\(\) for it"):
            campaign.tell([2, item], ["b", "b"])
    assert campaign.labels == {0: "a", 1: OUT_OF_SCOPE}
    assert campaign.classes == ("a",)


def test_correct_replaces_and_the_log_keeps_both() -> None:
    campaign = plain(4)
    campaign.tell([0, 1, 2], ["a", OUT_OF_SCOPE, "b"])
    campaign.correct([2, 1, 0], [OUT_OF_SCOPE, "new", SKIPPED], actor="me")
    assert campaign.labels == {1: "new", 2: OUT_OF_SCOPE}
    assert [e.type for e in campaign.log if "answers" in e.body] == ["answered", "corrected"]
    assert list(campaign.log)[-1].actor == "me"
    for item in (0, 3):  # skipped; never asked
        with pytest.raises(AskNextError, match=rf"item {item} was not yet answered; use tell\(\) for it"):
            campaign.correct([item], ["a"])


@pytest.mark.parametrize(
    ("ids", "answers", "message"),
    [
        ([0, 10], ["a", "b"], "id 10 is no position in the pool of 10 items"),
        ([1, 1], ["a", "b"], "id 1 stands twice"),
        ([0, 1], ["new"], "answers holds 1 values for 2 items"),
        ([0, 1], ["new", None], "None is no class label"),
        ([0], "new", "answers is 'new'"),
    ],
)
def test_what_cannot_be_told_changes_nothing(ids: Any, answers: Any, message: str) -> None:
    campaign = plain()
    before = list(campaign.log)
    for deed in (campaign.tell, campaign.correct):
        with pytest.raises(AskNextError, match=message):
            deed(ids, answers)
    assert list(campaign.log) == before
    assert campaign.classes == ()


# ---------------------------------------------------------------- deliveries


def test_a_delivery_told_twice_counts_once() -> None:
    campaign = plain()
    for _ in range(2):
        campaign.tell([0, 1], ["a", OUT_OF_SCOPE], id="d1")
    campaign.correct([0], ["b"], id="d2")
    campaign.correct([0], ["c"])
    for _ in range(2):
        campaign.tell([0, 1], ["a", OUT_OF_SCOPE], id="d1")
        campaign.correct([0], ["b"], id="d2")
    assert campaign.labels == {0: "c", 1: OUT_OF_SCOPE}
    assert sum("answers" in e.body for e in campaign.log) == 3


def test_a_delivery_told_twice_is_compared_by_what_its_labels_meant() -> None:
    campaign = plain(classes=["z"])
    campaign.tell([0, 1], ["a", "b"], id="d")
    campaign.rename_class("a", "A")
    campaign.merge_class("b", into="A")
    campaign.tell([0, 1], ["a", "b"], id="d")
    assert campaign.classes == ("z", "A")
    campaign.rename_class("z", "a")
    campaign.tell([0, 1], ["a", "b"], id="d")
    assert campaign.labels == {0: "A", 1: "A"}


@pytest.mark.parametrize(
    ("kind", "ids", "answers"),
    [
        ("tell", [0, 1], ["a", "c"]),
        ("tell", [0, 1], ["a", OUT_OF_SCOPE]),
        ("tell", [0, 2], ["a", "b"]),
        ("tell", [0], ["a"]),
        ("correct", [0, 1], ["a", "b"]),
    ],
)
def test_one_name_for_two_deliveries_is_an_error(kind: str, ids: list[int], answers: list[Any]) -> None:
    campaign = plain()
    campaign.tell([0, 1], ["a", "b"], id="d")
    before = list(campaign.log)
    with pytest.raises(AskNextError, match="the event id 'd' was used before for something else"):
        getattr(campaign, kind)(ids, answers, id="d")
    assert list(campaign.log) == before


@pytest.mark.parametrize("name", ["asked-0", "fitted-0", "created", "initial"])
def test_a_delivery_may_have_any_name(name: str, tmp_path: Path) -> None:
    with Campaign(X, "logistic-regression", "margin", path=tmp_path) as campaign:
        campaign.tell([0, 60], ["a", "b"], id=name)
        campaign.record()
        campaign.tell(campaign.ask(1).ids, ["a"], id=f"{name} again")
    with Campaign(X, "logistic-regression", "margin", path=tmp_path) as campaign:
        campaign.tell([0, 60], ["a", "b"], id=name)
        assert [e.type for e in campaign.log].count("answered") == 2


# ---------------------------------------------------------------- classes


def test_classes_known_beforehand_keep_their_order() -> None:
    campaign = plain(classes=["b", "a", "b"])
    assert campaign.classes == ("b", "a")
    campaign.tell([0, 1], ["new", "a"])
    assert campaign.classes == ("b", "a", "new")
    assert campaign.pool.counts.tolist() == [0, 1, 1]


def test_rename_and_merge() -> None:
    campaign = plain(classes=["a", "b", "c"])
    campaign.tell([0, 1, 2], ["a", "b", "c"])
    campaign.rename_class("a", "A")
    campaign.merge_class("c", into="A")
    assert campaign.labels == {0: "A", 1: "b", 2: "A"}
    campaign.merge_class("A", into="b")
    assert campaign.labels == {0: "b", 1: "b", 2: "b"}
    campaign.rename_class("b", "a")
    assert campaign.labels == {0: "a", 1: "a", 2: "a"}


def test_the_name_of_a_merged_class_counts_for_the_class_it_went_into() -> None:
    campaign = plain(classes=["cat", "kitten", "dog"])
    campaign.tell([0], ["kitten"])
    campaign.merge_class("kitten", into="cat")
    campaign.tell([1], ["kitten"])
    assert campaign.labels == {0: "cat", 1: "cat"}
    assert campaign.classes == ("cat", "dog")
    assert campaign.add_class("kitten") == campaign.add_class("cat") == 0
    campaign.rename_class("cat", "feline")
    campaign.correct([0], ["kitten"])
    assert campaign.labels == {0: "feline", 1: "feline"}
    campaign.split_class("feline", [1], "kitten")  # and now it is a class again
    campaign.tell([2], ["kitten"])
    assert campaign.labels == {0: "feline", 1: "kitten", 2: "kitten"}


def test_a_class_named_later(tmp_path: Path) -> None:
    with plain(path=tmp_path, classes=["a", "unnamed-2"]) as campaign:
        first, second = campaign.provisional_class(actor="me"), campaign.provisional_class()
        assert (first, second) == ("unnamed-1", "unnamed-3")
        campaign.tell([0, 1, 2], [first, second, first])
        assert campaign.provisional == (first, second)
        campaign.rename_class(first, "fox")
    with plain(path=tmp_path) as campaign:
        assert campaign.provisional == (second,)
        assert campaign.classes == ("a", "unnamed-2", "fox", second)
        campaign.tell([3], [first])  # by someone who has not heard of the name
        assert campaign.labels == {0: "fox", 1: second, 2: "fox", 3: "fox"}
        campaign.merge_class(second, into="fox")
        assert campaign.provisional == ()
        assert campaign.provisional_class() == "unnamed-4"  # no such name is used twice
        added = [event.actor for event in campaign.log if event.body.get("provisional")]
        assert added == ["me", "", ""]


def test_a_class_split_is_one_event_and_all_or_nothing() -> None:
    campaign = plain(classes=["a", "b"])
    campaign.tell([0, 1, 2, 3], ["a", "a", "b", "a"])
    before = len(campaign.log)
    campaign.split_class("a", np.array([3, 0]), "b", actor="me")
    assert [(e.type, e.actor) for e in list(campaign.log)[before:]] == [("class-split", "me")]
    assert campaign.labels == {0: "b", 1: "a", 2: "b", 3: "b"}
    campaign.split_class("b", [0], "quite new")
    assert campaign.classes == ("a", "b", "quite new")
    assert campaign.labels[0] == "quite new"
    campaign.split_class("a", [1], campaign.provisional_class())
    assert campaign.pool.counts.tolist() == [0, 2, 1, 1]


def test_a_delivery_told_again_after_its_class_was_merged_or_split(tmp_path: Path) -> None:
    with plain(path=tmp_path) as campaign:
        campaign.tell([0, 1], ["a", "b"], id="first")
        campaign.merge_class("a", into="b")
        campaign.tell([2], ["a"], id="second")
        campaign.split_class("b", [0], "a")
    with plain(path=tmp_path) as campaign:
        before = list(campaign.log)
        campaign.tell([0, 1], ["a", "b"], id="first")
        campaign.tell([2], ["a"], id="second")
        assert list(campaign.log) == before
        assert campaign.labels == {0: "a", 1: "b", 2: "b"}


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        (lambda c: c.rename_class("x", "y"), "there is no class 'x'; the classes are: 'a', 'b'"),
        (lambda c: c.rename_class("a", "b"), r"there is already a class 'b'; merge_class\('a', into='b'\)"),
        (lambda c: c.rename_class("a", None), "None is no class label"),
        (lambda c: c.rename_class("a", OUT_OF_SCOPE), "OUT_OF_SCOPE is no class label"),
        (lambda c: c.merge_class("a", into="x"), "there is no class 'x'"),
        (lambda c: c.merge_class("a", into="a"), "class 'a' cannot be merged into itself"),
        (lambda c: c.add_class(float("nan")), "nan is no class label"),
        (lambda c: c.split_class("x", [0], "y"), "there is no class 'x'; the classes are: 'a', 'b'"),
        (lambda c: c.split_class("a", [0], "a"), "class 'a' cannot be split into itself; give the new class"),
        (lambda c: c.split_class("a", [0], "c"), "item 0 is not of class 'a'; give the items of class 'a'"),
        (lambda c: c.split_class("a", [], "c"), "no items are given; give the items of class 'a'"),
        (lambda c: c.split_class("a", [10], "c"), "id 10 is no position"),
        (lambda c: c.split_class("a", [0], None), "None is no class label"),
    ],
)
def test_what_cannot_be_done_to_classes(deed: Callable[[Campaign], None], message: str) -> None:
    campaign = plain(classes=["a", "b"])
    before = list(campaign.log)
    with pytest.raises(AskNextError, match=message):
        deed(campaign)
    assert list(campaign.log) == before


def test_a_class_that_was_merged_away_says_where_it_went() -> None:
    campaign = plain(classes=["a", "b", "c"])
    campaign.merge_class("a", into="b")
    for deed in (
        lambda: campaign.rename_class("a", "x"),
        lambda: campaign.merge_class("a", into="c"),
        lambda: campaign.split_class("a", [0], "c"),
    ):
        with pytest.raises(AskNextError, match="there is no class 'a'; it counts as 'b' now"):
            deed()
    campaign.rename_class("b", "a")
    assert campaign.classes == ("a", "c")


# ---------------------------------------------------------------- X and signals in every form


@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        sparse.coo_array,
        lambda x: pd.DataFrame(x, columns=list("abcd")),
        lambda x: pl.DataFrame(x, schema=list("abcd")),
        lambda x: x.tolist(),
    ],
    ids=["array", "sparse", "pandas", "polars", "list"],
)
def test_x_in_every_form_gives_the_same_questions(form: Callable[[np.ndarray], Any]) -> None:
    def picks(table: Any) -> list[int]:
        campaign = Campaign(table, RandomForestClassifier(9), "margin", seed=3)
        for _ in range(3):
            ids = campaign.ask(4).ids
            campaign.tell(ids, truth(ids))
        return campaign.ask(4).ids.tolist()

    assert picks(form(X)) == picks(X)


def test_texts_with_a_pipeline(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = {"ham": ["meeting", "lunch", "report"], "spam": ["win", "cash", "prize"]}
    kinds = ["ham", "spam"] * 30
    texts = [" ".join(rng.choice([*words[kind], "the", "a"], 6)) for kind in kinds]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    with Campaign(texts, pipeline, "margin", path=tmp_path) as campaign:
        for _ in range(3):
            ids = campaign.ask(5).ids
            campaign.tell(ids, [kinds[i] for i in ids])
        proba = campaign.proba()
        following = campaign.ask(5).ids
        assert following.tolist() == sorted(following, key=lambda i: abs(proba[i, 0] - 0.5))
    with Campaign(pd.Series(texts), pipeline, "margin", path=tmp_path) as again:
        assert again.pending.tolist() == sorted(following.tolist())


def test_no_learner() -> None:
    campaign = plain()
    assert len(campaign.ask(2)) == 2
    with pytest.raises(AskNextError, match="this campaign has no learner; give learner="):
        campaign.proba()
    starved = Campaign(["a", "b"], None, "margin")
    for deed in (starved.require, lambda: starved.ask(1)):
        with pytest.raises(MissingSignalError, match=r"'margin' needs the signal 'proba', .*: none\)"):
            deed()
    assert starved.round == 0


@pytest.mark.parametrize(
    "form", [np.asarray, lambda p: p.tolist(), pd.DataFrame, lambda p: pl.DataFrame(p, schema=["a", "b"])]
)
def test_probabilities_of_the_users_own_model_come_first(form: Callable[[np.ndarray], Any]) -> None:
    proba = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]])
    campaign = Campaign(["x", "y", "z"], None, "margin", signals={"proba": form(proba)})
    assert campaign.ask(3).ids.tolist() == [1, 2, 0]


def test_columns_of_another_length_are_refused_before_there_is_a_log(tmp_path: Path) -> None:
    for given in ({"signals": {"proba": np.ones((2, 1))}}, {"embedding": np.ones((2, 1))}):
        with pytest.raises(AskNextError, match="has 2 rows, but the pool has 10 items"):
            plain(path=tmp_path / "p", **given)
    with pytest.raises(AskNextError, match="the signal 'embedding' is not numeric"):
        plain(path=tmp_path / "p", embedding=["a"] * 10)
    assert not (tmp_path / "p").exists()


@dataclass(frozen=True)
class Diary(Strategy):
    """Remembers, in its memory alone, what it did and what it saw."""

    name = "diary"
    family = "test"
    paper = "none"
    needs = frozenset({"embedding"})

    def select(self, round: Any, n: int, rng: np.random.Generator) -> Selection:
        best = top_n(round.read("embedding")[:, 0], n, rng)
        rounds = (*round.memory.get("rounds", ()), round.index)
        return Selection(round.candidates[best], memory={"rounds": rounds, "asked": {round.index: n}})


def test_memory_goes_from_round_to_round_as_if_read_from_the_log() -> None:
    campaign = Campaign(np.arange(9.0)[:, None], None, Diary(), embedding=-np.arange(9.0)[:, None])
    assert campaign.ask(2).ids.tolist() == [0, 1]
    campaign.ask(2)
    campaign.ask(1)
    assert campaign.state.memory == {"rounds": [0, 1, 2], "asked": {"2": 1}}


def test_a_strategy_that_fails_leaves_nothing_behind() -> None:
    class Broken(Diary):
        def select(self, round: Any, n: int, rng: np.random.Generator) -> Selection:
            return Selection(np.repeat(super().select(round, 1, rng).ids, n))

    campaign = Campaign(np.arange(9.0)[:, None], None, Broken())
    with pytest.raises(AskNextError, match="'diary' returned 3 ids where 3 distinct candidates were due"):
        campaign.ask(3)
    assert (campaign.round, len(campaign.pending)) == (0, 0)


def test_stop_is_noted_and_work_may_go_on() -> None:
    campaign = plain()
    campaign.stop("enough", actor="me")
    assert campaign.state.stopped == "enough"
    assert len(campaign.ask(1)) == 1


def test_a_campaign_introduces_itself() -> None:
    campaign = plain(classes=["a"])
    campaign.tell([0], ["a"])
    assert repr(campaign) == "Campaign(10 items, 1 labelled, 1 classes, round 0, strategy 'random')"


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


def test_labels_of_derived_types_are_plain_ones() -> None:
    campaign = plain()
    campaign.tell([0, 1, 2, 3], [Colour.RED, "red", Level.HIGH, 3])
    assert campaign.classes == ("red", 3)
    assert [type(label) for label in campaign.classes] == [str, int]


@pytest.mark.parametrize(
    "more", [{"id": 0}, {"id": [1]}, {"id": "\ud800"}, {"actor": "\ud800"}, {"actor": None}], ids=repr
)
def test_ids_and_actors_are_texts(more: dict[str, Any]) -> None:
    campaign = plain()
    with pytest.raises(AskNextError, match=f"^{next(iter(more))} is "):
        campaign.tell([0], ["a"], **more)
    assert campaign.labels == {}


@pytest.mark.parametrize("digits", [19, 5000])
def test_endless_numbers_are_no_labels(digits: int) -> None:
    with pytest.raises(AskNextError, match="a number of more than 64 bits; give it as a text"):
        plain().tell([0], [10**digits])


def test_a_transaction_within_another_is_undone_alone() -> None:
    campaign = plain()

    def fail() -> None:
        with campaign.transaction():
            campaign.tell([1], ["b"])
            raise KeyError

    with campaign.transaction():
        campaign.tell([0], ["a"])
        with pytest.raises(KeyError):
            fail()
        campaign.tell([2], ["c"])
    assert campaign.labels == {0: "a", 2: "c"}
    assert campaign.classes == ("a", "c")
