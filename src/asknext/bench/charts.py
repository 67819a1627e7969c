"""The figures of the report, each a Vega-Lite specification that serves the page and the SVG file alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import numpy as np
from scipy.optimize import isotonic_regression

from asknext.bench import wording
from asknext.bench.curves import Curves
from asknext.bench.statistics import t_interval
from asknext.bench.style import FAINT, INK, Look, config
from asknext.bench.verdict import FEWEST
from asknext.types import Array

WIDTH, HEIGHT = 780, 430
PANEL_WIDTH, PANEL_HEIGHT, COLUMNS = 200, 120, 4
SMALL_WIDTH, SMALL_HEIGHT = 250, 170
BAR_HEIGHT = 24
LABEL_GAP = 17  # pixels between the names at the ends of the curves
LEADER = 16  # pixels of the line from the end of a curve to its name

Spec = dict[str, Any]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Artist:
    """Draws charts in which each strategy keeps its colour and dash.

    Parameters
    ----------
    looks : colour and dash of every strategy.
    order : strategies, the best first.
    budget : what the x axis counts.
    """

    looks: dict[str, Look]
    order: tuple[str, ...]
    budget: str = "labelled items"

    def learning_curves(self, accuracy: Curves) -> Spec:
        """Mean accuracy by labels, its 95 % band, the single seeds, and each name at the end of its line."""
        height = max(HEIGHT, LABEL_GAP * len(self.order))
        low, high = _domain(accuracy.values)
        focus = alt.selection_point(name="focus", fields=["strategy"], on="pointerover", clear="pointerout")

        def y(field: str) -> alt.Y:
            scale = alt.Scale(domain=[low, high], nice=False)
            return alt.Y(field, scale=scale, axis=alt.Axis(title="test accuracy", format="~%"))

        def faded(full: float, rest: float) -> Any:
            return alt.condition(focus, alt.value(full), alt.value(rest))

        means, seeds = self._chart("means", accuracy), self._chart("seeds", accuracy)
        layers: list[Any] = []
        if len(accuracy.seeds) >= FEWEST:  # that of two seeds would be wider than the chart
            band = min(0.1, 0.8 / len(self.order))  # many bands over each other stay light
            area = means.mark_area(clip=True)
            layers.append(area.encode(y=y("low:Q"), y2="high:Q", opacity=faded(band, 0.02)))
        if len(accuracy.seeds) > 1:
            lines = seeds.mark_line(strokeWidth=0.8)
            layers.append(lines.encode(y=y("value:Q"), detail="seed:N", opacity=faded(0.2, 0.03)))
        layers += [
            means.mark_line(strokeWidth=2.2).encode(
                y=y("mean:Q"), strokeDash=self._dash(), opacity=faded(1, 0.15)
            ),
            self._touch(means, "mean accuracy", ".1%", len(accuracy.seeds) > 1).add_params(focus),
        ]
        ends = dict(zip(accuracy.strategies, accuracy.values.mean(axis=1)[:, -1], strict=True))
        gap = LABEL_GAP / height * (high - low)
        spots = dict(zip(ends, spread(np.array(list(ends.values())), gap, low, high), strict=True))
        rows = [{"strategy": s, "end": float(ends[s]), "spot": float(spots[s])} for s in ends]
        names = self._chart("names")
        leader = names.mark_rule(strokeWidth=1.2).encode(
            x=alt.value(WIDTH + 2), x2=alt.value(WIDTH + LEADER), y=y("end:Q"), y2="spot:Q"
        )
        text = names.mark_text(align="left", dx=LEADER + 5, fontSize=12).encode(
            x=alt.value(WIDTH), y=y("spot:Q"), text="strategy:N", color=alt.value(INK)
        )
        layers += [leader.encode(opacity=faded(1, 0.15)), text.encode(opacity=faded(1, 0.3))]
        chart = alt.layer(*layers).properties(width=WIDTH, height=height)
        return _spec(chart, means=_means(accuracy), seeds=_seeds(accuracy), names=rows)

    def gain(self, accuracy: Curves, baseline: str) -> Spec:
        """Points above the baseline by labels, paired by seed: a panel for each other strategy."""
        others = tuple(name for name in self.order if name != baseline)
        base, *rows = (accuracy.strategies.index(name) for name in (baseline, *others))
        paired = replace(
            accuracy, strategies=others, values=100 * (accuracy.values[rows] - accuracy.values[base])
        )
        low, high = _domain(paired.values)
        chart = self._chart(None, accuracy, ticks=4, titled=False)
        means, seeds = (chart.transform_filter(f"isValid(datum.{field})") for field in ("mean", "value"))
        layers: list[Any] = [
            alt.Chart().mark_rule(color=FAINT).encode(y=alt.datum(0, type="quantitative")),
        ]
        if len(accuracy.seeds) >= FEWEST:
            layers.append(means.mark_area(opacity=0.2, clip=True).encode(y="low:Q", y2="high:Q"))
        if len(accuracy.seeds) > 1:
            layers.append(seeds.mark_line(strokeWidth=0.8, opacity=0.4).encode(y="value:Q", detail="seed:N"))
        y = alt.Y(
            "mean:Q",
            scale=alt.Scale(domain=[min(low, 0), max(high, 0)], nice=False),
            axis=alt.Axis(title=f"points above {baseline}", format="+~f", tickCount=5),
        )
        layers += [
            means.mark_line(strokeWidth=2.2).encode(y=y),
            self._touch(means, f"points above {baseline}", "+.1f", len(accuracy.seeds) > 1),
        ]
        size = 2 if 2 * len(others) <= COLUMNS else 1
        panel = alt.layer(*layers).properties(width=size * PANEL_WIDTH, height=size * PANEL_HEIGHT)
        facet = alt.Facet("strategy:N", sort=list(others), title=None)
        panels = panel.facet(facet, data=alt.NamedData("rows"), columns=COLUMNS, spacing=20)
        return _spec(panels.resolve_axis(x="independent"), rows=_means(paired) + _seeds(paired))

    def metric(self, curves: Curves, percent: bool) -> Spec:
        """A small chart of the mean of any other metric by labels."""
        means = self._chart("means", curves, ticks=4)
        axis = alt.Axis(title=None, format="~%" if percent else "~f", tickCount=5)
        scale = alt.Scale(domain=_domain(curves.values.mean(axis=1)), nice=False)
        y = alt.Y("mean:Q", scale=scale, axis=axis)
        line = means.mark_line(strokeWidth=1.8).encode(y=y, strokeDash=self._dash())
        touch = self._touch(means, "mean", ".1%" if percent else ".3f", len(curves.seeds) > 1)
        chart = alt.layer(line, touch).properties(width=SMALL_WIDTH, height=SMALL_HEIGHT)
        return _spec(chart, means=_means(curves))

    def ranks(self, ranks: dict[str, float], critical_difference: float) -> Spec:
        """Mean ranks with half a critical difference to either side: bars that overlap are not separated."""
        half = critical_difference / 2
        first, last = min(ranks.values()), max(ranks.values())
        rows: Rows = [
            {"strategy": name, "rank": rank, "low": rank - half, "high": rank + half}
            for name, rank in ranks.items()
        ]
        y = alt.Y("strategy:N", sort=list(self.order), title=None, axis=alt.Axis(labelPadding=12))
        ticks = list(range(1, len(ranks) + 1))
        axis = alt.Axis(title="mean rank over seeds (1 = best)", values=ticks, format="d")
        x = alt.X("rank:Q", scale=alt.Scale(domain=[first - half, last + half], nice=False), axis=axis)
        chart = self._chart("rows").encode(y=y)
        shade = alt.Chart(alt.NamedData("best")).mark_rect(color=FAINT, opacity=0.12)
        layers = [
            shade.encode(x="low:Q", x2="high:Q"),
            chart.mark_rule(strokeWidth=5, opacity=0.45, strokeCap="round").encode(x="low:Q", x2="high:Q"),
            chart.mark_point(size=90, filled=True, opacity=1).encode(
                x=x, tooltip=["strategy:N", alt.Tooltip("rank:Q", title="mean rank", format=".2f")]
            ),
        ]
        layered = alt.layer(*layers).properties(width=WIDTH - 60, height=BAR_HEIGHT * len(rows))
        return _spec(layered, rows=rows, best=[{"low": first - half, "high": first + half}])

    def time(self, choosing: dict[str, float], whole: dict[str, float]) -> Spec:
        """Seconds of a run spent choosing, and in all."""
        rows = [
            {"strategy": name, "part": part, "seconds": value, "text": wording.seconds(value)}
            for part, seconds in (("choosing", choosing), ("in all", whole))
            for name, value in seconds.items()
        ]
        height = BAR_HEIGHT * len(self.order)
        left, right = (
            self._bars(part, names=part == "choosing").properties(width=(WIDTH - 100) / 2, height=height)
            for part in ("choosing", "in all")
        )
        return _spec(alt.hconcat(left, right, spacing=50), rows=rows)

    def _bars(self, part: str, names: bool) -> Any:
        y = alt.Y("strategy:N", sort=list(self.order), title=None, axis=alt.Axis(labels=names))
        x = alt.X("seconds:Q", axis=alt.Axis(title=f"seconds a run, {part}", tickCount=4, format="~f"))
        chart = self._chart("rows").transform_filter(alt.datum.part == part).encode(x=x, y=y)
        text = chart.mark_text(align="left", dx=5, fontSize=12)
        return alt.layer(
            chart.mark_bar(height=BAR_HEIGHT - 10), text.encode(text="text:N", color=alt.value(INK))
        )

    def _chart(
        self,
        data: str | None,
        curves: Curves | None = None,
        ticks: int = 10,
        titled: bool = True,
    ) -> alt.Chart:
        """A chart of named rows with the colours set and, for curves, the labels on the x axis."""
        scale = alt.Scale(domain=list(self.order), range=[self.looks[name].colour for name in self.order])
        chart = alt.Chart() if data is None else alt.Chart(alt.NamedData(data))
        chart = chart.encode(color=alt.Color("strategy:N", scale=scale, legend=None))
        if curves is None:
            return chart
        domain = [float(curves.n_labelled[0]), float(curves.n_labelled[-1])]
        axis = alt.Axis(title=self.budget if titled else None, tickCount=ticks, format="~f")
        return chart.encode(x=alt.X("n:Q", axis=axis, scale=alt.Scale(domain=domain, nice=False)))

    def _dash(self) -> alt.StrokeDash:
        dashes = [list(self.looks[name].dash) for name in self.order]
        scale = alt.Scale(domain=list(self.order), range=dashes)
        return alt.StrokeDash("strategy:N", scale=scale, legend=None)

    def _touch(self, chart: alt.Chart, title: str, format: str, band: bool) -> alt.Chart:
        """Invisible points that catch the pointer and tell the values under it."""
        tooltip = [
            alt.Tooltip("strategy:N"),
            alt.Tooltip("n:Q", title=self.budget, format="~f"),
            alt.Tooltip("mean:Q", title=title, format=format),
        ]
        if band:
            tooltip += [
                alt.Tooltip("low:Q", title="95 % from", format=format),
                alt.Tooltip("high:Q", title="to", format=format),
            ]
        points = chart.mark_point(size=140, filled=True, opacity=0, aria=False)
        return points.encode(y="mean:Q", tooltip=tooltip)


def spread(positions: Array, gap: float, low: float, high: float) -> Array:
    """Move positions as little as possible (least squares) so that each is `gap` from the next.

    Parameters
    ----------
    positions : (k,) where things would like to be.
    gap, low, high : the distance to keep, and the ends to stay between as far as they hold k gaps.

    Returns
    -------
    (k,) where they go, in the order given.
    """
    order = np.argsort(positions, kind="stable")
    steps = gap * np.arange(len(positions))
    moved = isotonic_regression(positions[order] - steps).x
    placed = np.empty(len(positions))
    placed[order] = np.clip(moved, low, max(low, high - steps[-1])) + steps
    return placed


def _means(curves: Curves) -> Rows:
    rows = []
    for strategy, runs in zip(curves.strategies, curves.values, strict=True):
        for n, values in zip(curves.n_labelled, runs.T, strict=True):
            mean, low, high = t_interval(values)
            rows.append({"strategy": strategy, "n": float(n), "mean": mean, "low": low, "high": high})
    return rows


def _seeds(curves: Curves) -> Rows:
    return [
        {"strategy": strategy, "seed": seed, "n": float(n), "value": float(value)}
        for strategy, runs in zip(curves.strategies, curves.values, strict=True)
        for seed, run in zip(curves.seeds, runs, strict=True)
        for n, value in zip(curves.n_labelled, run, strict=True)
    ]


def _domain(values: Array) -> list[float]:
    """The range of the values with a little air; bands that reach beyond are cut."""
    low, high = float(values.min()), float(values.max())
    air = 0.04 * (high - low) or 0.01
    return [low - air, high + air]


def _spec(chart: Any, **rows: Rows) -> Spec:
    """The chart with its rows by name; the rows are kept from the slow schema check."""
    return {**chart.to_dict(), "datasets": rows, "config": config()}
