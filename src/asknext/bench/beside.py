"""Our figures beside published ones: cell by cell, the order of the means, and why a cell misses."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

from asknext.bench import wording
from asknext.bench.figures import DEVIATIONS, FIGURES, measured
from asknext.bench.published_table import Published
from asknext.bench.results import Measure, read_measures

WITHIN = 2
"""Published standard deviations or errors within which our mean agrees with the published one."""

MOST_NAMED = 3
"""Pairs in another order than published that a sentence names; more are counted."""

_UNKNOWN = "no reason is known"


def beside(published: Published, task: str, measures: list[Measure]) -> dict[str, Any]:
    """Our figures of a task beside the published ones.

    Parameters
    ----------
    published : the table.
    task : one of its tasks.
    measures : all rows of the task's results.

    Returns
    -------
    JSON-able: `spread`, what follows a mean; `cells`, each with strategy, figure, ours and published (mean
    and, by the spread, std or se, in [0, 1]), apart (the difference of the means in published spreads),
    agrees, and a reason or None where it does not; `agreeing`, by figure how many of how many; `swapped`, the
    pairs of strategies whose means of the first figure come in the other order than published, better
    published first.
    """
    wanted, key = published.figures[task], DEVIATIONS[published.spread].key
    cells: list[dict[str, Any]] = []
    for figure in FIGURES:
        names = [name for name in wanted if figure in wanted[name]]
        for name, ours in zip(names, measured(figure, published.spread, names, measures), strict=True):
            theirs = wanted[name][figure]
            apart = (ours.mean - theirs.mean) / float(theirs.off or np.nan)
            agrees = abs(apart) <= WITHIN
            cells.append(
                {
                    "strategy": name,
                    "figure": figure,
                    "ours": {"mean": ours.mean, key: ours.off},
                    "published": {"mean": theirs.mean, key: theirs.off},
                    "apart": apart,
                    "agrees": agrees,
                    "reason": None if agrees else published.reasons[task].get(name, published.reason),
                }
            )
    found = {figure: [cell["agrees"] for cell in cells if cell["figure"] == figure] for figure in FIGURES}
    agreeing = {figure: [sum(agree), len(agree)] for figure, agree in found.items() if agree}
    first = [cell for cell in cells if cell["figure"] == next(iter(agreeing))]
    return {"spread": published.spread, "cells": cells, "agreeing": agreeing, "swapped": _swapped(first)}


def all_beside(published: Published, out: Path, tasks: Iterable[str]) -> dict[str, Any]:
    """All tasks of the table that were run.

    Parameters
    ----------
    published : the table.
    out : the directory with a folder of results for each task.
    tasks : those that were run.

    Returns
    -------
    JSON-able: `source`, `spread`, `agreeing` over all tasks, and `tasks`, for each what `beside` says.
    """
    found = {
        task: beside(published, task, read_measures(out / task))
        for task in tasks
        if task in published.figures
    }
    counts = {
        figure: np.sum([task["agreeing"].get(figure, [0, 0]) for task in found.values()], axis=0)
        for figure in FIGURES
    }
    return {
        "source": published.source,
        "spread": published.spread,
        "agreeing": {figure: count.tolist() for figure, count in counts.items() if np.any(count)},
        "tasks": found,
    }


def columns(found: dict[str, Any]) -> list[str]:
    """The headings of a table; `found` is a task of `all_beside`, or all of it."""
    apart = f"apart, published {DEVIATIONS[found['spread']].short}"
    return ["strategy", "figure", "ours, %", "published, %", apart, "verdict"]


def lines(task: dict[str, Any]) -> list[list[str]]:
    """The table of a task, a cell for each of `columns`."""
    deviation = DEVIATIONS[task["spread"]]
    table = []
    for cell in task["cells"]:
        ours, theirs = cell["ours"], cell["published"]
        table.append(
            [
                cell["strategy"],
                FIGURES[cell["figure"]].name,
                wording.spread(ours["mean"], ours[deviation.key]),
                wording.spread(theirs["mean"], theirs[deviation.key]),
                wording.signed(cell["apart"] / 100),
                f"within {WITHIN} {deviation.short}" if cell["agrees"] else "misses",
            ]
        )
    return table


def agreement(found: dict[str, Any]) -> str:
    """How many cells agree, in a sentence; `found` is a task of `all_beside`, or all of it."""
    counts = [f"{agree} of {n} {FIGURES[figure].plural}" for figure, (agree, n) in found["agreeing"].items()]
    return f"Within {WITHIN} published {DEVIATIONS[found['spread']].plural}: {wording.listing(counts)}."


def told(task: dict[str, Any]) -> list[str]:
    """What the table shows, in sentences: how many cells agree, the order of the means, why others miss."""
    said = [agreement(task)]
    figure, (_, n) = next(iter(task["agreeing"].items()))
    first, swapped = FIGURES[figure].plural, task["swapped"]
    if len(swapped) > MOST_NAMED:
        said.append(f"Of {comb(n, 2)} pairs of mean {first}, {len(swapped)} come in the other order.")
    elif swapped:
        pairs = [f"{worse} comes above {better}" for better, worse in swapped]
        said.append(f"The mean {first} are ordered as published, except that here {wording.listing(pairs)}.")
    else:
        said.append(f"The mean {first} are ordered as published.")
    missing: dict[tuple[str, str], list[str]] = {}
    for cell in task["cells"]:
        if not cell["agrees"]:
            missing.setdefault((cell["figure"], cell["reason"]), []).append(cell["strategy"])
    for (figure, reason), names in missing.items():
        deed = "misses" if len(names) == 1 else "miss"
        said.append(f"{wording.listing(names)} {deed} in {FIGURES[figure].name}: {reason or _UNKNOWN}.")
    return said


def _swapped(cells: list[dict[str, Any]]) -> list[tuple[str, str]]:
    ranked = sorted(cells, key=lambda cell: -cell["published"]["mean"])
    return [
        (better["strategy"], worse["strategy"])
        for better, worse in combinations(ranked, 2)
        if better["ours"]["mean"] < worse["ours"]["mean"]
        and better["published"]["mean"] > worse["published"]["mean"]
    ]
