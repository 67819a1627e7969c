"""The regret of choosing among strategies: the tables of docs/auto/rivals.md.

    asknext run recipes/auto-rivals.toml
    python benchmarks/table_rivals.py asknext-auto-rivals [MORE …]

Points of accuracy, after the first batch. Fixed regret: the mean curve of the arm that is best on a data set,
less that of the strategy. Envelope regret: the same against the best arm after each batch, which nobody can
reach. Gain: the part of the way from random choice to the best arms. Dice pull all arms alike. Intervals are
95 %: over seeds, paired, for a data set; over resampled data sets for a mean.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from table_auto import interval, read

from asknext.bench.statistics import t_interval

ARMS = ["random", "typiclust", "uherding", "margin", "badge"]
"""Strategies that each ran alone; every other one is measured against them, and they against each other."""

DICE = "albl(horizon=1000000000)"
"""One that never learns, and is called dice here."""


def curves(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy in percent, a row for each seed and round of a task and a column for each strategy."""
    found = 100 * table.pivot_table("value", ["seed", "round"], "strategy")
    return found.rename(columns={DICE: "dice"})


def regrets(accuracy: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fixed and envelope regret on one task, a row for each seed and a column for each strategy.

    Which arm is best, in all or after a batch, is said by the mean over the seeds.
    """
    by_round = accuracy[ARMS].groupby("round").mean()
    best = accuracy[by_round.mean().idxmax()]
    leader = by_round.idxmax(axis=1)
    envelope = pd.Series({key: accuracy.loc[key, leader[key[1]]] for key in accuracy.index})
    fixed, above = (-accuracy.sub(reached, axis=0) for reached in (best, envelope))
    return fixed.groupby("seed").mean(), above.groupby("seed").mean()


def signed(text: str) -> str:
    """Numbers with a true minus sign."""
    return text.replace("-", "−")


def each_task(fixed: dict[str, pd.DataFrame], best: dict[str, str], choosers: list[str]) -> None:
    """Print the fixed regret of each chooser on each data set."""
    print(f"| data set | seeds | best arm | {' | '.join(choosers)} |")
    print("| --- | ---: | --- |" + " ---: |" * len(choosers))
    for task, regret in fixed.items():
        cells = []
        for name in choosers:
            mean, low, high = t_interval(regret[name].to_numpy())
            cells.append(signed(f"{mean:+.1f}" + ("" if low is None else f" ({low:+.1f} to {high:+.1f})")))
        print(f"| {task} | {len(regret)} | {best[task]} | {' | '.join(cells)} |")


def main() -> None:
    """Print both tables."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("folders", nargs="+", type=Path, help="results of the recipe, or of parts of it")
    table = pd.concat(read(folder) for folder in parser.parse_args().folders)
    accuracy = {str(task): curves(part) for task, part in table.groupby("task")}
    both = {task: regrets(found) for task, found in accuracy.items()}
    fixed = {task: found for task, (found, _) in both.items()}
    means = pd.DataFrame({task: found.mean() for task, found in fixed.items()})
    envelope = pd.DataFrame({task: found.mean() for task, (_, found) in both.items()})
    gained = {task: found.sub(found["random"], axis=0).mean() for task, found in accuracy.items()}
    above = pd.DataFrame(gained)
    way = above.loc[ARMS].max().mean()
    columns = ("above random", "least", "above dice", "fixed regret", "worst", "envelope regret", "gain")
    print(f"| strategy | {' | '.join(columns)} |")
    print("| --- " + "| ---: " * len(columns) + "|")
    for name in means.mean(axis=1).sort_values().index:
        cells = [f"{above.loc[name].mean():+.1f}", f"{above.loc[name].min():+.1f}"]
        cells.append("–" if name == "dice" else interval((above.loc[name] - above.loc["dice"]).to_numpy()))
        cells += [interval(means.loc[name].to_numpy()), f"{means.loc[name].max():+.1f}"]
        cells += [interval(envelope.loc[name].to_numpy()), f"{above.loc[name].mean() / way:.2f}"]
        print(signed(f"| {name} | {' | '.join(cells)} |"))
    print()
    best = {task: str(found[ARMS].mean().idxmax()) for task, found in accuracy.items()}
    each_task(fixed, best, [name for name in means.index if name not in ARMS])


if __name__ == "__main__":
    main()
