"""What a comparison says of classes that nobody has named: how soon they are found, and told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from asknext.bench import wording
from asknext.bench.curves import curves, quantities
from asknext.bench.gains import gain, saved
from asknext.bench.results import Measure

COLUMNS = (
    "strategy", "balanced AUC %", "above random, points", "95 % interval", "all found in", "labels for all",
    "labels for random's", "of random's labels %", "discovery AUC %", "above random, points", "95 % interval",
)  # fmt: skip
LEGEND = (
    "Balanced AUC: the mean over the rounds of the accuracy that is a mean over all classes; one not "
    "found counts 0. Labels for all: until every class was found, the mean over the seeds; with ≥, some "
    "seeds had not found all when the budget was spent, which counts for them. Labels for random's: where "
    "the mean curve first reaches the number of classes that random found in the end, then as a share of "
    "the labels at which random itself did. Discovery AUC: the mean share of the classes found over the "
    "rounds. Differences are paired by seed, and their intervals hold together for all strategies of a "
    "task."
)


def discovery(
    measures: Sequence[Measure], strategies: Sequence[str], classes: int, baseline: str
) -> dict[str, dict[str, Any] | None]:
    """How soon each strategy finds the classes.

    Parameters
    ----------
    measures : all rows.
    strategies : their names.
    classes : how many there are to find.
    baseline : the strategy that others are held against.

    Returns
    -------
    For each strategy, None where the number of classes found was not measured: `all_seeds`, in how many it
    found all; `all_labels`, the mean number of labels until then, seeds that did not counting with the whole
    budget; `as_random`, labels until it has found as many as the baseline in the end, in the form of
    `labels_saved`; `auc` and `balanced_auc`, the means over the rounds of the share of classes found and of
    the balanced accuracy, with `gain` and `balanced_gain` over the baseline.
    """
    if ("classes-found", "asked") not in quantities(measures, strategies):
        return dict.fromkeys(strategies)
    found = curves(measures, "classes-found", "asked", strategies)
    balanced = curves(measures, "balanced-accuracy", "test", strategies).values.mean(axis=2)
    areas = found.values.mean(axis=2) / classes
    complete = found.values >= classes
    rounds = np.where(complete.any(axis=2), complete.argmax(axis=2), -1)
    labels = found.n_labelled[rounds].mean(axis=1)
    base = list(strategies).index(baseline) if baseline in strategies else None
    return {
        name: {
            "all_seeds": int((rounds[i] >= 0).sum()),
            "all_labels": float(labels[i]),
            "as_random": saved(found, i, base),
            "auc": float(areas[i].mean()),
            "gain": gain(areas, i, base),
            "balanced_auc": float(balanced[i].mean()),
            "balanced_gain": gain(balanced, i, base),
        }
        for i, name in enumerate(strategies)
    }


def shown(task: dict[str, Any]) -> bool:
    """Whether a summary has something to say of it."""
    return all(result["discovery"] for result in task["strategies"].values())


def rows(task: dict[str, Any]) -> list[list[str]]:
    """A cell for each of the `COLUMNS`, the largest balanced AUC first."""
    seeds = len(task["seeds"])
    results = {name: result["discovery"] for name, result in task["strategies"].items()}
    return [
        [
            name,
            wording.percent(result["balanced_auc"]),
            *_gained(result["balanced_gain"]),
            f"{result['all_seeds']} of {seeds}",
            ("≥ " if result["all_seeds"] < seeds else "") + wording.count(result["all_labels"]),
            *_as_random(result["as_random"]),
            wording.percent(result["auc"]),
            *_gained(result["gain"]),
        ]
        for name, result in sorted(results.items(), key=lambda item: -item[1]["balanced_auc"])
    ]


def _as_random(found: dict[str, Any]) -> tuple[str, str]:
    if found["reason"]:
        return found["reason"], wording.ABSENT
    return wording.count(found["needed"]), wording.whole_percent(1 - found["share"])


def _gained(found: dict[str, Any] | None) -> tuple[str, str]:
    if found is None:
        return wording.ABSENT, wording.ABSENT
    return wording.signed(found["mean"]), wording.span(found["ci95"])
