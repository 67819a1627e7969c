"""Logits of learners: their softmax is `proba`, they are read only when wanted, and detectors find them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC

import asknext
from asknext.bench.compare import carry_out, check_strategies, runs
from asknext.bench.protocol import Settings, claim
from asknext.bench.replay import repeat
from asknext.bench.scenario import Scenario
from asknext.datasets import load
from asknext.detectors.audit import auroc
from asknext.errors import AskNextError
from asknext.kernels.ood_scores import energy
from asknext.learners import SklearnLearner, as_learner, make
from asknext.learners.fitting import Fitting, Table
from asknext.log import read_events
from asknext.pool import Pool
from asknext.strategies import Aloe

IRIS, Y = load_iris(return_X_y=True)
SOME = np.arange(0, 150, 3)
DIGITS, DIGIT = load_digits(return_X_y=True)
DIGITS = DIGITS / 16
READERS = ("energy", "max-logit", "vim")


def net(**parameters: Any) -> MLPClassifier:
    return MLPClassifier(hidden_layer_sizes=(6, 5), max_iter=150, **parameters)


MODELS = {
    "plain": LogisticRegression(max_iter=1000),
    "no penalty": LogisticRegression(max_iter=1000, C=np.inf),
    "saga": LogisticRegression(solver="saga"),
    "cross-validated": LogisticRegressionCV(max_iter=1000, Cs=2, cv=2),
    "net": net(),
    "tanh net": net(activation="tanh"),
    "logistic net": net(activation="logistic"),
    "linear net": net(activation="identity"),
    "pipeline": make_pipeline(MaxAbsScaler(), LogisticRegression()),
    "net in a pipeline": make_pipeline(MaxAbsScaler(), "passthrough", net()),
    "pipelines": make_pipeline(MaxAbsScaler(), make_pipeline(LogisticRegression())),
}


def fitted(learner: Any, X: Any = IRIS, y: Any = Y, k: int = 3, columns: Any = None) -> Fitting:
    """Every third flower is labelled."""
    table = Table(X)
    pool = Pool.fresh(len(table), range(k))
    ids = SOME[np.isin(y[SOME], np.arange(k))]
    pool.state[ids] = y[ids]
    return Fitting(as_learner(learner), table, pool, 0, columns)


FORMS = {"dense": np.asarray, "sparse": sparse.csr_array, "frame": pd.DataFrame}


@pytest.mark.filterwarnings("ignore")  # scikit-learn renames parameters
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", MODELS)
def test_softmax_of_logits_is_proba(name: str, k: int, form: str) -> None:
    at = fitted(MODELS[name], FORMS[form](IRIS), k=k)
    logits = at.column("logits").astype(np.float64)
    assert logits.shape == (150, k)
    np.testing.assert_allclose(softmax(logits, axis=1), at.column("proba"), atol=2e-5)
    assert np.ptp(energy(logits)) > 1e-3, "log p would have the energy 0 everywhere"


def test_texts_have_them_too() -> None:
    texts = np.array(["good fun", "bad film", "good", "fun", "good good", "bad bad"])
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    pool = Pool(np.array([0, 1, 0, 1, -1, -1], np.int32), ("good", "bad"))
    at = Fitting(as_learner(model), Table(texts), pool, 0)
    np.testing.assert_allclose(softmax(at.column("logits"), axis=1), at.column("proba"), atol=1e-6)


def test_they_are_those_of_the_weights() -> None:
    """Of three classes the decision values; of two, half of the only one with either sign."""
    three = LogisticRegression(max_iter=1000).fit(IRIS[SOME], Y[SOME])
    told = fitted(three).column("logits")
    np.testing.assert_allclose(told, IRIS @ three.coef_.T + three.intercept_, atol=1e-4)
    known = SOME[Y[SOME] < 2]
    two = LogisticRegression(max_iter=1000).fit(IRIS[known], Y[known])
    half = (IRIS @ two.coef_[0] + two.intercept_[0]) / 2
    np.testing.assert_allclose(fitted(two, k=2).column("logits"), np.column_stack([-half, half]), atol=1e-4)


class Softer(LogisticRegression):
    """Its probabilities are no softmax of its decision values."""

    def predict_proba(self, X: Any) -> Any:
        return (super().predict_proba(X) + 1 / 3) / 2


class Named(LogisticRegression):
    """Nothing but another name."""


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(), GaussianNB(), LinearSVC(), SVC(), SGDClassifier(loss="log_loss"), Softer(),
        CalibratedClassifierCV(LogisticRegression()), LogisticRegression(solver="liblinear"),
        make_pipeline(StandardScaler(), GaussianNB()),
    ],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_others_have_none(model: Any) -> None:
    assert "logits" not in as_learner(model).provides


def test_named_learners() -> None:
    having = {"logistic-regression", "mlp", "logistic-regression(C=0.1)"}
    others = {"random-forest", "gradient-boosting", "linear-svm", "rbf-svm", "precomputed"}
    assert all("logits" in make(name).provides for name in having)
    assert not any("logits" in make(name).provides for name in others)
    assert "logits" in as_learner(Named()).provides


def test_a_model_fitted_elsewhere_has_them() -> None:
    own = SklearnLearner(LogisticRegression(max_iter=1000).fit(IRIS, Y), fitted=True)
    expected = own.estimator.decision_function(IRIS)
    np.testing.assert_allclose(fitted(own).column("logits"), expected, atol=1e-4)


# ------------------------------------------------------------------ few labels


def test_before_and_with_the_first_class_they_tell_nothing() -> None:
    none = Fitting(as_learner("logistic-regression"), Table(IRIS), Pool.fresh(150, range(3)), 0)
    assert none.column("logits").shape == (150, 3)
    assert not none.column("logits").any()
    one = fitted("logistic-regression", y=np.where(Y < 2, 1, 5))
    assert softmax(one.column("logits"), axis=1).tolist() == one.column("proba").tolist() == [[0, 1, 0]] * 150
    assert np.ptp(energy(one.column("logits"))) == 0


def test_a_class_without_labels_has_no_chance() -> None:
    y = np.where(Y == 2, 3, Y)
    at = fitted("logistic-regression", y=y, k=4)
    assert (at.column("logits")[:, 2] < -1e8).all()
    np.testing.assert_allclose(softmax(at.column("logits"), axis=1), at.column("proba"), atol=1e-6)


def test_what_the_model_refuses_is_one_sentence() -> None:
    broken = IRIS.copy()
    broken[[1, 100], 1] = np.nan  # neither has a label
    for model in (LogisticRegression(max_iter=1000), net()):
        with pytest.raises(AskNextError, match=r"^X holds NaN or infinity in 2 row.*, the first is row 1;"):
            fitted(model, broken).column("logits")


# ------------------------------------------------------------------ kept only where read


class Kept:
    """A place for columns that remembers what was asked of it."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self.held.get(key)

    def put(self, key: str, values: Any) -> None:
        self.held[key] = values


