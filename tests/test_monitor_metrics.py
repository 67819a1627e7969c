"""Metrics by name, against scikit-learn and worked values."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from asknext.errors import AskNextError
from asknext.monitor import agreement
from asknext.monitor.metrics import METRICS, OPEN, POOL, PREVIOUS, REFERENCE, TRUTH, Metric, compute, metric
from asknext.monitor.view import View


@pytest.fixture(params=range(5))
def view(request: pytest.FixtureRequest) -> View:
    """Random probabilities and truths of 4 classes, one of which may not occur."""
    rng = np.random.default_rng(request.param)
    proba = rng.dirichlet(np.ones(4), size=60)
    y = rng.integers(0, 4 - request.param % 2, size=60)
    return View(
        proba=proba, y=y, previous=rng.dirichlet(np.ones(4), size=60), X=rng.normal(size=(60, 3)),
        known=rng.normal(size=(12, 3)), labels=rng.integers(0, 4, 12), new=np.arange(12) > 8,
        reference=rng.dirichlet(np.ones(4), size=60), noisy=rng.random(60) < 0.3,
        found=np.array([True, False, True, False]), sizes=np.array([150, 50, 5, 100]), cost=np.ones(60),
    )  # fmt: skip


def value(name: str, view: View) -> float | None:
    return compute(name, METRICS[name], view)


def test_agreement_with_scikit_learn(view: View) -> None:
    predicted = view.proba.argmax(axis=1)
    assert value("accuracy", view) == pytest.approx(oracle.accuracy_score(view.y, predicted))
    assert value("f1-macro", view) == pytest.approx(oracle.f1_score(view.y, predicted, average="macro"))
    assert value("log-loss", view) == pytest.approx(
        oracle.log_loss(view.y, view.proba, labels=np.arange(4))
    )
    recall = oracle.recall_score(view.y, predicted, average=None, labels=np.unique(view.y), zero_division=0)
    assert value("balanced-accuracy", view) == pytest.approx(recall.mean())
    onehot = np.eye(4)[view.y]
    assert value("brier", view) == pytest.approx(((view.proba - onehot) ** 2).sum(axis=1).mean())


def test_contradiction_worked_value() -> None:
    """The specification's example: (0,0,1,1,2) → (0,1,1,1,0) contradicts itself in 2 of 5 places."""
    before, now = np.eye(3)[[0, 0, 1, 1, 2]], np.eye(3)[[0, 1, 1, 1, 0]]
    view = View(now, None, before)
    assert value("contradiction", view) == pytest.approx(0.4)
    assert value("soft-contradiction", view) == pytest.approx(0.8)  # each changed item moves a mass of 2


def test_exploration_worked_value() -> None:
    """The specification's example: items 0 … 4, 0 labelled and then 4: a sum of 10 falls to 4."""
    X, known = np.arange(5.0)[:, None], np.array([[0.0], [4.0]])
    view = View(np.ones((5, 1)), None, X=X, known=known, labels=np.array([0, 0]), new=np.array([False, True]))
    assert value("exploration-gap", view) == pytest.approx((10 - 4) / 5)
    assert value("labelled-distance", view) == pytest.approx(4 / 5)
    assert value("coverage-radius", view) == pytest.approx(2)


def test_every_metric_of_a_whole_view_is_a_number(view: View) -> None:
    found = {name: value(name, view) for name in METRICS}
    assert all(isinstance(number, float) and np.isfinite(number) for number in found.values()), found
    assert found["agreement"] == agreement.raw(view.proba, view.X, view.known, view.labels)
    assert found["uncertainty-variance"] == pytest.approx(np.var(1 - view.proba.max(axis=1)))


@pytest.mark.parametrize("name", METRICS)
def test_what_is_lacking_is_told_or_leaves_the_metric_open(name: str, view: View) -> None:
    needs = METRICS[name].needs
    if TRUTH in needs:
        with pytest.raises(AskNextError, match=f"the metric '{name}' needs the truth, which nobody knows"):
            value(name, view._replace(y=None))
    else:
        assert value(name, view._replace(y=None)) == value(name, view)
    first = value(name, view._replace(previous=None, new=None))
    assert (first is None) == (PREVIOUS in needs or name == "exploration-gap")
    assert (value(name, view._replace(reference=None)) is None) == (REFERENCE in needs)


