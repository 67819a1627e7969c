"""What a comparison says of purity and discovery: how much of the budget found what was looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asknext.bench import wording
from asknext.bench.curves import curves, quantities
from asknext.bench.results import Measure
from asknext.types import Array

COST = "units of cost"
"""What strategies are compared by where an answer out of scope costs more or less than a label."""

HEADINGS = {
    "query_precision": "in scope %",
    "query_recall": "found %",
    "labels": "labels",
    "classes_found": "classes",
    "discovery_auc": "discovery %",
    "balanced_accuracy": "balanced %",
}
"""Figures of the tables, and what stands over their columns."""

LEGEND = {
    "query_precision": "in scope: share of what was asked",
    "query_recall": "found: share of the pool's items in scope that was asked in the end",
    "labels": "labels: learnt from in the end",
    "classes_found": "classes: found in the end",
    "discovery_auc": "discovery: mean share of classes found over the rounds",
    "balanced_accuracy": "balanced: final accuracy as the mean over the classes; one not found counts 0",
}


def openness(
    measures: Sequence[Measure], strategies: Sequence[str], classes: int
) -> dict[str, dict[str, float]]:
    """Means over the seeds of what was measured of purity and discovery, by strategy.

    Parameters
    ----------
    measures : all rows.
    strategies : their names.
    classes : how many are in scope.

    Returns
    -------
    For each strategy what was measured in every run: the share in scope of all batches, the mean share of the
    classes found over the rounds (discovery AUC), and, as in the last round, the other `HEADINGS` and `cost`.
    """
    there = quantities(measures, strategies)

    def measured(metric: str, subset: str) -> Array | None:
        return curves(measures, metric, subset, strategies).values if (metric, subset) in there else None

    found: dict[str, Array] = {}
    for key, subset in (("query_precision", "batch"), ("query_recall", "asked"), ("labels", "asked"),
                        ("cost", "asked"), ("classes_found", "asked")):  # fmt: skip
        if (values := measured(key.replace("_", "-"), subset)) is not None:
            found[key] = values.mean(axis=2) if subset == "batch" else values[:, :, -1]
            if key == "classes_found":
                found["discovery_auc"] = values.mean(axis=2) / classes
    if "classes_found" in found and (values := measured("balanced-accuracy", "test")) is not None:
        found["balanced_accuracy"] = values[:, :, -1]
    means = {key: values.mean(axis=1) for key, values in found.items()}
    return {
        name: {key: float(values[i]) for key, values in means.items()} for i, name in enumerate(strategies)
    }


def shown(summary: dict[str, Any]) -> list[str]:
    """The figures that a summary has columns for; what was paid is the same for all."""
    keys = next(iter(summary["strategies"].values()))["openness"]
    return [key for key in HEADINGS if key in keys]


def cells(summary: dict[str, Any], name: str, figures: Sequence[str]) -> list[str]:
    """Some figures of a strategy as texts."""
    values = summary["strategies"][name]["openness"]
    texts = []
    for key in figures:
        percent = HEADINGS[key].endswith("%")
        texts.append(wording.percent(values[key]) if percent else wording.tally(values[key]))
    return texts


