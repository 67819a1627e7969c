"""The loop by hand, on thirty points: no campaign, no framework, a sampler and a cache.

One label a round. The cache keeps every variable of every round, so the loop can be stopped anywhere and
goes on, and a figure that nobody thought of while it ran is computed afterwards from what is kept, without
training. Here the loop is interrupted on purpose in its fifth round and run again.

The picture is drawn from the cache: which points had a label in round t, and where the boundary lay.

    python examples/loop_by_hand.py [DIR] [--quick]
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import altair as alt
import numpy as np
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from stage import arguments, save_svg

import asknext
from asknext.bench.style import COLOURS, FAINT, INK
from asknext.types import Array

METHODS, ROUNDS, STOP, SHOWN = ("random", "margin"), 12, 4, (0, 2, 5, 11)
POINTS, LABELS = make_blobs(330, centers=[(0, 0), (2.2, 1.4)], cluster_std=1.0, random_state=3)
X, y = POINTS[:30], LABELS[:30]
X_test, y_test = POINTS[30:], LABELS[30:]
FIRST = np.array([np.flatnonzero(y == 0)[0], np.flatnonzero(y == 1)[0]])  # one of each class
UNKNOWN = np.full(3, np.nan)
LEFT, RIGHT, BOTTOM, TOP = -2.6, 4.2, -2.8, 3.4  # of the picture
SIDE = 165  # pixels of a panel


def loop(folder: Path, method: str, stop: int | None = None) -> list[int]:
    """Label a point a round, from where the cache says that the loop is; which rounds ran.

    Parameters
    ----------
    folder : of the cache.
    method : name of the strategy.
    stop : the round in which somebody pulls the plug, after the model was trained; None: nobody does.
    """
    ran = []
    model = LogisticRegression()
    with asknext.ReplayCache(folder, keys={"method": method}, data=(X, y)) as cache:
        selected = cache.variable("selected", FIRST)
        boundary = cache.variable("boundary", UNKNOWN)
        for t, known in cache.iter(range(ROUNDS), selected.previous()):
            model.fit(X[known], y[known])
            cache.log_value("accuracy", model.score(X_test, y_test))
            ran.append(t)
            if t == stop:
                raise KeyboardInterrupt
            rest = np.setdiff1d(np.arange(len(X)), known)
            sampler = asknext.Sampler(method, model, batch_size=1, seed=t)  # a new one: no state to lose
            picked = rest[sampler.fit(X[known], y[known]).select_samples(X[rest])]
            boundary.set(np.append(model.coef_[0], model.intercept_))
            selected.set(np.concatenate([known, picked]))
    return ran


def contradiction(before: Array, now: Array) -> float | None:
    """Share of the test points that two boundaries put on different sides; none before the first model."""
    if np.isnan(before).any():
        return None
    sides = [X_test @ line[:2] + line[2] > 0 for line in (before, now)]
    return float(np.mean(sides[0] != sides[1]))


def replay(folder: Path, method: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A new figure from what is kept, and the rows of the picture. Nothing is trained."""
    with asknext.ReplayCache(folder, keys={"method": method}, data=(X, y)) as cache:
        selected, boundary = cache.variable("selected", FIRST), cache.variable("boundary", UNKNOWN)
        cache.compute_metric("contradiction", contradiction, boundary.previous(), boundary.current())
        accuracy = {row["iteration"]: row["value"] for row in cache.values("accuracy")}
        rows = []
        for t in SHOWN:
            known, then = selected.previous().at(t), selected.current().at(t)
            panel = {"method": method, "labels": f"{len(known)} labels"}
            a, b, c = boundary.current().at(t)
            ends = {"y": TOP, "x": -(b * TOP + c) / a, "y2": BOTTOM, "x2": -(b * BOTTOM + c) / a}
            note = {"text": f"{accuracy[t]:.0%} right"}
            rows += [{**panel, "kind": "boundary", **ends}, {**panel, "kind": "note", **note}]
            for i in range(len(X)):
                kind = "labelled" if i in known else "asked" if i in then else "pool"
                rows.append({**panel, "kind": kind, "x": X[i, 0], "y": X[i, 1], "class": int(y[i])})
        return cache.values(), rows


def picture() -> Any:
    """A row for each method, a column for each round shown."""
    x = alt.X("x:Q", scale=alt.Scale(domain=[LEFT, RIGHT], nice=False), axis=None)
    y_axis = alt.Y("y:Q", scale=alt.Scale(domain=[BOTTOM, TOP], nice=False), axis=None)
    colour = alt.Color("class:N", scale=alt.Scale(domain=[0, 1], range=list(COLOURS[:2])), legend=None)
    shape = alt.Shape("class:N", scale=alt.Scale(domain=[0, 1], range=["circle", "square"]), legend=None)

    def only(kind: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.kind == '{kind}'").encode(x=x, y=y_axis)

    layers = alt.layer(
        only("boundary").mark_rule(color=FAINT, strokeDash=[4, 3], clip=True).encode(x2="x2:Q", y2="y2:Q"),
        only("pool").mark_point(filled=True, size=40, color="#cccccc", opacity=1),
        only("labelled").mark_point(filled=True, size=60, opacity=1).encode(color=colour, shape=shape),
        only("asked").mark_point(filled=True, size=60, opacity=1, color="#cccccc"),
        only("asked").mark_point(size=170, strokeWidth=1.8, color=INK, shape="circle", opacity=1),
        only("note").mark_text(align="left", fontSize=13, color=INK).encode(
            x=alt.value(6), y=alt.value(12), text="text:N"
        ),
    ).properties(width=SIDE, height=SIDE)
    return layers.facet(
        row=alt.Row("method:N", sort=list(METHODS), title=None, header=alt.Header(labelAngle=0)),
        column=alt.Column("labels:N", sort=[f"{t + 2} labels" for t in SHOWN], title=None),
        data=alt.NamedData("rows"),
        spacing=8,
    )


def main() -> None:
    given = arguments(__doc__)
    drawn = []
    with TemporaryDirectory() as folder:
        for method in METHODS:
            try:
                loop(Path(folder), method, stop=STOP)
            except KeyboardInterrupt:
                print(f"{method}: stopped in round {STOP}, before its answer was kept")
            ran = loop(Path(folder), method)
            print(f"{method}: run again, it does rounds {ran[0]} to {ran[-1]}")
            print(f"{method}: and once more, it does {len(loop(Path(folder), method))} rounds")
            values, rows = replay(Path(folder), method)
            drawn += rows
            for metric in ("accuracy", "contradiction"):
                found = [row["value"] for row in values if row["metric"] == metric]
                told = ("   –" if value is None else f"{value:4.0%}" for value in found)
                print(f"  {metric:14}{' '.join(told)}")
    title = "Thirty points labelled one by one, by random choice and by margin"
    save_svg(picture(), given.out / "loop-by-hand.svg", title, rows=drawn)
    print(f"Picture: {given.out / 'loop-by-hand.svg'}")


if __name__ == "__main__":
    main()
