"""How many labels it takes until every class is found: the open-world recipe, however long that is.

Run: OMP_NUM_THREADS=1 ASKNEXT_DATA=… python benchmarks/bench_discovery.py [--tasks letter,newsgroups,cifar10]

The recipe's budget ends before random has found all; here each strategy goes on until it has. Splits, first
labels and batches are those of the recipe. What random needs is the mean of 200 orders of the pool for each
seed, cut to whole batches as the others' are. `share` is the mean over the seeds of labels by labels of
random, each of its own mean, with its 95 % interval (Student's t).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from asknext import Campaign
from asknext.bench.division import Split
from asknext.bench.protocol import Settings, class_positions, split
from asknext.bench.recipe import prepare, read_recipe
from asknext.bench.statistics import t_interval
from asknext.kernels.threads import one_thread
from asknext.randomness import spawn
from asknext.types import Array

RECIPE = Path(__file__).parents[1] / "recipes" / "open-world.toml"
ORDERS = 200


def by_chance(y: Array, part: Split, settings: Settings, seed: int) -> float:
    """Mean labels that random needs on a pool of class positions y."""
    rng, left = spawn(seed, "orders"), np.setdiff1d(np.arange(len(y)), part.initial)
    missing = np.setdiff1d(y, y[part.initial])
    found = []
    for _ in range(ORDERS):
        order = y[rng.permutation(left)]
        last = max((int(np.flatnonzero(order == c)[0]) + 1 for c in missing), default=0)
        found.append(settings.initial + settings.batch * -(-last // settings.batch))
    return float(np.mean(found))


def by_asking(name: str, X: Array, y: Array, part: Split, settings: Settings, seed: int) -> int:
    """Labels that a strategy needs on the same pool."""
    told, classes = len(part.initial), len(np.unique(y))
    with Campaign(X, settings.learner, name, seed=seed) as campaign:
        campaign.tell(part.initial, y[part.initial].tolist())
        while len(campaign.classes) < classes:
            ids = campaign.ask(settings.batch).ids
            campaign.tell(ids, y[ids].tolist())
            told += len(ids)
    return told


def main() -> None:
    """Print a line for each task and strategy."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", default="letter,newsgroups,cifar10")
    parser.add_argument("--strategies", default="aloe,k-center,margin")
    given = parser.parse_args()
    tasks: dict[str, Any] = prepare(read_recipe(RECIPE.read_text(), only=given.tasks.split(",")))[0]
    print("task        strategy      labels for all   share of random's, %   95 % interval")
    for task, (settings, data) in tasks.items():
        y = class_positions(data)
        parts = [split(y, settings, seed, data.classes) for seed in range(settings.seeds)]
        chance = np.array([by_chance(y[p.pool], p, settings, seed) for seed, p in enumerate(parts)])
        print(f"{task:11s} {'random':13s} {chance.mean():7.0f} ± {chance.std(ddof=1):4.0f}", flush=True)
        for name in given.strategies.split(","):
            with one_thread():
                labels = np.array([
                    by_asking(name, data.X[p.pool], y[p.pool], p, settings, seed)
                    for seed, p in enumerate(parts)
                ])  # fmt: skip
            share = t_interval(labels / chance)
            print(
                f"{task:11s} {name:13s} {labels.mean():7.0f} ± {labels.std(ddof=1):4.0f}"
                f"{100 * share.mean:16.0f}{100 * (share.low or 0):18.0f} to {100 * (share.high or 0):.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