@pytest.mark.parametrize("name", [name for name, one in METRICS.items() if POOL in one.needs])
def test_what_the_pool_holds_must_be_known(name: str, view: View) -> None:
    with pytest.raises(AskNextError, match=f"the metric '{name}' needs to know what the pool holds"):
        value(name, view._replace(sizes=None))


def test_groups_of_classes_by_their_frequency_in_the_pool(view: View) -> None:
    right = view.proba.argmax(axis=1) == view.y
    groups = {"accuracy-many": [0], "accuracy-medium": [1, 3], "accuracy-few": [2]}
    groups["known-class-accuracy"] = [0, 2]
    for name, classes in groups.items():
        assert value(name, view) == pytest.approx(right[np.isin(view.y, classes)].mean())
    nothing = view._replace(found=np.zeros(4, dtype=bool), sizes=np.full(4, 50))
    assert value("known-class-accuracy", nothing) is None
    assert value("accuracy-few", nothing) is None


def test_items_out_of_scope_are_told_apart_and_left_out_of_accuracy(view: View) -> None:
    """Only questions of openness see them; every other metric that needs the truth has the value without."""
    outside = np.arange(60) % 4 == 0
    mixed = view._replace(y=np.where(outside, -1, view.y), cost=np.where(outside, 0.5, 1.0))
    rows = {field: None if (v := getattr(view, field)) is None else v[~outside]
            for field in ("proba", "y", "previous", "X", "reference", "noisy")}  # fmt: skip
    for name, one in METRICS.items():
        if TRUTH in one.needs and OPEN not in one.needs:
            assert value(name, mixed) == value(name, view._replace(**rows)), name
    assert value("query-precision", mixed) == 0.75
    assert value("query-recall", mixed) == pytest.approx(45 / 305)
    assert value("cost", mixed) == 45 + 15 * 0.5
    assert value("classes-found", mixed) == 2
    assert value("novelty-ratio", mixed) == pytest.approx(np.isin(view.y[~outside], [1, 3]).sum() / 60)
    alone = view._replace(y=np.full(60, -1))
    assert value("accuracy", alone) is None
    assert value("query-precision", alone) == 0


def test_a_model_that_knows_no_class_gets_nothing_right(view: View) -> None:
    nothing = view._replace(proba=np.zeros((60, 4)))
    for name in ("accuracy", "balanced-accuracy", "f1-macro"):
        assert value(name, nothing) == 0
    half = view.proba * [1, 1, 0, 0]  # two classes not found: they count as never right
    recalls = [(half.argmax(axis=1) == view.y)[view.y == c].mean() for c in np.unique(view.y)]
    assert value("balanced-accuracy", view._replace(proba=half)) == pytest.approx(np.mean(recalls))


@pytest.mark.parametrize("name", ["agreement", "exploration-gap", "redundancy"])
def test_features_must_be_there(name: str, view: View) -> None:
    with pytest.raises(AskNextError, match=f"the metric '{name}' needs numeric features"):
        value(name, view._replace(X=None))


def test_noise_must_be_known(view: View) -> None:
    assert value("noisy-ratio", view) == view.noisy.sum() / 60
    with pytest.raises(AskNextError, match=r"'noisy-ratio' needs to know which items are noisy; .* made"):
        value("noisy-ratio", view._replace(noisy=None))


@pytest.mark.parametrize("name", METRICS)
def test_no_item_no_metric(name: str, view: View) -> None:
    none = view._replace(proba=view.proba[:0], y=view.y[:0], previous=view.proba[:0], X=view.X[:0])
    assert value(name, none) is None


def test_metric_by_name_and_by_path(view: View) -> None:
    assert metric("Balanced_Accuracy") is METRICS["balanced-accuracy"]
    assert isinstance(metric("asknext.monitor.scores:brier"), Metric)
    with pytest.raises(AskNextError, match="did you mean 'accuracy'"):
        metric("acuracy")
    with pytest.raises(AskNextError, match="cannot be imported"):
        metric("asknext.monitor.metrics:nothing")
    with pytest.raises(AskNextError, match=r"'mine' fails .* it is called with one view, which has proba"):
        compute("mine", Metric(lambda _: 1 / 0), view)
