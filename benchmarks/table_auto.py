"""What `auto` gains in each phase of a labelling, against every other strategy: the table of docs/auto.

    asknext run recipes/auto.toml
    python benchmarks/table_auto.py asknext-auto [MORE …]
    python benchmarks/table_auto.py asknext-auto-elsewhere --tasks "*-forest"

Low budgets are 1 to 5 batches, middle ones 6 to 12, high ones 13 to 19; the recipe's batches hold as many
items as there are classes. Means over data sets of points above random choice, intervals from resampled sets.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from asknext.types import Array

PHASES = {"low": (1, 5), "middle": (6, 12), "high": (13, 19), "all": (1, 10_000)}
RESAMPLES = 10_000


def read(folder: Path, wanted: str) -> pd.DataFrame:
    """Test accuracies of the finished tasks of a recipe, after the first batch."""
    tasks = sorted(folder.glob(f"{wanted}/results.csv"))
    table = pd.concat(pd.read_csv(path).assign(task=path.parent.name) for path in tasks)
    test = (table.metric == "accuracy") & (table.subset == "test")
    found: pd.DataFrame = table[test & (table["round"] > 0)]
    return found


def means(table: pd.DataFrame, phase: str) -> pd.DataFrame:
    """Accuracy in percent, a row for each task and a column for each strategy."""
    first, last = PHASES[phase]
    part = table[table["round"].between(first, last)]
    found: pd.DataFrame = 100 * part.groupby(["task", "strategy"]).value.mean().unstack("strategy")
    return found


def interval(differences: Array) -> str:
    """A mean with its 95 % bootstrap interval over tasks."""
    drawn = np.random.default_rng(0).integers(len(differences), size=(RESAMPLES, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return f"{differences.mean():+.1f} ({low:+.1f} to {high:+.1f})".replace("-", "−")


def main() -> None:
    """Print the table, and which tasks it is about."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("folders", nargs="+", type=Path, help="results of the recipe, or of parts of it")
    parser.add_argument("--tasks", default="*", help="a pattern of their names")
    given = parser.parse_args()
    table = pd.concat(read(folder, given.tasks) for folder in given.folders)
    phases = {phase: means(table, phase) for phase in PHASES}
    overall = phases["all"]
    ranks = overall.rank(axis=1, ascending=False).mean().sort_values()
    print(json.dumps(table.groupby("task").seed.nunique().to_dict()))
    print("| strategy | low | middle | high | all | rank | worst regret | worst gain | auto above it |")
    print("| --- " + "| ---: " * 8 + "|")
    for name in ranks.index:
        gains = [f"{(of[name] - of['random']).mean():+.1f}".replace("-", "−") for of in phases.values()]
        worst = (overall.max(axis=1) - overall[name]).max()
        least = f"{(overall[name] - overall['random']).min():+.1f}".replace("-", "−")
        above = "–" if name == "auto" else interval((overall["auto"] - overall[name]).to_numpy())
        print(f"| {name} | {' | '.join(gains)} | {ranks[name]:.1f} | {worst:.1f} | {least} | {above} |")


if __name__ == "__main__":
    main()
