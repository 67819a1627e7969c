"""What a strategy gains over the baseline: paired differences and labels saved, as summary.json has them."""

from __future__ import annotations

from typing import Any

from asknext.bench import statistics
from asknext.bench.curves import Curves
from asknext.types import Array


def interval(low: float | None, high: float | None) -> list[float] | None:
    """The ends of an interval; None without."""
    return None if low is None or high is None else [low, high]


def gain(areas: Array, i: int, base: int | None) -> dict[str, Any] | None:
    """The mean difference of a strategy to the baseline, run by run.

    Parameters
    ----------
    areas : (s, r) a figure of each strategy and seed.
    i, base : the two strategies; there is no gain without a baseline, nor of it over itself.

    Returns
    -------
    `mean`, and `ci95`, null for one seed; intervals hold together for all `comparisons` (Bonferroni).
    """
    if base is None or base == i:
        return None
    comparisons = len(areas) - 1
    mean, *ends = statistics.t_interval(areas[i] - areas[base], comparisons)
    return {"mean": mean, "ci95": interval(*ends), "comparisons": comparisons}


def saved(found: Curves, i: int, base: int | None) -> dict[str, Any]:
    """Labels that a strategy spares on the way to the baseline's final value; see `labels_saved`.

    Parameters
    ----------
    found : curves that rise.
    i, base : the strategy and the baseline.

    Returns
    -------
    `n`, `share`, `ci95` and `needed`, null for the `reason` that is then given.
    """
    if base is None:
        return {"n": None, "share": None, "ci95": None, "needed": None, "reason": "random was not run"}
    spared = statistics.labels_saved(found.n_labelled, found.values[i], found.values[base])
    if spared.n is None or spared.needed is None:
        return {"n": None, "share": None, "ci95": None, "needed": None, "reason": "not reached"}
    ends = None if len(found.seeds) < 2 else [spared.low, spared.high]
    share = spared.n / (spared.n + spared.needed)
    return {"n": spared.n, "share": share, "ci95": ends, "needed": spared.needed, "reason": None}
