"""The report of a comparison: one HTML file that opens offline, and the files beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import vl_convert
from markupsafe import Markup

from asknext.bench import explain, openness, wording
from asknext.bench.charts import Artist, Spec
from asknext.bench.curves import at_equal_cost, curves, quantities
from asknext.bench.results import Comparison, write_measures, write_timings
from asknext.bench.style import looks
from asknext.bench.summary import BASELINE, accuracy_curves, best_first, summarise
from asknext.files import write_json, write_text
from asknext.monitor.explanations import Explanation

NOT_ALWAYS = ("gain", "ranks", "time", "chose-*")
"""Figures that some comparisons have no data for."""
PANELS = 4  # rounds whose trade-off is shown


class Figure(NamedTuple):
    """One chart of the report: its interactive form and its still form, in which the texts are escaped."""

    name: str
    title: str
    spec: Spec
    svg: Markup
    caption: str = ""


def write_all(comparison: Comparison, out: Path) -> dict[str, Any]:
    """Write results.csv, timings.csv, summary.json, figures/*.svg and report.html.

    The rows are written first, so that nothing measured is lost if the rest fails. A figure of an earlier
    report which this comparison has no data for is removed.

    Parameters
    ----------
    comparison : what was run and measured.
    out : the directory; made if need be.

    Returns
    -------
    The content of summary.json.

    Raises
    ------
    AskNextError : the runs cannot be compared; see `asknext.bench.curves.curves`.
    """
    write_measures(out / "results.csv", comparison.measures)
    write_timings(out / "timings.csv", comparison.timings)
    if comparison.settings.get("budget") == openness.COST:
        comparison = replace(comparison, measures=at_equal_cost(comparison.measures))
    summary = summarise(comparison)
    write_json(out / "summary.json", summary)
    drawn = figures(comparison, summary)
    shown = {figure.name for figure in drawn}
    for path in [path for name in NOT_ALWAYS for path in (out / "figures").glob(f"{name}.svg")]:
        if path.stem not in shown:
            path.unlink()
    for figure in drawn:
        write_text(out / "figures" / f"{figure.name}.svg", figure.svg)
    write_text(out / "report.html", render(summary, drawn))
    return summary


def figures(comparison: Comparison, summary: dict[str, Any]) -> list[Figure]:
    """Every chart that the comparison has data for, in reading order."""
    results, nemenyi = summary["strategies"], summary["tests"]["nemenyi"]
    order = tuple(best_first(summary))
    artist = Artist(looks(list(results), BASELINE), order, summary["budget"])
    accuracy = accuracy_curves(comparison)
    drawn = [draw("learning-curves", "Learning curves", artist.learning_curves(accuracy))]
    if BASELINE in results and len(results) > 1:
        drawn.append(draw("gain", f"Gain over {BASELINE}", artist.gain(accuracy, BASELINE)))
    if nemenyi:
        ranks = {name: result["rank_mean"] for name, result in results.items()}
        drawn.append(draw("ranks", "Ranks", artist.ranks(ranks, nemenyi["critical_difference"])))
    stages = ("seconds_select", "seconds_total")
    choosing, whole = ({s: r[key] for s, r in results.items() if r[key] is not None} for key in stages)
    if choosing and whole:
        drawn.append(draw("time", "Time", artist.time(choosing, whole)))
    for metric, subset in quantities(comparison.measures, list(results)):
        if (metric, subset) not in (("accuracy", "test"), ("cost", "asked")):  # that is the budget
            title = metric if subset == "test" else f"{metric}, {subset}"
            percent = any(word in metric for word in ("accuracy", "precision", "recall", "ratio"))
            spec = artist.metric(curves(comparison.measures, metric, subset, list(results)), percent)
            drawn.append(draw(f"metric-{title}", title, spec))
    for name in order:
        drawn += chosen(name, comparison.explained.get(name, ()))
    return drawn


def chosen(strategy: str, told: Sequence[Explanation]) -> list[Figure]:
    """The charts of how a strategy chose in some batches; none where it notes nothing."""
    drawn = explain.drawings(told, PANELS)
    return [draw(f"chose-{one.name}-{strategy}", one.title, one.spec, one.caption) for one in drawn]


def render(summary: dict[str, Any], drawn: list[Figure]) -> str:
    """The report as text.

    Parameters
    ----------
    summary : the content of summary.json.
    drawn : its charts.
    """
    named, further = {figure.name: figure for figure in drawn}, openness.shown(summary)
    return environment().get_template("report.html.j2").render(
        summary=summary,
        order=best_first(summary),
        looks=looks(list(summary["strategies"]), BASELINE),
        baseline=BASELINE,
        headings=[openness.HEADINGS[key] for key in further],
        legend=[openness.LEGEND[key] for key in further],
        cells=lambda name: openness.cells(summary, name, further),
        figures=named,
        metrics=[figure for name, figure in named.items() if name.startswith("metric-")],
        chosen=[figure for name, figure in named.items() if name.startswith("chose-")],
        library=library(),
    )


def environment() -> jinja2.Environment:
    """Where templates come from, and how they are filled: escaped, and a missing value is an error."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("asknext", "bench"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(wording=wording)
    return made


def draw(name: str, title: str, spec: Spec, caption: str = "") -> Figure:
    """Draw a chart; its clip paths get ids that are unique in the page and the same in every process.

    Parameters
    ----------
    name : of the file, letters of other kinds are replaced; title, caption : for people.
    spec : the chart.
    """
    name, numbers = re.sub(r"[^a-z0-9]+", "-", name.lower()), dict[str, int]()
    svg = re.sub(
        r'(\bid="|url\(#)(clip\d+)',
        lambda found: f"{found[1]}{name}-{numbers.setdefault(found[2], len(numbers))}",
        vl_convert.vegalite_to_svg(spec),
    )
    return Figure(name, title, spec, Markup(svg), caption)


@cache
def library() -> Markup:
    """Vega-Embed and what it needs, as a script that defines `vegaEmbed`."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return Markup(script.replace("</script", r"<\/script"))