def test_nobody_pays_for_logits_that_nobody_reads() -> None:
    kept = Kept()
    at = fitted("logistic-regression", columns=kept)
    assert {"logits", "proba"} <= set(at.sources())
    at.sources()["proba"](np.arange(3))
    assert [key.rpartition("-")[2] for key in kept.held] == ["proba"]
    at.sources()["logits"](np.arange(3))
    assert [key.rpartition("-")[2] for key in kept.held] == ["proba", "logits"]


# ------------------------------------------------------------------ detectors and strategies that read them


def digits_campaign(**options: Any) -> asknext.Campaign:
    """Digits 0 to 3 are known, the others are out of scope."""
    campaign = asknext.Campaign(DIGITS, seed=1, **options)
    rows = np.random.default_rng(0).permutation(len(DIGITS))
    known, strange = rows[DIGIT[rows] < 4][:60], rows[DIGIT[rows] > 3][:10]
    campaign.tell(known, DIGIT[known].tolist())
    campaign.tell(strange, [asknext.OUT_OF_SCOPE] * len(strange))
    return campaign


@pytest.mark.parametrize("detector", READERS)
def test_a_campaign_finds_what_is_in_scope(detector: str, tmp_path: Path) -> None:
    with digits_campaign(strategy="purity", detector=detector, path=tmp_path / "here") as campaign:
        view = campaign._chooser.round(campaign.state)
        found = view.read("ood")
        assert auroc(found[DIGIT[view.candidates] > 3], found[DIGIT[view.candidates] < 4]) > 0.75
        picked = campaign.ask(20)
        assert (DIGIT[picked.ids] < 4).mean() > 0.6, "40 % are in scope"
        assert picked.origins == {"ood": detector}


@pytest.mark.parametrize("score", ["energy", "max-logit"])
def test_aloe_reads_them(score: str) -> None:
    with digits_campaign(strategy=Aloe(score=score)) as campaign:
        assert (DIGIT[campaign.ask(20).ids] > 3).mean() > 0.8
    other = digits_campaign(strategy=Aloe(score=score), learner="random-forest")
    with pytest.raises(AskNextError, match=r"needs the signal 'logits'.*, such as logistic-regression or"):
        other.ask(20)


OPEN = Settings(
    source="digits", target=None, strategies=("purity", "margin"), learner="logistic-regression", initial=30,
    batch=10, rounds=2, seeds=1, test_share=0.3, detector="energy", scenario=Scenario(scope=4, ood_rate=0.6),
)  # fmt: skip


def test_a_comparison_runs_repeats_and_keeps_them_only_where_they_were_read(tmp_path: Path) -> None:
    data = load("digits")
    check_strategies(OPEN, data)
    claim(tmp_path, OPEN, data)
    carry_out(tmp_path, OPEN, data, 1)
    reader, other = runs(tmp_path, OPEN)
    said = [e.body.get("origins") for e in read_events(reader.path) if e.type == "asked"]
    assert said == [{"ood": "energy"}] * 2
    files = [run.columns.root.glob("*.npy") for run in (reader, other)]
    kept = [sorted(path.stem.split("-")[-1] for path in each) for each in files]
    assert kept == [["logits"] * 2 + ["proba"] * 3, ["proba"] * 3]
    assert all(one.identical for one in repeat(tmp_path, OPEN, data, 10))
