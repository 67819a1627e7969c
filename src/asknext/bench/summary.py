"""From rows to conclusions: what summary.json says and what the report shows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from asknext.bench import statistics
from asknext.bench.curves import Curves, curves
from asknext.bench.discovery import discovery
from asknext.bench.gains import gain, interval, saved
from asknext.bench.helped import helped
from asknext.bench.openness import openness
from asknext.bench.results import Comparison, Timing
from asknext.bench.signed_rank import ROPE, signed_rank
from asknext.bench.stability import ENOUGH, over_seeds
from asknext.bench.verdict import verdict
from asknext.types import Array

BASELINE = "random"


def accuracy_curves(comparison: Comparison) -> Curves:
    """Test accuracy of every run, strategies in the order in which they were asked for."""
    return curves(comparison.measures, "accuracy", "test", comparison.settings["strategies"])


def area(accuracy: Curves) -> Array:
    """AUC of every run: the plain mean of test accuracy over the rounds, the initial model included.

    Returns
    -------
    (s, r) by strategy and seed, in [0, 1].
    """
    means: Array = accuracy.values.mean(axis=2)
    return means


def summarise(comparison: Comparison) -> dict[str, Any]:
    """Everything in summary.json.

    Accuracies are in [0, 1] and intervals are null where there is one seed. `gain_over_random` is the
    paired difference of AUC; its intervals hold together for all strategies (Bonferroni). `signed_rank` says
    how probably that difference is typically below, within and above ±`rope`; it is null for few seeds, of
    which that test is too sure. `labels_saved` has nulls and a `reason` where random was not run or its level
    is not reached. `openness` holds purity and discovery where they were measured, and `discovery` how
    soon classes were found; see there. `stability` says how often each strategy comes first; see
    `over_seeds`. `n_labelled` counts the `budget`, by which strategies are compared.
    `helped` says in one sentence whether choosing was worth it; null where that cannot be told.

    Returns
    -------
    A JSON-able dictionary without NaN.

    Raises
    ------
    AskNextError : the runs cannot be compared; see `curves`.
    """
    accuracy = accuracy_curves(comparison)
    names, seeds = list(accuracy.strategies), len(accuracy.seeds)
    auc = area(accuracy)
    ranks = statistics.mean_ranks(auc.T)
    seconds = _seconds(comparison.timings)
    base = names.index(BASELINE) if BASELINE in names else None
    classes = comparison.settings.get("classes_in_scope", len(comparison.classes))
    found = openness(comparison.measures, names, classes)
    soon = discovery(comparison.measures, names, classes, BASELINE)
    strategies = {}
    for i, name in enumerate(names):
        mean, *ends = statistics.t_interval(auc[i])
        strategies[name] = {
            "auc_mean": mean,
            "auc_std": float(np.std(auc[i], ddof=1)) if seeds > 1 else None,
            "auc_ci95": interval(*ends),
            "final_mean": float(accuracy.values[i, :, -1].mean()),
            "rank_mean": float(ranks[i]),
            "seconds_select": seconds.get((name, "select")),
            "seconds_total": seconds.get((name, "total")),
            "gain_over_random": gain(auc, i, base),
            "signed_rank": None if base in (None, i) else _odds(auc[i] - auc[base]),
            "labels_saved": saved(accuracy, i, base),
            "openness": found[name],
            "discovery": soon[name],
        }
    summary = {
        "dataset": comparison.dataset,
        "n": int(comparison.n),
        "classes": list(comparison.classes),
        "settings": comparison.settings,
        "budget": comparison.settings.get("budget", "labelled items"),
        "n_labelled": [int(n) for n in accuracy.n_labelled],
        "seeds": [int(seed) for seed in accuracy.seeds],
        "strategies": strategies,
        "tests": _tests(auc, ranks, names),
        "stability": over_seeds(auc, names),
        "warnings": _warnings(accuracy),
    }
    return {**summary, "verdict": verdict(summary, auc, BASELINE), "helped": helped(summary, BASELINE)}


def best_first(summary: dict[str, Any]) -> list[str]:
    """Names of the strategies, the highest mean AUC first."""
    results = summary["strategies"]
    return sorted(results, key=lambda name: -results[name]["auc_mean"])


def _odds(differences: Array) -> dict[str, float] | None:
    if len(differences) < ENOUGH:
        return None
    return {"rope": ROPE, **signed_rank(differences)._asdict()}


def _seconds(timings: list[Timing]) -> dict[tuple[str, str], float]:
    """Mean seconds of a run by strategy and stage."""
    runs: dict[tuple[str, str], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in timings:
        runs[row.strategy, row.stage][row.seed] += float(row.seconds)
    return {key: float(np.mean(list(by_seed.values()))) for key, by_seed in runs.items()}


def _tests(auc: Array, ranks: Array, names: list[str]) -> dict[str, Any]:
    strategies, seeds = auc.shape
    friedman = statistics.friedman(auc.T)
    if friedman is None:
        return {"friedman": None, "nemenyi": None}
    p = statistics.nemenyi(ranks, seeds)
    return {
        "friedman": friedman._asdict(),
        "nemenyi": {
            "critical_difference": statistics.critical_difference(strategies, seeds),
            "p": {a: {b: float(p[i, j]) for j, b in enumerate(names) if i != j} for i, a in enumerate(names)},
        },
    }


def _warnings(accuracy: Curves) -> list[str]:
    warnings = []
    if len(accuracy.seeds) == 1:
        warnings.append(
            "One seed proves nothing: there are no intervals and no tests. Repeat with --seeds 5 or more."
        )
    if accuracy.dropped:
        warnings.append(
            f"The runs do not all have equal budgets in {accuracy.dropped} of "
            f"{accuracy.dropped + len(accuracy.n_labelled)} rounds; those are left out of every number here."
        )
    return warnings
