"""The summary as a table for the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from asknext.bench import openness, wording
from asknext.bench.summary import best_first

LEGEND = (
    "AUC: mean accuracy over the rounds ± its deviation over seeds; gain: points above random; saved: {unit} "
    "fewer than random for its final accuracy; rank: mean, 1 is best; "
)
TIMES = "choosing, in all: time of a run"
NARROW = ("query_precision", "classes_found")
"""Figures of purity and discovery that a terminal has room for, in the place of the times."""


def terminal_table(summary: dict[str, Any]) -> Table:
    """Strategies, the best first, under the title and over the verdict.

    Parameters
    ----------
    summary : the content of summary.json.
    """
    results, unit = summary["strategies"], wording.bought(summary["budget"])
    figures = [key for key in openness.shown(summary) if key in NARROW]
    legend = "; ".join(openness.LEGEND[key] for key in figures) or TIMES
    caption = Text(LEGEND.format(unit=unit) + legend, "dim")
    told = ["", summary["verdict"], *([summary["helped"]] if summary["helped"] else []), *summary["warnings"]]
    caption.append("\n".join(told), "not dim")
    table = Table(
        title=Text(f"{summary['dataset']}, {summary['n_labelled'][-1]} {unit}"),
        caption=caption,
        caption_justify="left",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column("strategy", overflow="fold")
    further = [openness.HEADINGS[key].removesuffix(" %") for key in figures] or ["choosing", "in all"]
    for heading in ("AUC %", "gain", "saved", "final %", "rank", *further):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in best_first(summary):
        result = results[name]
        gain = result["gain_over_random"]
        saved = result["labels_saved"]
        table.add_row(
            Text(name),
            wording.spread(result["auc_mean"], result["auc_std"]),
            wording.signed(gain["mean"]) if gain else wording.ABSENT,
            saved["reason"] or wording.count(saved["n"]),
            wording.percent(result["final_mean"]),
            f"{result['rank_mean']:.1f}",
            *(openness.cells(summary, name, figures) or _times(result)),
        )
    return table


def _times(result: dict[str, Any]) -> list[str]:
    return [wording.seconds(result[stage]) for stage in ("seconds_select", "seconds_total")]
