"""Our figures beside published ones: cell by cell, the order of the means, and why a cell misses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from asknext import strategies
from asknext.bench import wording
from asknext.bench.curves import curves
from asknext.bench.protocol import Settings
from asknext.bench.results import Measure, read_measures
from asknext.datasets import Dataset
from asknext.errors import AskNextError
from asknext.plugins import find

WITHIN = 2.0
"""Published standard deviations within which our mean agrees with the published one."""

FIGURES = {"auc": "AUC", "nsr": "NSR"}
"""Figures that a table may have: mean accuracy over the rounds, and the noisy share of the final labels."""

COLUMNS = ("strategy", "figure", "ours, %", "published, %", "apart, published stds", "verdict")


class Spread(NamedTuple):
    """A mean and a standard deviation over runs, in [0, 1]; no deviation where there is one run."""

    mean: float
    std: float | None


@dataclass(frozen=True)
class Published:
    """A published table.

    Parameters
    ----------
    source : where it was published.
    reason : why any cell may miss; empty where there is none.
    figures : by task, strategy and name of the figure.
    reasons : why a strategy's cells may miss, by task and strategy.
    """

    source: str
    reason: str
    figures: dict[str, dict[str, dict[str, Spread]]]
    reasons: dict[str, dict[str, str]]

    def check(self, task: str, data: Dataset) -> None:
        """Refuse a task whose data do not tell what the table asks for.

        Raises
        ------
        AskNextError : there is a published NSR, and nobody knows which items are noisy.
        """
        if data.noisy is None and any("nsr" in cells for cells in self.figures.get(task, {}).values()):
            raise AskNextError(f"[published.{task}] gives nsr, but {data.name} does not say what is noisy.")


def read_published(content: Mapping[str, Any], tasks: Mapping[str, Settings]) -> Published:
    """The published table of a recipe.

    `[published]` says the `source` and perhaps the `reason` why any cell may be missed; `[published.TASK]`
    gives for each strategy a table of figures, each a list of mean and standard deviation in percent, and
    perhaps a `reason` of its own: `k-center = { auc = [47.9, 0.5], reason = "…" }`.

    Parameters
    ----------
    content : what stands in `[published]`.
    tasks : those of the recipe.

    Raises
    ------
    AskNextError : no source, a task or strategy that the recipe does not run, a figure that is unknown or no
        pair of numbers.
    """
    if not isinstance(content.get("source"), str):
        raise AskNextError("[published] says no source; name the paper and the table.")
    if not isinstance(content.get("reason", ""), str):
        raise AskNextError(f"[published]: reason must be a text, not {content['reason']!r}.")
    figures: dict[str, dict[str, dict[str, Spread]]] = {}
    reasons: dict[str, dict[str, str]] = {}
    for task, lines in content.items():
        if task in ("source", "reason"):
            continue
        settings, where = find("task", task, tasks), f"[published.{task}]"
        figures[task], reasons[task] = {}, {}
        for written, cells in _table(lines, where).items():
            name = strategies.get(written).name
            if name not in settings.strategies:
                raise AskNextError(f"{where}: the task '{task}' does not run {name}; leave it out.")
            cells = dict(_table(cells, f"{where}: {written}"))
            if reason := cells.pop("reason", ""):
                reasons[task][name] = str(reason).strip()
            figures[task][name] = {
                figure: _spread(pair, f"{where}: {written}.{figure}") for figure, pair in cells.items()
            }
    return Published(content["source"], content.get("reason", "").strip(), figures, reasons)


def beside(published: Published, task: str, measures: list[Measure]) -> dict[str, Any]:
    """Our figures of a task beside the published ones.

    Parameters
    ----------
    published : the table.
    task : one of its tasks.
    measures : all rows of the task's results.

    Returns
    -------
    JSON-able: `cells`, each with strategy, figure, ours and published (mean and std in [0, 1]), apart (the
    difference of the means in published standard deviations), agrees, and a reason or None where it does not;
    `agreeing`, by figure how many of how many; `swapped`, the pairs of strategies whose mean AUC comes in the
    other order than published, better published first.
    """
    wanted = published.figures[task]
    cells = []
    for figure in FIGURES:
        names = [name for name in wanted if figure in wanted[name]]
        for name, ours in zip(names, _ours(figure, names, measures), strict=True):
            theirs = wanted[name][figure]
            apart = (ours.mean - theirs.mean) / float(theirs.std or np.nan)
            agrees = abs(apart) <= WITHIN
            cells.append(
                {
                    "strategy": name,
                    "figure": figure,
                    "ours": ours._asdict(),
                    "published": theirs._asdict(),
                    "apart": apart,
                    "agrees": agrees,
                    "reason": None if agrees else published.reasons[task].get(name, published.reason),
                }
            )
    found = {figure: [cell["agrees"] for cell in cells if cell["figure"] == figure] for figure in FIGURES}
    return {
        "cells": cells,
        "agreeing": {figure: [sum(agree), len(agree)] for figure, agree in found.items() if agree},
        "swapped": _swapped([cell for cell in cells if cell["figure"] == "auc"]),
    }


def all_beside(published: Published, out: Path, tasks: Iterable[str]) -> dict[str, Any]:
    """`source` and, for each task that is in the table, `beside`, from the results in its folder of `out`."""
    found = {
        task: beside(published, task, read_measures(out / task))
        for task in tasks
        if task in published.figures
    }
    return {"source": published.source, "tasks": found}


def lines(task: dict[str, Any]) -> list[list[str]]:
    """The table of a task, a cell for each of `COLUMNS`."""
    table = []
    for cell in task["cells"]:
        ours, theirs = cell["ours"], cell["published"]
        table.append(
            [
                cell["strategy"],
                FIGURES[cell["figure"]],
                wording.spread(ours["mean"], ours["std"]),
                wording.spread(theirs["mean"], theirs["std"]),
                wording.signed(cell["apart"] / 100),
                "within 2 stds" if cell["agrees"] else "misses",
            ]
        )
    return table


def told(task: dict[str, Any]) -> list[str]:
    """What the table shows, in sentences: how many cells agree, the order of the means, why others miss."""
    counts = [f"{agree} of {n} {FIGURES[figure]}" for figure, (agree, n) in task["agreeing"].items()]
    said = [f"Within {WITHIN:.0f} published standard deviations: {wording.listing(counts)}."]
    if task["swapped"]:
        pairs = [f"{worse} comes above {better}" for better, worse in task["swapped"]]
        said.append(f"The mean AUCs are ordered as published, except that here {wording.listing(pairs)}.")
    else:
        said.append("The mean AUCs are ordered as published.")
    for cell in task["cells"]:
        if not cell["agrees"]:
            reason = cell["reason"] or "no reason is known"
            said.append(f"{cell['strategy']} misses in {FIGURES[cell['figure']]}: {reason}.")
    return said


def _ours(figure: str, names: list[str], measures: list[Measure]) -> list[Spread]:
    """Our mean and standard deviation over runs for each strategy."""
    if not names:
        return []
    if figure == "auc":
        runs = curves(measures, "accuracy", "test", names).values.mean(axis=2)
    else:
        runs = curves(measures, "noisy-ratio", "labelled", names).values[:, :, -1]
    return [Spread(float(row.mean()), float(row.std(ddof=1)) if len(row) > 1 else None) for row in runs]


def _swapped(cells: list[dict[str, Any]]) -> list[tuple[str, str]]:
    ranked = sorted(cells, key=lambda cell: -cell["published"]["mean"])
    return [
        (better["strategy"], worse["strategy"])
        for better, worse in combinations(ranked, 2)
        if better["ours"]["mean"] < worse["ours"]["mean"]
        and better["published"]["mean"] > worse["published"]["mean"]
    ]


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AskNextError(f"{where} must be a table, not {value!r}.")
    return value


def _spread(pair: Any, where: str) -> Spread:
    if (figure := where.rpartition(".")[2]) not in FIGURES:
        raise AskNextError(f"{where} is no figure; there is: {', '.join(FIGURES)}, and a reason.")
    numbers = isinstance(pair, list) and len(pair) == 2 and all(type(value) in (int, float) for value in pair)
    if not (numbers and 0 <= pair[0] <= 100 and pair[1] > 0):
        raise AskNextError(
            f"{where} must be mean and standard deviation in percent, such as {figure} = [38.6, 1.5], not "
            f"{pair!r}."
        )
    return Spread(pair[0] / 100, pair[1] / 100)
