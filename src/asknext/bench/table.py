"""The summary as a table for the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from asknext.bench import wording
from asknext.bench.summary import best_first

LEGEND = (
    "AUC: mean accuracy over the rounds ± its deviation over seeds; gain: points above random; saved: labels "
    "fewer than random for its final accuracy; rank: mean, 1 is best; choosing, in all: time of a run"
)


def terminal_table(summary: dict[str, Any]) -> Table:
    """Strategies, the best first, under the title and over the verdict.

    Parameters
    ----------
    summary : the content of summary.json.
    """
    results = summary["strategies"]
    caption = Text(LEGEND, "dim").append("\n".join(["", summary["verdict"], *summary["warnings"]]), "not dim")
    table = Table(
        title=Text(f"{summary['dataset']}, {summary['n_labelled'][-1]} {summary['budget']}"),
        caption=caption,
        caption_justify="left",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column("strategy", overflow="fold")
    for heading in ("AUC %", "gain", "saved", "final %", "rank", "choosing", "in all"):
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
            wording.seconds(result["seconds_select"]),
            wording.seconds(result["seconds_total"]),
        )
    return table
