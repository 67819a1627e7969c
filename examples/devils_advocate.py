"""The devil's advocate: make your strategy win, then see how little that says.

The game of the tutorial: choose the seeds, the batch size, the learner and the rivals so that a proposed
strategy comes first by summed accuracy. The more rivals, seeds and labels a batch, the better the claim:
rivals and you + seeds + batch / 50. The devil here looks through all that a small grid of experiments offers.
The proposed strategy is `Frontier` of own_sampler.py with a reach that was tuned until it looked well.

Then the answer: what the very same runs say once nobody chooses. The grid is a recipe, and `asknext run` ends
with how often each strategy comes first, and whether another learner or batch size changes that.

    python examples/devils_advocate.py [DIR] [--quick]
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import altair as alt
from own_sampler import Frontier
from stage import arguments, asknext_command, save_svg

from asknext.bench.curves import Curves, curves
from asknext.bench.results import read_measures
from asknext.bench.style import BASELINE_COLOUR, COLOURS, INK
from asknext.bench.summary import area
from asknext.bench.wording import signed
from asknext.types import Array

PROPOSED = "devils_advocate:Proposed"
RIVALS = ("random", "margin", "entropy", "k-center")
LEARNERS = {"logistic": "logistic-regression", "forest": "random-forest(n_estimators=10)"}
BATCHES = (10, 25, 50)
SEEDS, FIRST, LABELS = 6, 20, 100  # LABELS come after the FIRST, in batches

RECIPE = """
title = "The devil's advocate"
description = "Digits with other learners and batch sizes, the same budget throughout."
[defaults]
data = "digits"
initial = {first}
seeds = {seeds}
test_share = 0.3
strategies = {strategies}
"""
TASK = """
[[tasks]]
name = "{name}-{batch}"
learner = "{learner}"
batch = {batch}
rounds = {rounds}
"""


@dataclass(frozen=True)
class Proposed(Frontier):
    """Margin sampling that looks a little at the distance to what is labelled: the devil's own strategy."""

    reach: float = 0.3


class Claim(NamedTuple):
    """What the devil may say: where the proposed strategy comes first, and what that is worth in the game."""

    score: float
    lead: float
    task: str
    seeds: tuple[int, ...]
    rivals: tuple[str, ...]


def recipe(batches: tuple[int, ...], seeds: int) -> str:
    """The grid: every learner with every batch size."""
    head = RECIPE.format(first=FIRST, seeds=seeds, strategies=[*RIVALS, PROPOSED])
    tasks = (
        TASK.format(name=name, learner=learner, batch=batch, rounds=LABELS // batch)
        for name, learner in LEARNERS.items()
        for batch in batches
    )
    return head + "".join(tasks)


def claims(task: str, batch: int, found: Curves) -> list[Claim]:
    """Every choice of seeds and rivals with which the proposed strategy comes first in a task."""
    total = dict(zip(found.strategies, found.values.sum(axis=2), strict=True))  # summed accuracy, by seed
    made = []
    for size in range(1, len(found.seeds) + 1):
        for seeds in combinations(range(len(found.seeds)), size):
            mean = {name: runs[list(seeds)].mean() for name, runs in total.items()}
            beaten = tuple(name for name in RIVALS if mean[name] < mean[PROPOSED])
            if beaten:
                lead = mean[PROPOSED] - max(mean[name] for name in beaten)
                made.append(Claim(len(beaten) + 1 + size + batch / 50, lead, task, seeds, beaten))
    return made


def first_places(areas: dict[str, dict[str, Array]], claim: Claim) -> list[dict[str, Any]]:
    """Who comes first in each task with each seed alone, and whether the claim shows it."""
    rows = []
    for task, auc in areas.items():
        for seed in range(len(auc[PROPOSED])):
            best = max(auc, key=lambda name: auc[name][seed])
            shown = task == claim.task and seed in claim.seeds
            rows.append({"task": task.replace("-", ", batch "), "seed": seed, "first": best, "shown": shown})
    return rows


def patchwork(tasks: list[str]) -> Any:
    """Who comes first in each task with each seed alone; ringed is what the devil shows."""
    names = [*RIVALS, PROPOSED]
    colours = [BASELINE_COLOUR, *COLOURS[: len(names) - 1]]
    tiles = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("seed:O", title="seed", axis=alt.Axis(labelAngle=0, ticks=False, domain=False)),
        y=alt.Y("task:N", title=None, sort=[task.replace("-", ", batch ") for task in tasks]),
    )
    fill = alt.Color(
        "first:N",
        scale=alt.Scale(domain=names, range=colours),
        legend=alt.Legend(title="comes first", labelLimit=300, symbolType="square"),
    )
    ring = tiles.transform_filter("datum.shown").mark_rect(
        fill=None, stroke=INK, strokeWidth=3, width=34, height=34
    )
    return alt.layer(tiles.mark_rect(stroke="white", strokeWidth=3).encode(color=fill), ring).properties(
        width=alt.Step(44), height=alt.Step(44)
    )


