"""The metrics by name: each a function of what is seen of a subset at one moment."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import numpy as np

from asknext.errors import AskNextError
from asknext.monitor import (
    agreement,
    calibration,
    contradiction,
    difficulty,
    exploration,
    openness,
    redundancy,
    scores,
    uncertainty,
)
from asknext.monitor.view import View
from asknext.plugins import find, imported
from asknext.types import Floats, Ids

TRUTH, PREVIOUS, FEATURES, REFERENCE = "the truth", "a model before", "numeric features", "a reference model"
NOISE, OPEN, POOL = "known noise", "items out of scope", "what the pool holds"
MANY, FEW = 100, 20
"""Pool items above which a class is frequent and below which it is rare, as in OLTR (Liu et al. 2019)."""


class Metric(NamedTuple):
    """A number that a view gives.

    compute : from a `View` to a number, or None where it is not defined.
    needs : what must be known, of TRUTH, PREVIOUS, FEATURES, REFERENCE, NOISE and POOL; without TRUTH and
        NOISE it needs no labels but those that were told. With TRUTH it sees only items in scope, but for
        OPEN.
    """

    compute: Callable[[Any], float | None]
    needs: AbstractSet[str] = frozenset()


def _explored(view: Any) -> float | None:
    if view.new is None:
        return None
    before = exploration.nearest_labelled(view.X, view.known[~view.new])
    return exploration.gap(before, exploration.closer(before, view.X, view.known[view.new]))


def _nearest(view: View) -> Floats:
    return exploration.nearest_labelled(view.X, view.known)


def _mean(spread: uncertainty.Spread | None) -> float | None:
    return None if spread is None else spread.mean


def _variance(spread: uncertainty.Spread | None) -> float | None:
    return None if spread is None else spread.variance


def _all(view: View) -> Ids:
    return np.arange(len(view.proba))


METRICS: dict[str, Metric] = {
    "accuracy": Metric(lambda v: scores.accuracy(v.proba, v.y), {TRUTH}),
    "balanced-accuracy": Metric(lambda v: scores.balanced_accuracy(v.proba, v.y), {TRUTH}),
    "f1-macro": Metric(lambda v: scores.f1_macro(v.proba, v.y), {TRUTH}),
    "log-loss": Metric(lambda v: scores.log_loss(v.proba, v.y), {TRUTH}),
    "brier": Metric(lambda v: scores.brier(v.proba, v.y), {TRUTH}),
    "calibration-error": Metric(lambda v: calibration.expected_error(v.proba, v.y), {TRUTH}),
    "overconfidence": Metric(lambda v: calibration.overconfidence(v.proba, v.y), {TRUTH}),
    "easiness": Metric(lambda v: difficulty.easiness(v.reference, v.y), {TRUTH, REFERENCE}),
    "noisy-ratio": Metric(lambda v: difficulty.noisy_ratio(v.noisy), {NOISE}),
    "contradiction": Metric(lambda v: contradiction.hard(v.proba, v.previous), {PREVIOUS}),
    "soft-contradiction": Metric(lambda v: contradiction.soft(v.proba, v.previous), {PREVIOUS}),
    "top-contradiction": Metric(lambda v: contradiction.top(v.proba, v.previous), {PREVIOUS}),
    "agreement": Metric(lambda v: agreement.raw(v.proba, v.X, v.known, v.labels), {FEATURES}),
    "agreement-kappa": Metric(lambda v: agreement.kappa(v.proba, v.X, v.known, v.labels), {FEATURES}),
    "exploration-gap": Metric(_explored, {FEATURES}),
    "labelled-distance": Metric(lambda v: exploration.mean_distance(_nearest(v)), {FEATURES}),
    "coverage-radius": Metric(lambda v: exploration.coverage_radius(_nearest(v)), {FEATURES}),
    "redundancy": Metric(lambda v: redundancy.mean_similarity(v.X), {FEATURES}),
    "known-class-accuracy": Metric(lambda v: scores.accuracy_within(v.proba, v.y, v.found), {TRUTH, POOL}),
    "accuracy-many": Metric(lambda v: scores.accuracy_within(v.proba, v.y, v.sizes > MANY), {TRUTH, POOL}),
    "accuracy-medium": Metric(
        lambda v: scores.accuracy_within(v.proba, v.y, (v.sizes >= FEW) & (v.sizes <= MANY)), {TRUTH, POOL}
    ),
    "accuracy-few": Metric(lambda v: scores.accuracy_within(v.proba, v.y, v.sizes < FEW), {TRUTH, POOL}),
    "query-precision": Metric(lambda v: openness.query_precision(v.y >= 0, _all(v)), {TRUTH, OPEN}),
    "query-recall": Metric(lambda v: openness.query_recall(v.y >= 0, v.sizes.sum()), {TRUTH, OPEN, POOL}),
    "novelty-ratio": Metric(
        lambda v: openness.novelty_ratio(v.y, np.flatnonzero(v.found)), {TRUTH, OPEN, POOL}
    ),
    "classes-found": Metric(lambda v: v.found.sum(), {TRUTH, OPEN, POOL}),
    "cost": Metric(lambda v: v.cost.sum(), {TRUTH, OPEN, POOL}),
    "labels": Metric(lambda v: len(v.labels)),
    "confidence": Metric(lambda v: v.proba.max(axis=1).mean()),
    "margin": Metric(lambda v: _mean(uncertainty.margin(v.proba))),
    "entropy": Metric(lambda v: _mean(uncertainty.entropy(v.proba))),
    "uncertainty-variance": Metric(lambda v: _variance(uncertainty.least_confidence(v.proba))),
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
    if TRUTH in metric.needs and OPEN not in metric.needs:
        view = view.within_scope()
    if FEATURES in metric.needs and view.X is None:
        raise AskNextError(f"the metric '{name}' needs numeric features of the items, and there are none.")
    if NOISE in metric.needs and view.noisy is None:
        raise AskNextError(
            f"the metric '{name}' needs to know which items are noisy; only data that are made tell, such as "
            "noisy-blobs-ld."
        )
    if POOL in metric.needs and view.sizes is None:
        raise AskNextError(f"the metric '{name}' needs to know what the pool holds; only a benchmark does.")
    lacking = (REFERENCE in metric.needs and view.reference is None) or (
        PREVIOUS in metric.needs and view.previous is None
    )
    if lacking or view.proba.size == 0:
        return None
    try:
        value = metric.compute(view)
        return None if value is None else float(value)
    except (Exception, SystemExit) as error:
        raise AskNextError(
            f"the metric '{name}' fails ({type(error).__name__}: {error}); it is called with one view, which "
            f"has {', '.join(View._fields)}, and returns a number or None."
        ) from error
