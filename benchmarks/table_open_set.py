"""One table of the open-set recipe: AUC, final accuracy and purity of the questions, and MQ-Net against each.

    asknext run recipes/open-set.toml
    python benchmarks/table_open_set.py asknext-open-set > table.md

A cell is the mean over the seeds with half of its 95 % interval (Student's t). Differences are paired by data
set and seed: their mean over the data sets, with an interval from the seeds' means.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from scipy.stats import t

FIGURES = {
    "Accuracy AUC, %": ("accuracy", "test", "mean"),
    "Final accuracy, %": ("accuracy", "test", "last"),
    "Questions in scope, %": ("query-precision", "batch", "mean"),
}
OURS = "mqnet"


def half_width(values: pd.Series) -> float:
    """Half of the 95 % interval of a mean."""
    n = len(values)
    return float(t.ppf(0.975, n - 1) * values.std() / n**0.5) if n > 1 else float("nan")


def figure(results: pd.DataFrame, metric: str, subset: str, what: str) -> pd.DataFrame:
    """A row for each run: data, share, strategy, seed and the figure in %."""
    mine = results[(results["metric"] == metric) & (results["subset"] == subset)].sort_values("round")
    runs = mine.groupby(["data", "share", "strategy", "seed"])["value"]
    return (100 * getattr(runs, what)()).reset_index()


def read(folder: Path) -> pd.DataFrame:
    """All results of the recipe's tasks that were run, without those of a chosen detector."""
    found = []
    for path in sorted(folder.glob("*-[0-9][0-9]/results.csv")):
        data, share = path.parent.name.rsplit("-", 1)
        found.append(pd.read_csv(path).assign(data=data, share=int(share)))
    return pd.concat(found)


def matrix(runs: pd.DataFrame, share: int) -> str:
    """Strategies by data sets, the best mean first."""
    mine = runs[runs["share"] == share]
    cells = mine.groupby(["strategy", "data"])["value"]
    text = cells.mean().map("{:.1f}".format) + " ± " + cells.apply(half_width).map("{:.1f}".format)
    table = text.unstack().fillna("–")
    table["mean"] = cells.mean().unstack().mean(axis=1, skipna=False).map("{:.1f}".format)
    order = cells.mean().unstack().mean(axis=1).sort_values(ascending=False).index
    return markdown(table.loc[order].reset_index())


def beside(runs: pd.DataFrame, share: int) -> pd.DataFrame:
    """MQ-Net less each other strategy, over the data sets that both have run."""
    mine = runs[runs["share"] == share]
    wide = mine.pivot_table(index=["seed", "data"], columns="strategy", values="value")
    rows = {}
    for other in wide.columns.drop(OURS):
        ahead = (wide[OURS] - wide[other]).dropna().groupby("seed").mean()
        mean, half = ahead.mean(), half_width(ahead)
        rows[other] = f"{mean:+.1f} ({mean - half:+.1f} to {mean + half:+.1f})"
    return pd.DataFrame({f"{share} %": rows})


def markdown(table: pd.DataFrame) -> str:
    """A Markdown table."""
    lines = [table.columns, ["---"] + ["---:"] * (len(table.columns) - 1), *table.to_numpy()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main() -> None:
    """Print the tables."""
    how = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=how)
    parser.add_argument("folder", type=Path)
    results = read(parser.parse_args().folder)
    shares = sorted(results["share"].unique())
    for title, how in FIGURES.items():
        runs = figure(results, *how)
        for share in shares:
            print(f"### {title}; {share} % of the pool out of scope\n\n{matrix(runs, share)}\n")
    for title in ("Accuracy AUC, %", "Final accuracy, %"):
        runs = figure(results, *FIGURES[title])
        table = pd.concat([beside(runs, share) for share in shares], axis=1).fillna("–")
        named = table.rename_axis("strategy").reset_index()
        print(f"### {OURS} less each other: {title}\n\n{markdown(named)}\n")


if __name__ == "__main__":
    main()
