"""The comparison in a sentence, claiming no more than the evidence shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from asknext.bench.statistics import t_interval
from asknext.bench.wording import listing, percent, span
from asknext.types import Array

FEWEST = 3  # seeds from which on an interval says something
NAMED = 3  # longer lists of strategies are counted, not spelled out


def verdict(summary: dict[str, Any], auc: Array, baseline: str) -> str:
    """Which strategy is best, by how much, and whether the evidence separates it.

    A strategy is said to beat the baseline only where the interval of its paired difference, corrected
    for the number of strategies, excludes zero.

    Parameters
    ----------
    summary : the numbers of `summarise`.
    auc : (s, r) mean accuracy of every run.
    baseline : the strategy to beat.

    Returns
    -------
    One or two sentences in plain words.
    """
    results = summary["strategies"]
    names = list(results)
    best = names[int(np.argmax(auc.mean(axis=1)))]
    level = f"{percent(results[best]['auc_mean'])} %"
    if len(names) == 1:
        return f"Only {best} was run, with a mean accuracy of {level}; a comparison needs a second strategy."
    if np.ptp(auc, axis=0).max() == 0:
        return f"No difference at all: every strategy has a mean accuracy of {level}."
    if auc.shape[1] < FEWEST:
        runs = "the only run there is" if auc.shape[1] == 1 else "two runs, which is too few to tell"
        return (
            f"{best} has the highest mean accuracy, {level}, in {runs}; other seeds may order the strategies "
            "differently."
        )
    if baseline not in results:
        return _without_baseline(names, auc, best)
    return _against_baseline(summary, best, baseline)


def _against_baseline(summary: dict[str, Any], best: str, baseline: str) -> str:
    gains = {name: result["gain_over_random"] for name, result in summary["strategies"].items()}
    del gains[baseline]
    better = [name for name, gain in gains.items() if gain["ci95"][0] > 0]
    worse = [name for name, gain in gains.items() if gain["ci95"][1] < 0]
    below = f" Shown to be worse than {baseline}: {listing(worse)}." if worse else ""
    if best == baseline and not worse:
        return (
            f"No difference shown: {baseline} itself has the highest mean accuracy, but every 95 % interval "
            "includes zero."
        )
    if best == baseline:
        return f"No strategy beats {baseline}, which has the highest mean accuracy here.{below}"
    gain = gains[best]
    ends = span(gain["ci95"])
    if best not in better:
        shown = f"; shown to beat {baseline}: {listing(better)}" if better else ""
        opening = f"{best} has the highest mean accuracy" if better else f"No difference shown: {best} leads"
        return (
            f"{opening}, {percent(gain['mean'])} points above {baseline}, "
            f"but its 95 % interval, {ends}, includes zero{shown}.{below}"
        )
    return (
        f"{best} beats {baseline}: over the rounds its accuracy is {percent(gain['mean'])} points higher "
        f"on average (95 % interval {ends}){_rivals(summary, best, baseline)}.{below}"
    )


def _rivals(summary: dict[str, Any], best: str, baseline: str) -> str:
    """Which other strategies the rank test does not separate from the best."""
    if summary["tests"]["nemenyi"] is None:
        return ""
    p = summary["tests"]["nemenyi"]["p"][best]
    others = [name for name in p if name != baseline]
    equal = [name for name in others if p[name] >= 0.05]
    if not equal:
        return ", and it is separated from every other strategy too"
    count = len(summary["seeds"])
    whom = listing(equal) if len(equal) <= NAMED else f"{len(equal)} of the {len(others)} other strategies"
    return f"; {count} seeds do not separate it from {whom}"


def _without_baseline(names: Sequence[str], auc: Array, best: str) -> str:
    order = np.argsort(-auc.mean(axis=1), kind="stable")
    second = names[order[1]]
    gain = t_interval(auc[order[0]] - auc[order[1]], len(names) - 1)
    shown = gain.low is not None and gain.low > 0
    opening = f"{best} comes first" if shown else f"No difference shown: {best} leads"
    return (
        f"{opening}, {percent(gain.mean)} points of mean accuracy above {second} (95 % interval "
        f"{span([gain.low, gain.high])}); random was not run, so what choosing is worth stays open."
    )
