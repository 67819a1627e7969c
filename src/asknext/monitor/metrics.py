"""The metrics by name: each a function of what is seen of a subset at one moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from asknext.errors import AskNextError
from asknext.monitor import (
    agreement,
    calibration,
    contradiction,
    difficulty,
    exploration,
    redundancy,
    scores,
    uncertainty,
)
from asknext.monitor.view import View
from asknext.plugins import find, imported
from asknext.types import Array, Floats

TRUTH, PREVIOUS, FEATURES, REFERENCE = "the truth", "a model before", "numeric features", "a reference model"
NOISE = "known noise"


class Metric(NamedTuple):
    """A number that a view gives.

    compute : from a `View` to a number, or None where it is not defined.
    needs : what must be known, of TRUTH, PREVIOUS, FEATURES, REFERENCE and NOISE; without TRUTH and NOISE it
        needs no labels but those that were told.
    """

    compute: Callable[[View], float | None]
    needs: frozenset[str] = frozenset()


def _of(function: Callable[..., float | None], fields: str, *needs: str) -> Metric:
    """The metric that a function of some fields of the view is."""
    return Metric(lambda view: function(*(getattr(view, name) for name in fields.split())), frozenset(needs))


def _confidence(proba: Array) -> float | None:
    return float(np.mean(proba.max(axis=1))) if proba.size else None


def _mean(spread: Callable[[Array], uncertainty.Spread | None]) -> Callable[[Array], float | None]:
    def mean(proba: Array) -> float | None:
        found = spread(proba)
        return None if found is None else found.mean

    return mean


def _variance(proba: Array) -> float | None:
    found = uncertainty.least_confidence(proba)
    return None if found is None else found.variance


def _apart(measure: Callable[[Floats], float | None]) -> Callable[[Any, Any], float | None]:
    return lambda X, known: measure(exploration.nearest_labelled(X, known))


def _explored(X: Any, known: Any, new: Array | None) -> float | None:
    if new is None:
        return None
    before = exploration.nearest_labelled(X, known[~new])
    return exploration.gap(before, exploration.closer(before, X, known[new]))


METRICS: dict[str, Metric] = {
    "accuracy": _of(scores.accuracy, "proba y", TRUTH),
    "balanced-accuracy": _of(scores.balanced_accuracy, "proba y", TRUTH),
    "f1-macro": _of(scores.f1_macro, "proba y", TRUTH),
    "log-loss": _of(scores.log_loss, "proba y", TRUTH),
    "brier": _of(scores.brier, "proba y", TRUTH),
    "calibration-error": _of(calibration.expected_error, "proba y", TRUTH),
    "overconfidence": _of(calibration.overconfidence, "proba y", TRUTH),
    "easiness": _of(difficulty.easiness, "reference y", TRUTH, REFERENCE),
    "noisy-ratio": _of(difficulty.noisy_ratio, "noisy", NOISE),
    "contradiction": _of(contradiction.hard, "proba previous", PREVIOUS),
    "soft-contradiction": _of(contradiction.soft, "proba previous", PREVIOUS),
    "top-contradiction": _of(contradiction.top, "proba previous", PREVIOUS),
    "agreement": _of(agreement.raw, "proba X known labels", FEATURES),
    "agreement-kappa": _of(agreement.kappa, "proba X known labels", FEATURES),
    "exploration-gap": _of(_explored, "X known new", FEATURES, PREVIOUS),
    "labelled-distance": _of(_apart(exploration.mean_distance), "X known", FEATURES),
    "coverage-radius": _of(_apart(exploration.coverage_radius), "X known", FEATURES),
    "redundancy": _of(redundancy.mean_similarity, "X", FEATURES),
    "confidence": _of(_confidence, "proba"),
    "margin": _of(_mean(uncertainty.margin), "proba"),
    "entropy": _of(_mean(uncertainty.entropy), "proba"),
    "uncertainty-variance": _of(_variance, "proba"),
}
"""Names of metrics; a replay also takes `package.module:function`."""

ALWAYS = ("accuracy", "balanced-accuracy", "f1-macro", "log-loss")
"""Metrics that every comparison computes on its test items."""


def metric(name: str) -> Metric:
    """The metric of a name, or a function of your own as `package.module:function`.

    Such a function takes a `View` and returns a number or None; its module is also looked for in the current
    folder.

    Raises
    ------
    AskNextError : unknown name, or there is no such function, or it cannot be imported.
    """
    if ":" not in name:
        return find("metric", name, METRICS)
    function = imported("metric", name)
    if not callable(function):
        raise AskNextError(f"the metric '{name}' is {type(function).__name__} and no function.")
    return Metric(function)


def compute(name: str, metric: Metric, view: View) -> float | None:
    """A metric's value; None where it is not defined, for instance for want of a model before.

    Raises
    ------
    AskNextError : the truth or features are needed and not known, or a function of the user's fails.
    """
    if TRUTH in metric.needs and view.y is None:
        raise AskNextError(f"the metric '{name}' needs the truth, which nobody knows here; choose another.")
    if FEATURES in metric.needs and view.X is None:
        raise AskNextError(f"the metric '{name}' needs numeric features of the items, and there are none.")
    if NOISE in metric.needs and view.noisy is None:
        raise AskNextError(
            f"the metric '{name}' needs to know which items are noisy; only data that are made tell, such as "
            "noisy-blobs-ld."
        )
    if (REFERENCE in metric.needs and view.reference is None) or len(view.proba) == 0:
        return None
    try:
        value = metric.compute(view)
        return None if value is None else float(value)
    except (Exception, SystemExit) as error:
        raise AskNextError(
            f"the metric '{name}' fails ({type(error).__name__}: {error}); it is called with one view, which "
            "has proba, y, previous, X, known and labels, and returns a number or None."
        ) from error
