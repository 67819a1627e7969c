"""A strategy that watches a figure and changes its way: explore with k-means, then margin.

The slides' recipe: each round, see what the batch of the strategy that you would like to use would add to
exploration (how much nearer it brings the labelled items to all others, the *exploration gap*), and what the
batch of k-means would add. Explore as long as k-means adds more. No label is spent to find that out.

`Adaptive` is that recipe as one small strategy. What it saw is in its memory, so it is in the log, too: the
second picture is drawn from there. Then the honest part: is it better than what it is made of, and than
switches that watch nothing and change after three rounds (`FIXED`, of the same parts, and `tcm`, which begins
with typiclust)?

    python examples/adaptive_strategy.py [DIR] [--quick]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import altair as alt
import numpy as np
from stage import arguments, asknext_command, keep_report, print_table, save_svg

from asknext.bench.curves import curves
from asknext.bench.results import read_measures
from asknext.bench.statistics import t_interval
from asknext.bench.style import COLOURS, FAINT
from asknext.bench.summary import area
from asknext.bench.wording import signed, span
from asknext.log import read_events
from asknext.monitor.exploration import gap_of_batch, nearest_labelled
from asknext.round import Round
from asknext.strategies import KMeans, Margin, Selection, Strategy
from asknext.strategies.combine import Combination, Switch

ADAPTIVE = "adaptive_strategy:Adaptive"
STRATEGIES = f"random,kmeans,margin,adaptive_strategy:FIXED,tcm,{ADAPTIVE}"
SEEDS, ROUNDS, BATCH = 6, 15, 10
FIXED = Switch(KMeans(), Margin(), 3)
"""The same two parts, but the change comes after three rounds, whatever there is to see."""


@dataclass(frozen=True)
class Adaptive(Combination):
    """Explore until a batch chosen by doubt explores no less; from then on choose by doubt.

    Parameters
    ----------
    explore : asked at first, and the yardstick.
    doubt : asked afterwards.
    """

    explore: Strategy = field(default_factory=KMeans)
    doubt: Strategy = field(default_factory=Margin)

    @property
    def parts(self) -> dict[str, Strategy]:
        """The two strategies, each under the key of its memory."""
        return {"explore": self.explore, "doubt": self.doubt}

    @property
    def reads(self) -> frozenset[str]:
        """What it reads itself."""
        return frozenset({"embedding"})

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """The batch of the part whose time it is; the memory keeps what both batches would have explored."""
        if round.memory.get("switched"):
            return self.ask("doubt", round, n, rng)
        if len(round.labelled) == 0:  # nothing is near or far yet
            return self.ask("explore", round, n, rng)
        batches = {key: self.ask(key, round, n, rng) for key in self.parts}
        X = round.read("embedding")
        now = nearest_labelled(X, round.read("embedding", round.labelled))
        gap = {
            key: gap_of_batch(now, X, round.read("embedding", batch.ids)) or 0.0
            for key, batch in batches.items()
        }
        switched = gap["doubt"] >= gap["explore"]
        chosen = batches["doubt" if switched else "explore"]
        return replace(chosen, memory={**chosen.memory, "switched": switched, "gap": gap})


def seen(results: Path) -> Iterator[dict[str, Any]]:
    """What Adaptive measured in each round of each seed, from the logs: doubt's gap by that of k-means."""
    for folder in sorted((results / "runs").glob("adaptive_strategy*/*")):
        labels = 0
        for event in read_events(folder):
            if event.type != "asked":
                continue
            gap = event.body["memory"].get("gap", {})
            if gap.get("explore"):
                switched = event.body["memory"]["switched"]
                row = {"seed": folder.name, "labels": labels, "ratio": gap["doubt"] / gap["explore"]}
                yield {**row, "switched": switched}
                if switched:
                    break
            labels += len(event.body["ids"])


def picture() -> Any:
    """The measure of each seed by labels, up to the round in which it changes its way."""
    x = alt.X("labels:Q", title="labelled items", axis=alt.Axis(values=list(range(0, 200, 10))))
    y = alt.Y("ratio:Q", title="exploration gap: margin ÷ k-means", scale=alt.Scale(zero=False))
    seeds = alt.Chart(alt.NamedData("rows")).encode(x=x, y=y)
    change = seeds.transform_filter("datum.switched")
    level = alt.Chart().mark_rule(color=FAINT, strokeDash=[4, 3]).encode(y=alt.datum(1))
    note = alt.Chart().mark_text(align="left", dx=4, dy=-8, color=FAINT, fontSize=12)
    note = note.encode(x=alt.value(0), y=alt.datum(1), text=alt.value("as much: change to margin"))
    return alt.layer(
        level,
        note,
        seeds.mark_line(color=COLOURS[0], opacity=0.5).encode(detail="seed:N"),
        change.mark_point(filled=True, size=90, color=COLOURS[1], opacity=1),
    ).properties(width=560, height=260)


def main() -> None:
    given = arguments(__doc__)
    rounds, seeds = (6, 2) if given.quick else (ROUNDS, SEEDS)
    names = f"margin,{ADAPTIVE}" if given.quick else STRATEGIES
    sizes = ("--initial", 0, "--batch", BATCH, "--rounds", rounds, "--seeds", seeds)
    words = ("compare", "digits", "--strategies", names, *sizes)
    with TemporaryDirectory() as folder:
        summary = asknext_command(Path(folder), *words, quick=given.quick)
        results, report = Path(folder) / "results", given.out / "adaptive-strategy.html"
        keep_report(results, report, "Learning curves of the adaptive strategy, its parts and others")
        rows = list(seen(results))
        accuracy = curves(read_measures(results), "accuracy", "test", list(summary["strategies"]))
        auc = dict(zip(accuracy.strategies, area(accuracy), strict=True))
    title = "When each seed goes from k-means to margin"
    save_svg(picture(), given.out / "adaptive-switch.svg", title, rows=rows)

    print_table(summary)
    changes = sorted(row["labels"] for row in rows if row["switched"])
    print(f"It changed at {', '.join(map(str, changes)) or 'no number of'} labels.")
    for name in (name for name in auc if name != ADAPTIVE):
        mean, low, high = t_interval(auc[ADAPTIVE] - auc[name])
        print(f"  against {name}: {signed(mean)} points of mean accuracy (95 % {span([low, high])})")
    best = max(auc, key=lambda name: auc[name].mean())
    print("It comes first." if best == ADAPTIVE else f"It does not win: {best} is ahead.")
    print(f"Report: {report}")


if __name__ == "__main__":
    main()
