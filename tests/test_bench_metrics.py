"""Metrics against scikit-learn and worked values."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from asknext.bench import metrics
from asknext.bench.moments import View
from asknext.errors import AskNextError


@pytest.fixture(params=range(5))
def view(request: pytest.FixtureRequest) -> View:
    """Random probabilities and truths of 4 classes, one of which may not occur."""
    rng = np.random.default_rng(request.param)
    proba = rng.dirichlet(np.ones(4), size=60)
    y = rng.integers(0, 4 - request.param % 2, size=60)
    return View(proba, y, rng.dirichlet(np.ones(4), size=60))


def test_agreement_with_scikit_learn(view: View) -> None:
    predicted = view.proba.argmax(axis=1)
    assert metrics.accuracy(view) == pytest.approx(oracle.accuracy_score(view.y, predicted))
    assert metrics.f1_macro(view) == pytest.approx(oracle.f1_score(view.y, predicted, average="macro"))
    assert metrics.log_loss(view) == pytest.approx(
        oracle.log_loss(view.y, view.proba, labels=np.arange(4))
    )
    present = np.isin(predicted, view.y)  # scikit-learn warns of predicted classes that never occur
    recall = oracle.recall_score(view.y, predicted, average=None, labels=np.unique(view.y), zero_division=0)
    assert metrics.balanced_accuracy(view) == pytest.approx(recall.mean())
    assert present.any()
    onehot = np.eye(4)[view.y]
    assert metrics.brier(view) == pytest.approx(((view.proba - onehot) ** 2).sum(axis=1).mean())


def test_contradiction_worked_value() -> None:
    """The specification's example: (0,0,1,1,2) → (0,1,1,1,0) contradicts itself in 2 of 5 places."""
    before, now = np.eye(3)[[0, 0, 1, 1, 2]], np.eye(3)[[0, 1, 1, 1, 0]]
    view = View(now, np.zeros(5, dtype=np.intp), before)
    assert metrics.contradiction(view) == pytest.approx(0.4)
    assert metrics.soft_contradiction(view) == pytest.approx(0.8)  # each changed item moves a mass of 2
    assert metrics.contradiction(view._replace(previous=None)) is None


def test_metric_by_name_and_by_path() -> None:
    assert metrics.metric("Balanced_Accuracy") is metrics.balanced_accuracy
    assert metrics.metric("asknext.bench.metrics:brier") is metrics.brier
    with pytest.raises(AskNextError, match="did you mean 'accuracy'"):
        metrics.metric("acuracy")
    with pytest.raises(AskNextError, match="cannot be imported"):
        metrics.metric("asknext.bench.metrics:nothing")
