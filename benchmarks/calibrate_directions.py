"""When is it better to explore, to choose easier or to choose harder? Campaigns that fork tell.

A campaign goes on with one strategy for some rounds. At some moments it is forked: from the same labels,
three batches are chosen by another strategy, and the test accuracy after them is held against that of three
more batches of its own. What was seen at the moment of the fork (see asknext.monitor.readings) stands beside
what the other way would have brought. `asknext.monitor.advice` takes its thresholds from the table that this
prints; each data set is also left out once, so that the thresholds of the others are tried on it.

    python benchmarks/calibrate_directions.py forks.csv            # makes the forks, an hour of one core
    python benchmarks/calibrate_directions.py forks.csv --read     # only the table
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from asknext.bench.compare import class_positions
from asknext.bench.protocol import Settings, split
from asknext.campaign import Campaign
from asknext.datasets import load
from asknext.kernels.threads import one_thread
from asknext.learners.fitting import Table
from asknext.monitor.advice import AS_EASY
from asknext.monitor.looks import Look
from asknext.monitor.readings import Reading, reading, trend, watched

SETS = (
    "letter:10000", "mnist:10000", "kmnist", "cifar10:10000", "newsgroups", "trec", "adult:10000", "mushroom",
    "wall-following", "digits",
)  # fmt: skip
LEARNERS = ("logistic-regression", "random-forest(n_estimators=30)")
OTHERS = {"margin": ("kmeans", "random", "weighted-kmeans"), "random": ("margin",), "kmeans": ("margin",)}
INITIAL, BATCH, FORKS, AHEAD, SEEDS = 20, 20, (1, 3, 6, 10, 15), 3, 3
GRID = tuple(round(0.05 * step, 2) for step in range(21))
WORTH = 0.01
"""Accuracy that a change of strategy must bring on average to be advised."""
FIGURES = (
    "turnover", "contradiction", "trend", "gain", "batch_accuracy", "gap_batch", "gap_kmeans", "accord_batch",
)  # fmt: skip
FIELDS = (
    "set", "learner", "seed", "base", "round", "labelled", "turnover", "gain", "contradiction", "trend",
    "batch_accuracy", "gap_batch", "gap_random", "gap_kmeans", "accord_batch", "accord_random", "other",
    "benefit",
)  # fmt: skip


def forks(source: str, learner: str, base: str, seed: int) -> Iterator[dict[str, Any]]:
    """The forks of one campaign: what was seen, and how much better another strategy did."""
    data = load(source)
    y = class_positions(data)
    settings = Settings(source, None, (base,), learner, INITIAL, BATCH, max(FORKS), 1, 0.3)
    parts = split(y, settings, seed)
    truth = [data.classes[c] for c in y[parts.pool]]
    table = Table(data.X[parts.pool], holdout=data.X[parts.test])
    X, watch = data.X[parts.pool], watched(len(parts.pool), seed)
    seen: list[Reading] = []

    def accuracy(campaign: Campaign) -> float:
        proba = campaign.fitting.column("proba")[len(parts.pool) :]
        return float(np.mean(proba.argmax(axis=1) == y[parts.test]))

    def go_on(campaign: Campaign, rounds: int) -> float:
        for _ in range(rounds):
            ids = campaign.ask(BATCH).ids
            campaign.tell(ids, [truth[i] for i in ids])
        return accuracy(campaign)

    with one_thread(), Campaign(table, learner, base, seed=seed, classes=data.classes) as campaign:
        campaign.tell(parts.initial, [truth[i] for i in parts.initial])
        for number in range(max(FORKS) + 1):
            past, pool, fitting = list(campaign.log), campaign.pool, campaign.fitting
            batch = campaign.ask(BATCH).ids
            none = np.empty(0, dtype=np.intp)
            classes = np.arange(len(pool.classes))
            said = fitting.sources()["proba"]
            look = Look(number, pool, batch, none, none, said, classes, classes)
            seen.append(reading(look, seen, watch, X, seed))
            if number in FORKS:
                ends = {}
                for way in (base, *OTHERS[base]):
                    with Campaign(table, learner, way, seed=seed, history=past) as fork:
                        ends[way] = go_on(fork, AHEAD)
                for other in OTHERS[base]:
                    yield _row(source, learner, seed, base, seen, other, ends[other] - ends[base])
            campaign.tell(batch, [truth[i] for i in batch])


def _row(
    source: str, learner: str, seed: int, base: str, seen: list[Reading], other: str, benefit: float
) -> dict[str, Any]:
    now = seen[-1]
    gaps, accord = now.gaps or (None, None, None), now.accord or (None, None)
    told = (
        source, learner, seed, base, now.round, now.labelled, now.turnover, now.gain, now.contradiction,
        trend(seen), now.batch_accuracy, *gaps, *accord, other, benefit,
    )  # fmt: skip
    return dict(zip(FIELDS, told, strict=True))


def told(found: pd.DataFrame) -> None:
    """Which way pays when: a threshold on turnover for each, all data sets and each left out once."""
    explores_less = found.gap_batch < found.gap_kmeans
    as_easy = found.accord_batch >= AS_EASY * found.accord_random
    cases = (
        ("explore more: margin, then kmeans", "margin", "kmeans", explores_less, +1),
        ("choose easier: margin, then weighted-kmeans", "margin", "weighted-kmeans", ~as_easy, +1),
        ("choose easier: margin, then random", "margin", "random", ~as_easy, +1),
        ("choose harder: random, then margin", "random", "margin", as_easy, -1),
        ("choose harder: kmeans, then margin", "kmeans", "margin", as_easy, -1),
    )
    for title, base, other, condition, sign in cases:
        rows = found[(found.base == base) & (found.other == other)].dropna(subset="turnover")
        able = condition[rows.index]
        print(f"\n{title}: {len(rows)} forks, {_points(rows.benefit)}; could fire in {able.mean():.0%}")
        for figure in FIGURES:
            kept = rows.dropna(subset=figure)
            rank = kept[figure].corr(kept.benefit, "spearman")
            print(f"  rank correlation of benefit with {figure}: {rank:+.2f}")
        fired = []
        for left_out in (None, *sorted(rows["set"].unique())):
            others = rows[(rows["set"] != left_out) & able]
            best = max(GRID, key=lambda t, o=others: (o.benefit - WORTH)[sign * (o.turnover - t) > 0].sum())
            if left_out is None:
                print(f"  threshold on all: {best}")
                continue
            here = rows[(rows["set"] == left_out) & able]
            fired.append(here[sign * (here.turnover - best) > 0])
            there = f"fires in {len(fired[-1])}, {_points(fired[-1].benefit)}"
            print(f"  without {left_out:15} {best:5}: {there}")
        joined = pd.concat(fired)
        quiet = rows.drop(joined.index)
        share = f"{len(joined) / len(rows):.0%}"
        print(f"  left out: fires in {share}, then {_points(joined.benefit)}, else {_points(quiet.benefit)}")


def _points(benefit: pd.Series) -> str:
    if benefit.empty:
        return "–"
    error = 100 * benefit.std(ddof=1) / len(benefit) ** 0.5 if len(benefit) > 1 else float("nan")
    return f"{100 * benefit.mean():+.2f} ± {error:.2f} points"


def main() -> None:
    """Make the forks, or read them, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--read", action="store_true", help="the forks are in the file already")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sets", default=",".join(SETS))
    given = parser.parse_args()
    if not given.read:
        cells = product(given.sets.split(","), LEARNERS, OTHERS, range(SEEDS))
        made = Parallel(n_jobs=given.jobs, return_as="generator_unordered", verbose=5)(
            delayed(lambda *cell: list(forks(*cell)))(*cell) for cell in cells
        )
        with given.file.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            for rows in made:
                writer.writerows(rows)
    told(pd.read_csv(given.file))


if __name__ == "__main__":
    main()
