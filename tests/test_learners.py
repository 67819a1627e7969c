"""Learners: fitted on the classes that there are, aligned with the pool's, and never the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Perceptron,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from asknext.errors import AskNextError
from asknext.learners import LEARNERS, Learner, Precomputed, SklearnLearner, as_learner, make
from asknext.learners.calibrated import CalibratedLinearSVC
from asknext.learners.fitting import Fitting, Table
from asknext.log import ColumnStore
from asknext.pool import Pool
from asknext.signals import Signals

X, Y = load_iris(return_X_y=True)
SOME = np.arange(0, 150, 5)


def pool_of(n: int, labelled: Sequence[int] | np.ndarray, y: Sequence[int] | np.ndarray, k: int) -> Pool:
    pool = Pool.fresh(n, [f"class {j}" for j in range(k)])
    pool.state[np.asarray(labelled, dtype=np.intp)] = y
    return pool


def fitting(
    learner: Any, X: Any = X, labelled: Any = SOME, y: Any = Y[SOME], k: int = 3, seed: int = 0
) -> Fitting:
    table = Table(X)
    return Fitting(as_learner(learner), table, pool_of(len(table), labelled, y, k), seed)


CLASSIFIERS = [
    LogisticRegression(max_iter=500),
    GaussianNB(),
    KNeighborsClassifier(3),
    DecisionTreeClassifier(),
    RandomForestClassifier(5),
    SVC(),
    LinearSVC(),
    RidgeClassifier(),
    Perceptron(),
    SGDClassifier(),
    CalibratedLinearSVC(),
    VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], voting="soft"),
    CalibratedClassifierCV(LinearSVC(), cv=2),
    GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1.0]}, cv=2),
    make_pipeline(StandardScaler(), LinearSVC()),
    make_pipeline(RBFSampler(), SGDClassifier(loss="log_loss")),
]


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=lambda c: type(c).__name__)
def test_any_classifier_gives_probabilities_of_the_pools_classes(classifier: Any) -> None:
    """The pool knows five classes; only classes 4 and 1 have labels, 4 for what is 0 in truth."""
    ids = SOME[Y[SOME] < 2]
    y = np.where(Y[ids] == 0, 4, 1)
    proba = fitting(classifier, labelled=ids, y=y, k=5).column("proba")
    assert proba.shape == (150, 5)
    assert np.allclose(proba.sum(axis=1), 1)
    assert (proba >= 0).all()
    assert (proba[:, [0, 2, 3]] == 0).all()
    known = Y < 2
    right = np.where(Y[known] == 0, 4, 1) == proba[known].argmax(axis=1)
    assert right.mean() > 0.95


def test_columns_agree_with_a_classifier_fitted_by_hand() -> None:
    proba = fitting(GaussianNB()).column("proba")
    by_hand = GaussianNB().fit(X[SOME], Y[SOME])
    assert np.allclose(proba, by_hand.predict_proba(X))


def test_two_decision_values_become_a_logistic_function() -> None:
    ids = SOME[Y[SOME] < 2]
    svm = LinearSVC().fit(X[ids], Y[ids])
    proba = fitting(LinearSVC(), labelled=ids, y=Y[ids], k=2).column("proba")
    assert np.allclose(proba[:, 1], expit(svm.decision_function(X)))
    assert np.allclose(proba[:, 0], 1 - proba[:, 1])


def test_more_decision_values_become_a_softmax() -> None:
    svm = LinearSVC().fit(X[SOME], Y[SOME])
    assert np.allclose(fitting(LinearSVC()).column("proba"), softmax(svm.decision_function(X), axis=1))


def test_one_class_is_certain() -> None:
    proba = fitting(LogisticRegression(), labelled=[0, 1], y=[2, 2]).column("proba")
    assert proba.tolist() == [[0, 0, 1]] * 150
    samples = fitting(RandomForestClassifier(), labelled=[0, 1], y=[2, 2]).column("samples")
    assert samples.tolist() == [[[0, 0, 1]]] * 150


@pytest.mark.parametrize("k", [0, 1, 4])
def test_without_labels_every_class_is_as_likely(k: int) -> None:
    unfitted = fitting(RandomForestClassifier(), labelled=[], y=[], k=k)
    assert unfitted.model is None
    expected = np.full((150, k), 1 / max(k, 1), dtype=np.float32)
    for name, values in {"proba": expected, "samples": expected[:, None]}.items():
        assert np.array_equal(unfitted.column(name), values)
        assert unfitted.column(name).dtype == np.float32  # as what a fitted learner says


# ---------------------------------------------------------------- forms of X


def test_texts_through_a_pipeline() -> None:
    texts = ["good fun", "bad film", "good", "fun", "good good", "bad bad"]
    learner = make_pipeline(TfidfVectorizer(), LogisticRegression())
    proba = fitting(learner, texts, [0, 1], [0, 1], 2).column("proba")
    assert proba[[0, 2, 4], 0].min() > 0.5 > proba[[1, 5], 0].max()


def test_sparse_rows() -> None:
    dense = fitting(LogisticRegression(max_iter=500)).column("proba")
    table = sparse.coo_array(X)
    assert np.allclose(fitting(LogisticRegression(max_iter=500), table).column("proba"), dense, 1e-3)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_mixed_frames_through_a_column_transformer(frame: Any) -> None:
    table = frame({"colour": ["red", "blue"] * 20, "size": np.ones(40)})
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), (StandardScaler(), ["size"]))
    proba = fitting(
        make_pipeline(columns, LogisticRegression()), table, np.arange(10), np.arange(10) % 2, 2
    ).column("proba")
    assert proba.argmax(axis=1).tolist() == [0, 1] * 20


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_forest_over_a_frame_gives_samples(frame: Any) -> None:
    names = ["a", "b", "c", "d"]
    table = pd.DataFrame(X, columns=names) if frame is pd.DataFrame else pl.DataFrame(X, schema=names)
    samples = fitting(RandomForestClassifier(7), table).column("samples")
    assert np.array_equal(samples, fitting(RandomForestClassifier(7)).column("samples"))


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize("forest", [RandomForestClassifier(7), ExtraTreesClassifier(7)])
def test_samples_are_the_trees(forest: Any) -> None:
    fit = fitting(forest, y=np.where(Y[SOME] == 2, 3, Y[SOME]), k=5)
    samples = fit.column("samples")
    assert samples.shape == (150, 7, 5)
    assert np.allclose(samples.mean(axis=1), fit.column("proba"))
    assert (samples[..., [2, 4]] == 0).all()
    assert samples.std(axis=1).max() > 0


def test_only_forests_provide_samples() -> None:
    assert as_learner(RandomForestClassifier()).provides == {"proba", "samples"}
    assert "samples" not in as_learner(LogisticRegression()).provides


# ---------------------------------------------------------------- seeds


RANDOM = [
    RandomForestClassifier(3),
    make_pipeline(RBFSampler(n_components=5), SGDClassifier(loss="log_loss")),
    BaggingClassifier(make_pipeline(RBFSampler(n_components=5), DecisionTreeClassifier(max_features=1)), 3),
    GridSearchCV(DecisionTreeClassifier(max_features=1), {"max_depth": [1, 2]}, cv=2),
    CalibratedClassifierCV(GaussianNB(), cv=StratifiedKFold(2, shuffle=True)),
    VotingClassifier([("a", ExtraTreesClassifier(2)), ("b", SGDClassifier(loss="log_loss"))], voting="soft"),
]


@pytest.mark.parametrize("classifier", RANDOM, ids=lambda c: type(c).__name__)
def test_all_randomness_comes_from_the_seed(classifier: Any) -> None:
    one, again, other = (fitting(classifier, seed=seed).column("proba") for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_random_state_of_the_user_is_kept() -> None:
    own = make_pipeline(RBFSampler(n_components=5, random_state=3), LogisticRegression())
    assert np.array_equal(*(fitting(own, seed=seed).column("proba") for seed in (1, 2)))
    generator = RandomForestClassifier(3, random_state=np.random.RandomState(4))
    assert np.array_equal(*(fitting(generator, seed=seed).column("proba") for seed in (1, 1)))


@pytest.mark.parametrize("classifier", [*CLASSIFIERS, *RANDOM], ids=lambda c: type(c).__name__)
def test_the_users_estimator_is_never_changed(classifier: Any) -> None:
    own = clone(classifier)
    before = joblib.hash(own)
    fitting(own).column("proba")
    assert joblib.hash(own) == before


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (LogisticRegression, "is no learner; give a name"),
        (Precomputed, "is no learner; give a name"),
        (3, "3 is no learner"),
        ("random-forrest", "unknown learner 'random-forrest'; did you mean 'random-forest'"),
        (LinearRegression(), "LinearRegression has neither predict_proba nor decision_function"),
        (VotingClassifier([("a", GaussianNB())]), "wrap it in sklearn's CalibratedClassifierCV"),
    ],
)
def test_what_is_no_learner(bad: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        as_learner(bad)


def test_a_learner_is_taken_as_it_is() -> None:
    learner = SklearnLearner(GaussianNB())
    assert as_learner(learner) is learner
    assert isinstance(learner, Learner)


@pytest.mark.parametrize(
    ("learner", "table", "message"),
    [
        (LogisticRegression(), ["a", "b", "c"], "LogisticRegression cannot be fitted on 2 labelled items"),
        (GaussianNB(), sparse.csr_array(np.eye(3)), "GaussianNB cannot be fitted .* [Ss]parse"),
        (make_pipeline(TfidfVectorizer(), LinearSVC()), ["a", None, "c"], "'NoneType' .* attribute 'lower'"),
        (KNeighborsClassifier(3), np.eye(3), "cannot predict 3 items: Expected n_neighbors"),
    ],
)
def test_what_scikit_learn_refuses_is_one_sentence(learner: Any, table: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message) as error:
        fitting(learner, table, [0, 1], [0, 1], 2).column("proba")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("row", [0, 100], ids=["labelled", "unlabelled"])
def test_nan_in_x_is_named_with_its_row(row: int) -> None:
    table = X.copy()
    table[row, 1] = np.nan
    with pytest.raises(AskNextError, match=f"^X holds NaN or infinity in 1 row.*, the first is row {row};"):
        fitting(LogisticRegression(), table).column("proba")
    lazy = Signals(150, fitting(LogisticRegression(), table).sources())
    with pytest.raises(AskNextError, match=f"the first is row {row};"):
        lazy.read("proba", np.array([120, row]))


def test_nan_is_left_to_learners_that_take_it() -> None:
    table = X.copy()
    table[3, 1] = np.nan
    assert np.isfinite(fitting("gradient-boosting", table).column("proba")).all()


def test_pairwise_decision_values_are_refused() -> None:
    y = np.arange(20) % 4
    with pytest.raises(AskNextError, match=r"has 6 columns for 4 classes; .* decision_function_shape='ovr'"):
        fitting(SVC(decision_function_shape="ovo"), X[:20], np.arange(20), y, 4).column("proba")


# ---------------------------------------------------------------- other learners


def test_precomputed_rows_are_probabilities() -> None:
    table = np.array([[0.25, 0.75], [1.0, 0.0]])
    for form in (table, table.tolist(), sparse.csr_array(table), pd.DataFrame(table)):
        assert fitting("precomputed", form, [], [], 2).column("proba").tolist() == table.tolist()
    more = fitting(Precomputed(), table, [1], [2], 3).column("proba")
    assert more.tolist() == [[0.25, 0.75, 0.0], [1.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("table", "k", "message"),
    [
        ([[0.5, 0.6]], 2, "add up to 1"),
        ([[1.5, -0.5]], 2, "add up to 1"),
        ([[np.nan, 1.0]], 2, "X holds NaN"),
        ([[0.5, 0.5], [0.5, 0.6]], 2, "row 1; .* add up to 1"),
        (["a"], 2, "a row for each item and a column for each class"),
        ([["a", "b"]], 2, "add up to 1"),
        ([[0.5, 0.5]], 1, "2 class columns, but only 1 classes are known; declare them"),
    ],
)
def test_precomputed_rows_that_are_none(table: Any, k: int, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        fitting("precomputed", table, [], [], k).column("proba")


def test_a_classifier_fitted_elsewhere() -> None:
    own = GaussianNB().fit(X, Y)
    learner = SklearnLearner(own, fitted=True)
    assert not learner.needs_labels
    proba = fitting(learner, labelled=[], y=[], k=4).column("proba")
    assert np.array_equal(proba[:, :3], own.predict_proba(X).astype(np.float32))
    assert (proba[:, 3] == 0).all()
    with pytest.raises(AskNextError, match="GaussianNB has not been fitted"):
        SklearnLearner(GaussianNB(), fitted=True)


class Odd(GaussianNB):
    """A classifier whose probabilities are not what they should be, at row 7."""

    def __init__(self, fault: str = "nan") -> None:
        super().__init__()
        self.fault = fault

    def predict_proba(self, X: Any) -> np.ndarray:
        proba = super().predict_proba(X)
        if self.fault == "short":
            return proba[:1]
        if self.fault == "flat":
            return proba[:, 0]
        odd = (X == TABLE_ROW).all(axis=1)
        proba[odd] = np.nan if self.fault == "nan" else 0.7
        return proba


TABLE_ROW = X[7]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("nan", "'proba' holds NaN or infinity in 1 .* row 7;"),
        ("sum", "'proba' holds no probabilities, .* row 7;"),
        ("short", "the learner's signal 'proba' has 1 rows for 150 items"),
        ("flat", r"'proba' is of the shape \(150,\)"),
    ],
)
def test_odd_probabilities_are_never_kept(fault: str, message: str, tmp_path: Path) -> None:
    fit = fitting(Odd(fault))
    fit.columns = ColumnStore(tmp_path)
    with pytest.raises(AskNextError, match=message):
        fit.column("proba")
    assert fit.columns.get(fit.column_key("proba")) is None


class LogitModel:
    """Knows classes 0 and 2, and speaks in logits."""

    classes = np.array([0, 2], dtype=np.int32)

    def signal(self, name: str, X: Any) -> np.ndarray:
        assert name == "logits"
        return np.stack([X[:, 0], X[:, 1]], axis=1).astype(np.float32)


class LogitLearner:
    provides = frozenset({"logits"})
    needs_labels = True
    key = "logits"

    def fit(self, X: Any, y: np.ndarray, seed: int) -> LogitModel:  # noqa: ARG002
        return LogitModel()


def test_logits_of_a_class_without_labels_are_finite_and_mean_no_chance() -> None:
    signals = Signals(150, fitting(LogitLearner(), y=Y[SOME], k=4).sources())
    everything = np.arange(150)
    logits = signals.read("logits", everything)
    assert np.isfinite(logits).all()
    proba = signals.read("proba", everything)
    assert np.allclose(proba[:, [0, 2]], softmax(X[:, :2], axis=1))
    assert (proba[:, [1, 3]] == 0).all()


@pytest.mark.parametrize("name", sorted(set(LEARNERS) - {"precomputed"}))
def test_named_learners_learn(name: str) -> None:
    proba = fitting(name).column("proba")
    assert np.allclose(proba.sum(axis=1), 1)
    assert (proba.argmax(axis=1) == Y).mean() > 0.8
    assert make(name).key == make(name).key != make(sorted(set(LEARNERS) - {name})[0]).key


@pytest.mark.parametrize("counts", [(1, 1), (2, 1, 1), (2, 2), (3, 3, 3), (9, 1)])
def test_calibrated_svm_on_a_handful_of_labels(counts: tuple[int, ...]) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    rows = np.concatenate([np.flatnonzero(np.equal(Y, j))[:count] for j, count in enumerate(counts)])
    svm = CalibratedLinearSVC(random_state=0).fit(X[rows], y)
    proba = svm.predict_proba(X)
    assert proba.shape == (150, len(counts))
    assert np.allclose(proba.sum(axis=1), 1)
    assert (svm.predict(X) == proba.argmax(axis=1)).all()


# ---------------------------------------------------------------- a fitting at work


class Watched:
    """A learner that counts its fits and remembers the rows it predicted on."""

    provides = frozenset({"proba", "embedding"})
    needs_labels = True
    key = "watched"

    def __init__(self) -> None:
        self.fits: list[tuple[list[float], list[int], int]] = []
        self.rows: list[list[float]] = []
        self.classes = np.arange(2, dtype=np.int32)

    def fit(self, X: Any, y: np.ndarray, seed: int) -> Watched:
        self.fits.append((X.ravel().tolist(), y.tolist(), seed))
        return self

    def signal(self, name: str, X: Any) -> np.ndarray:
        self.rows.append(X.ravel().tolist())
        return np.repeat(X, 2, axis=1) if name == "embedding" else np.full((len(X), 2), 0.5)


LINE = np.arange(6.0)[:, None]


def test_fits_once_and_predicts_only_rows_that_are_read() -> None:
    learner = Watched()
    fit = fitting(learner, LINE, [4, 1], [1, 0], 2, seed=9)
    signals = Signals(6, fit.sources())
    assert learner.fits == []
    signals.read("proba", np.array([0, 3]))
    signals.read("proba", np.array([3, 5]))
    assert learner.fits == [([1.0, 4.0], [0, 1], 9)]
    assert learner.rows == [[0.0, 3.0], [5.0]]


def test_columns_are_computed_once_for_all_campaigns(tmp_path: Path) -> None:
    learner = Watched()
    columns = ColumnStore(tmp_path)

    def read(seed: int = 0, y: Sequence[int] = (1, 0), k: int = 2) -> np.ndarray:
        table = Table(LINE)
        fit = Fitting(learner, table, pool_of(6, [4, 1], y, k), seed, columns)
        return Signals(6, fit.sources()).read("embedding", np.array([5]))

    assert read().tolist() == read().tolist() == [[5.0, 5.0]]
    assert len(learner.fits) == len(learner.rows) == 1
    read(seed=1)
    read(y=(1, 1))
    read(k=3)
    assert len(learner.fits) == 4


def test_a_column_goes_on_over_the_hold_out(tmp_path: Path) -> None:
    pool, store = pool_of(6, [4, 1], [1, 0], 2), ColumnStore(tmp_path)
    fit = Fitting(Watched(), Table(LINE, holdout=LINE[:2] + 10), pool, 0, store)
    assert fit.column("embedding")[6:].tolist() == [[10, 10], [11, 11]]
    assert fit.column("embedding").shape == (8, 2)
    assert Signals(6, fit.sources()).read("embedding", np.array([5])).tolist() == [[5, 5]]
    assert fit.column_key("embedding") != Fitting(Watched(), Table(LINE), pool, 0).column_key("embedding")


def test_a_signal_that_is_no_prediction_needs_labels() -> None:
    with pytest.raises(AskNextError, match="the signal 'embedding' needs at least one labelled item"):
        fitting(Watched(), LINE, [], [], 2).column("embedding")


def test_time_is_kept() -> None:
    fit = fitting(GaussianNB())
    fit.column("proba")
    assert fit.seconds["fit"] > 0
    assert fit.seconds["predict"] > 0


def test_draws_are_read_where_wanted_and_never_kept(tmp_path: Path) -> None:
    """They are as many times the size of a prediction as there are members."""
    X = np.random.default_rng(0).normal(size=(30, 3))
    learner = SklearnLearner(RandomForestClassifier(7, random_state=0))
    fit = Fitting(learner, Table(X), pool_of(30, [0, 1, 2], [0, 1, 0], 2), 0, ColumnStore(tmp_path))
    sources = fit.sources()
    assert sources["samples"](np.arange(5)).shape == (5, 7, 2)
    assert list(tmp_path.rglob("*")) == []
    sources["proba"](np.arange(5))
    assert [path.name.split("-")[1] for path in tmp_path.iterdir()] == ["proba.npy"]


def test_a_name_may_carry_parameters() -> None:
    made = make("random-forest(max_depth=10, n_estimators=30)")
    assert isinstance(made, SklearnLearner)
    assert (made.estimator.max_depth, made.estimator.n_estimators) == (10, 30)
    assert made.key != make("random-forest").key
    assert make("mlp(hidden_layer_sizes=(128, 64))").estimator.hidden_layer_sizes == (128, 64)
    assert make("Random_Forest()").key == make("random-forest").key
    for wrong, said in (
        ("random-forest(depth=10)", "has no parameter 'depth'; there is: .*max_depth"),
        ("precomputed(a=1)", "'precomputed' takes no parameters; leave the brackets out"),
        ("random-forst(max_depth=1)", "unknown learner 'random-forst'; did you mean 'random-forest'"),
        ("random-forest(10)", r"write parameters as in random-forest\(max_depth=10\)"),
        ("random-forest(max_depth=print())", "write parameters as in"),
        ("random-forest(max_depth=", "write parameters as in"),
    ):
        with pytest.raises(AskNextError, match=said):
            make(wrong)
