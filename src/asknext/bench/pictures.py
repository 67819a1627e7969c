"""Small multiples of what strategies ask: a row for each strategy, a column for each round shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import vl_convert

from asknext.bench.scenes import CLASSES, Moment, Scene, play
from asknext.bench.slim import slim
from asknext.bench.style import COLOURS, FAINT, INK, config
from asknext.types import Floats, Ids

SHOWN = (1, 2, 3, 6)  # rounds
BATCH = 8
SIDE = 150  # pixels of a panel
AIR = 7  # pixels between the outermost points and the frame
GRAIN = 3  # pixels between the dots of a boundary
SHAPES = ("circle", "square", "triangle-up", "diamond")
GREY, AMBER, FRAME = "#cccccc", "#f9e3b4", "#d8d8d8"

Rows = list[dict[str, Any]]


def watch(scene: Scene, name: str) -> list[Moment]:
    """What a strategy does in the rounds that a picture shows, and in those between them."""
    return play(scene, name, max(SHOWN), BATCH, _Frame(scene).places)


def picture(scene: Scene, watched: Mapping[str, list[Moment]], title: str) -> str:
    """What strategies ask in a scene, as SVG.

    Grey are points without a label, coloured those labelled in earlier rounds, a shape for each class. The
    points of a round are ringed and numbered, 1 was chosen first. Dots follow the boundaries of the model.

    Parameters
    ----------
    scene : the pool.
    watched : what each strategy did, in the order of the rows.
    title : for readers who cannot see it.
    """
    frame = _Frame(scene)
    marks = []
    for name, moments in watched.items():
        for shown in SHOWN:
            panel = {"strategy": name, "round": f"round {shown}"}
            marks += [{**panel, **row} for row in _marks(scene, frame, moments[:shown])]
        marks.append({"strategy": name, "round": f"round {SHOWN[0]}", "row": name})
    head = alt.Header(labelFontWeight="normal", labelColor=FAINT)
    drawn = alt.layer(*_layers(len(scene.pots) > 0)).properties(width=SIDE, height=SIDE)
    chart = drawn.facet(
        row=alt.Row("strategy:N", sort=list(watched), title=None, header=alt.Header(labels=False)),
        column=alt.Column("round:N", sort=None, title=None, header=head),
        data=alt.NamedData("marks"),
        spacing=6,
    )
    data = {"marks": marks, "pool": _broken(frame.spots), "pots": frame.pots()}
    looks = config() | {"view": {"stroke": FRAME}}
    svg = vl_convert.vegalite_to_svg({**chart.to_dict(), "datasets": data, "config": looks})
    return slim(svg, title, scene.name)


class _Frame:
    """A scene in the pixels of a panel: `spots` (n, 2) of its points, and `places` (g, 2) on a grid in it."""

    def __init__(self, scene: Scene) -> None:
        self._low = scene.X.min(axis=0)
        self._scale = (SIDE - 2 * AIR) / float(np.ptp(scene.X, axis=0).max())
        self._pots = scene.pots
        self.spots = np.round(2 * ((scene.X - self._low) * self._scale + AIR)) / 2
        self.steps = np.arange(GRAIN, SIDE, GRAIN)
        grid = np.stack(np.meshgrid(self.steps, self.steps, indexing="ij"), axis=-1).reshape(-1, 2)
        self.places = (grid - AIR) / self._scale + self._low

    def border(self, saw: Ids) -> Floats:
        """The places whose right or upper neighbour is of another class."""
        table = saw.reshape(len(self.steps), len(self.steps))
        other = np.zeros(table.shape, dtype=bool)
        other[:-1] |= table[:-1] != table[1:]
        other[:, :-1] |= table[:, :-1] != table[:, 1:]
        return self.steps[np.argwhere(other)].astype(np.float64)

    def pots(self) -> Rows:
        """The honey pots as discs."""
        centres = (self._pots[:, :2] - self._low) * self._scale + AIR
        sizes = (2 * self._pots[:, 2] * self._scale) ** 2
        return [{"x": x, "y": y, "size": size} for (x, y), size in zip(centres.tolist(), sizes, strict=True)]


def _marks(scene: Scene, frame: _Frame, moments: list[Moment]) -> Rows:
    """What stands out in a panel: the border, what has a label, what is asked now."""
    *before, (now, saw) = moments
    rows = [{"border": True, **row} for row in _broken(frame.border(saw))]
    for i in np.concatenate([np.empty(0, dtype=np.intp), *(ids for ids, _ in before)]):
        rows.append({**_at(frame.spots[i]), "class": int(scene.y[i])})
    for number, i in enumerate(now, start=1):
        rows.append({**_at(frame.spots[i]), "number": str(number)})
    return [*rows, {"note": f"{int(scene.in_pots(now).sum())} of {len(now)} in pots"}]


def _broken(points: Floats) -> Rows:
    """Points as one line that breaks after each: its round ends are dots, in one short path."""
    rows: Rows = []
    for point in np.unique(points, axis=0):
        rows += [{"i": len(rows), **_at(point)}, {"i": len(rows) + 1, "x": None, "y": None}]
    return rows


def _at(point: Floats) -> dict[str, float]:
    x, y = point.tolist()
    return {"x": x, "y": y}


def _layers(pots: bool) -> list[alt.Chart]:
    scale = alt.Scale(domain=[0, SIDE], nice=False)
    x, y = alt.X("x:Q", scale=scale, axis=None), alt.Y("y:Q", scale=scale, axis=None)
    classes = list(range(CLASSES))
    colour = alt.Color("class:N", scale=alt.Scale(domain=classes, range=list(COLOURS[:CLASSES])), legend=None)
    shape = alt.Shape("class:N", scale=alt.Scale(domain=classes, range=list(SHAPES)), legend=None)
    dots: Any = {"strokeCap": "round", "invalid": "break-paths-filter-domains"}

    def only(field: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"isDefined(datum['{field}'])").encode(x=x, y=y)

    numbered = only("number")
    pool = alt.Chart(alt.NamedData("pool")).encode(x=x, y=y, order="i:Q")
    layers = [
        pool.mark_line(color=GREY, strokeWidth=3.6, **dots),
        only("border").mark_line(color=FAINT, strokeWidth=1.3, **dots).encode(order="i:Q"),
        only("class").mark_point(filled=True, size=44, opacity=1).encode(color=colour, shape=shape),
        numbered.mark_point(filled=True, size=132, color="white", stroke=INK, strokeWidth=1.4, opacity=1),
        numbered.mark_text(fontSize=9, color=INK, dy=0.5).encode(text="number:N"),
    ]
    row = only("row").mark_text(align="right", fontSize=13, fontWeight="bold", color=INK)
    layers.append(row.encode(x=alt.value(-12), y=alt.value(SIDE / 2), text="row:N"))
    if not pots:
        return layers
    disc = alt.Chart(alt.NamedData("pots")).mark_point(filled=True, shape="circle", color=AMBER, opacity=1)
    disc = disc.encode(x=x, y=y, size=alt.Size("size:Q", scale=None))
    note = only("note").mark_text(fontSize=11, color=FAINT)
    note = note.encode(x=alt.value(SIDE / 2), y=alt.value(SIDE + 9), text="note:N")
    return [disc, *layers, note]
