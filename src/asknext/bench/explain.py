"""Pictures of how a strategy chose: its trade-off of purity and informativeness, and its own figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np
from scipy.interpolate import RegularGridInterpolator

from asknext.bench import wording
from asknext.bench.style import COLOURS, INK, config
from asknext.kernels.levels import level_line
from asknext.monitor.explanations import Explanation, Tradeoff
from asknext.strategies.combiners import CLIP
from asknext.types import Floats

SIDE, COLUMNS = 168, 4
LINES = 7  # iso-score lines of a panel
WIDTH, HEIGHT = 150, 110
GREY = "#8c8c8c"  # on white and on dark paper
VERDICTS = {True: "in scope", False: "out of scope", None: "unsure or not told yet"}
NAMES = {
    "flagged": "flagged share",
    "tau": "threshold",
    "ood_clusters": "flagged clusters",
    "tied": "tied clusters",
}
"""What figures that strategies keep are called, in this order; others by their own names."""

WEIGHS = "What purity weighs is its share in what the score rises by."
TRADEOFF = (
    "A panel is a round, a point an item that was asked in it. Both axes count standard deviations from the "
    "mean of that round's candidates; points farther out than three stand on the edge. All places on a line "
    "have the same score, those on thicker lines a higher one, and lines divide the plane into equal "
    "parts. Steep lines: purity decides; flat ones: informativeness does. "
    f"{WEIGHS} Shaded: at least the score of the last item asked."
)
NOTES = {
    "flagged": "Flagged share: part of the candidates above the threshold, which few labelled items exceed.",
    "ood_clusters": "Flagged clusters: those that hold some of these.",
    "tied": "Tied clusters: those of one flagged share at the edge of the batch, so that this share alone "
    "did not decide between them; 0 where it did.",
}

Rows = list[dict[str, Any]]
Spec = dict[str, Any]


class Drawing(NamedTuple):
    """A chart of how one strategy chose, and how to read it."""

    name: str
    title: str
    spec: Spec
    caption: str


def drawings(told: Sequence[Explanation], most: int) -> list[Drawing]:
    """The charts of a run: that of its trade-off, where it learnt one, and that of figures it kept.

    Parameters
    ----------
    told : its batches, also those of other strategies.
    most : panels of the trade-off: the first round, the last, and some between.
    """
    found = []
    if weighed := [one for one in told if one.tradeoff and one.tradeoff.picks]:
        spec = tradeoff_panels(_spaced(weighed, most))
        title = f"{asked_by(weighed)}: purity against informativeness"
        found.append(Drawing("tradeoff", title, spec, TRADEOFF))
    if noting := [one for one in told if one.notes]:
        spec = figure_panels([(one.round, one.notes) for one in noting])
        title = f"{asked_by(noting)}: its own figures"
        found.append(Drawing("notes", title, spec, in_words(one.notes for one in noting)))
    return found


def asked_by(told: Iterable[Explanation]) -> str:
    """Who asked, each once."""
    return wording.listing(list(dict.fromkeys(one.strategy for one in told)))


def in_words(figures: Iterable[Iterable[str]]) -> str:
    """What the figures in some tables or lists mean, as far as it is told."""
    return " ".join(NOTES[name] for name in names(figures) if name in NOTES)


def names(told: Iterable[Iterable[str]]) -> list[str]:
    """The figures in some tables or lists, each once: those of `NAMES` first, then in order of appearance."""
    found = dict.fromkeys(name for one in told for name in one)
    return [*(name for name in NAMES if name in found), *(name for name in found if name not in NAMES)]


def named(figure: str) -> str:
    """A figure of a strategy in words."""
    return NAMES.get(figure, figure.replace("_", " "))


def tradeoff_panels(told: Sequence[Explanation]) -> Spec:
    """Iso-score lines in the plane of purity and informativeness, and what was asked: a panel for a round."""
    rows: Rows = []
    for one in told:
        if one.tradeoff is not None:
            heading = {"panel": _heading(one)}
            rows += [{**heading, **row} for row in _marks(one.tradeoff)]
    signed = "replace(format(datum.value, '+'), '+0', '0')"
    ticks: dict[str, Any] = {"values": [-CLIP, 0, CLIP], "labelExpr": signed}
    scale = alt.Scale(domain=[-CLIP, CLIP], nice=False)
    x = alt.X("x:Q", scale=scale, axis=alt.Axis(title="purity", grid=False, domain=False, **ticks))
    y = alt.Y("y:Q", scale=scale, axis=alt.Axis(title="informativeness", grid=False, **ticks))
    verdict = {"domain": list(VERDICTS.values()), "legend": alt.Legend(orient="top", title=None)}

    def only(kind: str) -> alt.Chart:
        return alt.Chart().transform_filter(alt.datum.kind == kind).encode(x=x, y=y)

    widths = alt.Scale(domain=[0, LINES - 1], range=[0.5, 2.0])
    width = alt.StrokeWidth("level:Q", scale=widths, legend=None)
    layers: list[Any] = [
        only("shade").mark_area(color=COLOURS[0], opacity=0.13).encode(y2="top:Q"),
        only("line").mark_line(color=GREY).encode(order="i:Q", detail="level:N", strokeWidth=width),
        only("edge").mark_line(color=COLOURS[0], strokeWidth=2.2).encode(order="i:Q"),
        only("pick").mark_point(filled=True, size=42, opacity=0.85).encode(
            fill=_by_verdict(alt.Fill, [COLOURS[0], COLOURS[1], "#bbbbbb"], verdict),
            shape=_by_verdict(alt.Shape, ["circle", "triangle-up", "square"], verdict),
            tooltip=[
                alt.Tooltip("item:N"),
                alt.Tooltip("purity:Q", format=".2f"),
                alt.Tooltip("informativeness:Q", format=".2f"),
                alt.Tooltip("verdict:N", title="answer"),
            ],
        ),
    ]
    head = alt.Header(labelExpr="split(datum.value, '|')", labelFontWeight="normal", labelColor=INK)
    order = [row["panel"] for row in rows]
    facet = alt.Facet("panel:N", sort=list(dict.fromkeys(order)), title=None, header=head)
    panel: Any = alt.layer(*layers).properties(width=SIDE, height=SIDE)
    panels = panel.facet(facet, data=alt.NamedData("rows"), columns=COLUMNS, spacing=18)
    looks = config() | {"view": {"stroke": GREY, "strokeOpacity": 0.4}}
    return {**panels.resolve_axis(x="independent").to_dict(), "datasets": {"rows": rows}, "config": looks}


def figure_panels(told: Sequence[tuple[int, Mapping[str, float]]]) -> Spec:
    """A small chart by round of each figure.

    Parameters
    ----------
    told : figures by name, with the round that they are of.
    """
    rows: Rows = [
        {"figure": named(name), "round": round, "value": value}
        for round, figures in told
        for name, value in figures.items()
    ]
    first, last = min(row["round"] for row in rows), max(row["round"] for row in rows)
    ticks = np.unique(np.linspace(first, last, 4).round().astype(int)).tolist()
    axis = alt.Axis(title="round", values=ticks, format="d")
    ends = [first, last] if first < last else [first - 0.5, last + 0.5]
    x = alt.X("round:Q", axis=axis, scale=alt.Scale(domain=ends, nice=False))
    y = alt.Y("value:Q", axis=alt.Axis(title=None, tickCount=3, format="~r"), scale=alt.Scale(zero=False))
    chart = alt.Chart().transform_filter("!datum.name").encode(x=x, y=y)
    name = alt.Chart().transform_filter("datum.name").mark_text(align="left", fontSize=12, color=INK)
    layers: list[Any] = [
        chart.mark_line(color=COLOURS[0], strokeWidth=1.8),
        chart.mark_point(color=COLOURS[0], filled=True, size=28, opacity=1).encode(
            tooltip=["round:Q", alt.Tooltip("value:Q", format=".3~r")]
        ),
        name.encode(x=alt.value(0), y=alt.value(-14), text="name:N"),
    ]
    order = [named(name) for name in names(figures for _, figures in told)]
    rows += [{"figure": name, "name": name} for name in order]
    facet = alt.Facet("figure:N", sort=order, title=None, header=alt.Header(labelExpr="''"))
    gaps: Any = {"column": 54, "row": 84}
    panel: Any = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    how: Any = {"columns": COLUMNS, "spacing": gaps, "bounds": "flush"}
    panels = panel.facet(facet, data=alt.NamedData("rows"), **how).resolve_scale(y="independent")
    return {**panels.resolve_axis(x="independent").to_dict(), "datasets": {"rows": rows}, "config": config()}


def isolines(tradeoff: Tradeoff) -> list[Floats]:
    """Lines of equal score that divide the grid into parts of equal size, the lowest first.

    Returns
    -------
    (m, 2) points of each, purity and informativeness in standard deviations; fewer lines where the score is
    the same over large parts.
    """
    levels = np.unique(np.quantile(tradeoff.scores, np.arange(1, LINES + 1) / (LINES + 1)))
    steps = _steps(tradeoff)
    lines = [level_line(steps, steps, tradeoff.scores, level) for level in levels]
    return [line for line in lines if len(line)]


def edge(tradeoff: Tradeoff) -> Floats:
    """The line of the score of the last item asked, as those of `isolines`.

    Scores between the places of the grid are interpolated, so that all picks lie on it or above. Picks beyond
    the grid, where some rules go on to rise and some do not, count only where there are no others.
    """
    steps = _steps(tradeoff)
    picks = np.array([pick[1:3] for pick in tradeoff.picks])
    inside = np.abs(picks).max(axis=1) <= CLIP
    seen = picks[inside] if inside.any() else np.clip(picks, -CLIP, CLIP)
    last = float(RegularGridInterpolator((steps, steps), tradeoff.scores)(seen).min())
    return level_line(steps, steps, tradeoff.scores, last)


def _steps(tradeoff: Tradeoff) -> Floats:
    return np.linspace(-CLIP, CLIP, len(tradeoff.scores))


def _marks(tradeoff: Tradeoff) -> Rows:
    """What a panel shows."""
    rows: Rows = []
    for level, line in enumerate(isolines(tradeoff)):
        rows += [{"kind": "line", "level": level, **row} for row in _path(line)]
    line = edge(tradeoff)
    start = line if len(line) else np.array([[-CLIP, -CLIP]])  # or the whole plane scores so high
    shade = np.vstack([start, [CLIP, start[-1, 1]]])
    rows += [{"kind": "shade", "top": CLIP, **row} for row in _path(shade)]
    rows += [{"kind": "edge", **row} for row in _path(line)]
    for pick in sorted(tradeoff.picks, key=lambda pick: pick.in_scope is False):
        rows.append(
            {
                "kind": "pick", **_at(np.clip(pick[1:3], -CLIP, CLIP)), "item": pick.id,
                "verdict": VERDICTS[pick.in_scope], "purity": pick.purity,
                "informativeness": pick.informativeness,
            }
        )  # fmt: skip
    return rows


def _path(points: Floats) -> Rows:
    return [{"i": i, **_at(point)} for i, point in enumerate(points)]


def _at(point: Any) -> dict[str, float]:
    x, y = (round(float(value), 4) for value in point)
    return {"x": x, "y": y}


def _by_verdict(channel: Any, values: list[str], verdict: dict[str, Any]) -> Any:
    scale = alt.Scale(domain=verdict["domain"], range=values)
    return channel("verdict:N", scale=scale, legend=verdict["legend"])


def _heading(one: Explanation) -> str:
    """Over a panel, in two lines."""
    weight = one.tradeoff.weight if one.tradeoff else None
    purity = "" if weight is None else f"purity weighs {wording.whole_percent(weight)} %"
    return f"round {one.round}: {one.in_scope} of {one.asked} in scope|{purity}"


def _spaced(told: Sequence[Explanation], most: int) -> list[Explanation]:
    """At most so many rounds: the first, the last, and some between."""
    places = np.linspace(0, len(told) - 1, min(most, len(told)))
    return [told[i] for i in np.unique(np.round(places).astype(int))]