def told_of(claim: Claim) -> str:
    """A claim, and what it leaves out."""
    unsaid = [name for name in RIVALS if name not in claim.rivals]
    seeds = f"seeds {', '.join(map(str, claim.seeds))}" if len(claim.seeds) > 1 else f"seed {claim.seeds[0]}"
    return (
        f"{PROPOSED} beats {', '.join(claim.rivals)} ({claim.task.replace('-', ', batch ')}, {seeds}; "
        f"{claim.score:.1f} points){' and not a word of ' * bool(unsaid)}{', '.join(unsaid)}."
    )


def print_gains(tasks: dict[str, Any]) -> None:
    """Points of mean accuracy above random, a row for each strategy and a column for each task."""
    print(f"{'points above random':26}{''.join(f'{name:>13}' for name in tasks)}")
    for name in (*RIVALS[1:], PROPOSED):
        gains = [task["strategies"][name]["gain_over_random"]["mean"] for task in tasks.values()]
        print(f"  {name:24}{''.join(f'{signed(gain):>13}' for gain in gains)}")


def main() -> None:
    given = arguments(__doc__)
    batches, seeds = ((50,), 2) if given.quick else (BATCHES, SEEDS)
    made: list[Claim] = []
    areas = {}
    with TemporaryDirectory() as folder:
        (Path(folder) / "devil.toml").write_text(recipe(batches, seeds), encoding="utf-8")
        summary = asknext_command(Path(folder), "run", "devil.toml", quick=given.quick)
        for task, told in summary["tasks"].items():
            measures = read_measures(Path(folder) / "results" / task)
            found = curves(measures, "accuracy", "test", list(told["strategies"]))
            areas[task] = dict(zip(found.strategies, area(found), strict=True))
            made += claims(task, told["settings"]["batch"], found)
        shutil.copy(Path(folder) / "results" / "table.md", given.out / "devils-advocate.md")
    if not made:
        print("The devil finds nothing: the proposed strategy beats nobody anywhere.")
        return
    best = max(made)
    print("The devil's best claim in the game, and the one against most rivals:")
    boldest = max(made, key=lambda claim: (len(claim.rivals), claim))
    for claim in dict.fromkeys((best, boldest)):
        print(f"  {told_of(claim)}")
    print("The answer, from the same runs:")
    task = summary["tasks"][best.task]
    order = sorted(task["strategies"], key=lambda name: -task["strategies"][name]["auc_mean"])
    print(f"  There, with all seeds and rivals: {', '.join(order)}.")
    print(f"  {task['verdict']}")
    if task["stability"]:
        print(f"  {task['stability']['sentence']}")
    print(f"  {summary['stability']['sentence']}")
    print_gains(summary["tasks"])
    chart, rows = patchwork(list(areas)), first_places(areas, boldest)
    save_svg(chart, given.out / "devils-advocate.svg", "Who comes first, by task and seed", rows=rows)
    print(f"Tables: {given.out / 'devils-advocate.md'}")


if __name__ == "__main__":
    main()
