"""See how far each answer has to reach: what `auto` asks of a flat pool at 10, 100 and 1,000 labels.

A pool of points in the plane, in four classes of very different density, two of which overlap. A model
learns from the answers. Squares are darker the more the model doubts the points in them. A blue point has an
answer; an orange one is asked in the last batch, and its circle is how far its answer reaches: to as many
other points as would share the pool, by doubt, among all answers and this batch. Wide and everywhere with ten
labels, narrow and along the border with a thousand, without a switch in between.

    python examples/what_auto_covers.py [DIR] [--quick]
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from stage import arguments, save_svg

import asknext
from asknext.bench.style import COLOURS
from asknext.kernels.self_tuning import local_scale
from asknext.strategies.margin import closeness
from asknext.types import Array

N, SIDE, CELLS = 4000, 250, 30
STAGES = {10: 10, 100: 10, 1000: 50}  # labels at which a picture is taken, and the batches on the way there
QUICK = {10: 10, 40: 15, 70: 15}
CENTRES = np.array([[-2.0, 2.0], [-1.0, -1.6], [1.5, -1.2], [2.0, 2.0]])
SPREAD = np.array([0.35, 0.75, 0.75, 1.1])
SHARE = np.array([0.35, 0.25, 0.25, 0.15])
EDGE = 5.0
Rows = list[dict[str, Any]]


def pool(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Points and their classes."""
    y = rng.choice(len(SHARE), size=n, p=SHARE)
    X = CENTRES[y] + rng.normal(size=(n, 2)) * SPREAD[y, None]
    return np.clip(X, -EDGE, EDGE), y


def reaches(X: Array, doubt: Array, answers: int, batch: int) -> tuple[int, Array]:
    """How many points an answer stands for, and how far from each point the last of so many lies."""
    share = max(1, round(len(X) * float(doubt.mean()) / (answers + batch)))
    return share, local_scale(X, X, np.arange(len(X)), share, 0.05)


def play(X: Array, y: Array, stages: dict[int, int]) -> tuple[Rows, Rows]:
    """The squares and the points of each picture."""
    campaign = asknext.Campaign(X, strategy="auto", seed=0, classes=range(len(SHARE)))
    squares, points, answered = [], [], np.array([], dtype=int)
    for labels, batch in stages.items():
        while len(answered) < labels:
            doubt = closeness(campaign.proba()) if len(answered) else np.ones(len(X))
            doubt[answered] = 0.0
            share, reach = reaches(X, doubt[campaign.pool.candidates], len(answered), batch)
            ids = campaign.ask(batch).ids
            campaign.tell(ids, y[ids])
            answered = np.concatenate([answered, ids])
        told = f"{labels:,} labels: an answer stands for {share} {'points' if share > 1 else 'point'}"
        print(told)
        squares += [{"stage": told, **row} for row in binned(X, doubt)]
        for i in answered:
            new = i in ids
            size = np.pi * (reach[i] * SIDE / (2 * EDGE)) ** 2 if new else 0
            points.append({"stage": told, "x": _short(X[i, 0]), "y": _short(X[i, 1]), "new": bool(new),
                           "reach": round(float(size))})  # fmt: skip
    return squares, points


def binned(X: Array, doubt: Array) -> Rows:
    """The mean doubt in each square that holds points."""
    step = 2 * EDGE / CELLS
    cells = np.minimum(((X + EDGE) / step).astype(int), CELLS - 1)
    rows = []
    for cell in np.unique(cells, axis=0):
        inside = (cells == cell).all(axis=1)
        left, low = cell * step - EDGE
        rows.append({"x": _short(left), "x2": _short(left + step), "y": _short(low), "y2": _short(low + step),
                     "doubt": round(float(doubt[inside].mean()), 2)})  # fmt: skip
    return rows


def chart(stages: list[str]) -> Any:
    """A picture for each stage, side by side."""
    scale = alt.Scale(domain=[-EDGE, EDGE], nice=False)
    x, y = alt.X("x:Q", scale=scale, axis=None), alt.Y("y:Q", scale=scale, axis=None)
    shade = alt.Color("doubt:Q", scale=alt.Scale(domain=[0, 1], range=["#f1f1f1", "#6a6a6a"]), legend=None)
    pictures = []
    for stage in stages:
        squares = alt.Chart(alt.NamedData("squares")).transform_filter(alt.datum.stage == stage)
        points = alt.Chart(alt.NamedData("points")).transform_filter(alt.datum.stage == stage)
        points = points.encode(x=x, y=y)
        old, new = points.transform_filter("!datum.new"), points.transform_filter("datum.new")
        pictures.append(
            alt.layer(
                squares.mark_rect().encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=shade),
                old.mark_point(filled=True, size=7, color=COLOURS[0], opacity=0.9),
                new.mark_point(filled=False, color=COLOURS[1], strokeWidth=1.2, opacity=0.8).encode(
                    size=alt.Size("reach:Q", scale=None)
                ),
                new.mark_point(filled=True, size=16, color=COLOURS[1], opacity=1),
            ).properties(width=SIDE, height=SIDE, title=stage)
        )
    return alt.hconcat(*pictures, spacing=20)


def _short(value: float) -> float:
    return round(float(value), 2)


def main() -> None:
    given = arguments(__doc__)
    X, y = pool(300 if given.quick else N, np.random.default_rng(0))
    squares, points = play(X, y, QUICK if given.quick else STAGES)
    stages = list(dict.fromkeys(row["stage"] for row in points))
    title = "What auto asks with few, more and many labels, and how far each answer reaches"
    save_svg(chart(stages), given.out / "what-auto-covers.svg", title, squares=squares, points=points)


if __name__ == "__main__":
    main()
