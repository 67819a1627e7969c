"""See where strategies pick, round by round, on a map of handwritten digits.

Each point of the map is a digit, and t-SNE has put alike ones side by side. Four strategies start from the
same twenty labels and ask ten digits a round. The page has a slider over the rounds; point at a digit to see
it. Under each map are the very digits that the strategy asks in this round: look at what margin takes for
hard, and at what typiclust takes for typical.

The map is for the eye only: strategies see the 64 pixels, never the map.

    python examples/where_they_pick.py [DIR] [--quick]
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import altair as alt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from stage import arguments, save_page, save_svg

import asknext
from asknext.bench.style import COLOURS, FAINT, INK
from asknext.datasets import load
from asknext.types import Array

STRATEGIES = ("random", "margin", "k-center", "typiclust")
POOL, FIRST, BATCH, ROUNDS, STILL = 900, 20, 10, 10, 4
SIDE, TILE = 270, 26  # pixels of a map, and of a digit under it
Rows = list[dict[str, Any]]
STORY = (
    "Handwritten digits, alike ones side by side. Blue: has a label. Orange: asked in the round that the "
    "slider under the maps is at; these are shown under each map, the first choice first. Point at a digit "
    "to see it."
)


def play(X: Array, y: Array, strategy: str, first: Array) -> list[tuple[Array, float]]:
    """What a strategy asks in each round, and how much of what has no label the model gets right then."""
    campaign = asknext.Campaign(X, strategy=strategy, seed=0, classes=range(10))
    campaign.tell(first, y[first])
    rounds = []
    for _ in range(ROUNDS):
        rest = campaign.pool.candidates
        right = float(np.mean(campaign.proba()[rest].argmax(axis=1) == y[rest]))
        ids = campaign.ask(BATCH).ids
        campaign.tell(ids, y[ids])
        rounds.append((ids, right))
    return rounds


def flat(X: Array, quick: bool) -> Array:
    """A place in the plane for each row: (n, 2)."""
    method: Any = PCA(2) if quick else TSNE(2, init="pca", perplexity=30, random_state=0)
    places: Array = method.fit_transform(X).astype(np.float64)
    return np.round(places, 2)


def png(pixels: Array, scale: int = 4) -> str:
    """An image of grey values in [0, 1], ink black on white, as a data address."""
    grey = np.kron(255 - np.round(255 * pixels), np.ones((scale, scale))).astype(np.uint8)
    height, width = grey.shape
    lines = b"".join(b"\0" + line.tobytes() for line in grey)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 9))
    return "data:image/png;base64," + base64.b64encode(file + chunk(b"IEND", b"")).decode()


def seen(points: Rows, first: Array, asked: dict[str, list[tuple[Array, float]]]) -> Rows:
    """The items that each strategy knows, with the round in which it asked them; 0 for the first labels."""
    rows = []
    for name, rounds in asked.items():
        rows += [{**points[i], "strategy": name, "round": 0} for i in first]
        for number, (ids, right) in enumerate(rounds, start=1):
            told = {"round": number, "note": f"round {number}: {right:.0%} of the rest right"}
            rows += [{**points[i], "strategy": name, **told, "order": k} for k, i in enumerate(ids, start=1)]
    return rows


def chart(points: Rows, still: bool) -> Any:
    """The maps, two in a row, with what is asked under each.

    Parameters
    ----------
    points : of the map; `seen`, `pool` (for a page) or `dots` (for paper) and `names` are called by name.
    still : show one round, for paper; else give a slider.
    """
    pool = _dots() if still else _digits()
    maps = [_map(name, points, pool) for name in STRATEGIES]
    rows = [alt.hconcat(*maps[i : i + 2], spacing=40) for i in range(0, len(maps), 2)]
    bind = alt.Undefined if still else alt.binding_range(min=1, max=ROUNDS, step=1, name="round ")
    return alt.vconcat(*rows, spacing=30).add_params(alt.param(name="now", value=STILL, bind=bind))


def _digits() -> Any:
    """The pool, each item written as what it is; point at one to see it."""
    tooltip = [alt.Tooltip("image:N"), alt.Tooltip("digit:N")]
    written = alt.Chart(alt.NamedData("pool")).mark_text(fontSize=8, color="#b0b0b0")
    return written.encode(text="digit:N", tooltip=tooltip)


def _dots() -> Any:
    """The pool in few bytes: one line that breaks after each item, so that only its round ends are seen."""
    line: Any = {"strokeCap": "round", "invalid": "break-paths-filter-domains"}
    dots = alt.Chart(alt.NamedData("dots")).mark_line(color="#cfcfcf", strokeWidth=3.2, **line)
    return dots.encode(order="i:Q")


def _map(name: str, points: Rows, pool: Any) -> Any:
    """A strategy's map, and under it the digits that it asks in the round shown."""
    values = np.array([[point["x"], point["y"]] for point in points])
    (left, low), (right, high) = values.min(axis=0), values.max(axis=0)
    air = 0.07 * (right - left)
    x = alt.X("x:Q", scale=alt.Scale(domain=[left - air, right + air], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[low - air, high + air], nice=False), axis=None)
    tooltip = [alt.Tooltip("image:N"), alt.Tooltip("digit:N")]
    marked = alt.Chart(alt.NamedData("seen")).transform_filter(alt.datum.strategy == name)
    before = marked.transform_filter("datum.round < now").encode(x=x, y=y, tooltip=tooltip)
    current = marked.transform_filter("datum.round == now")
    asked = current.encode(x=x, y=y, tooltip=tooltip)
    names = alt.Chart(alt.NamedData("names")).encode(x=x, y=y, text="digit:N")
    note = current.transform_filter("datum.order == 1").encode(text="note:N")
    layers = alt.layer(
        pool.encode(x=x, y=y),
        names.mark_text(fontSize=15, color=FAINT),
        before.mark_point(filled=True, size=34, color=COLOURS[0], opacity=0.85),
        asked.mark_point(filled=True, size=70, color=COLOURS[1], stroke=INK, strokeWidth=1, opacity=1),
        note.mark_text(align="right", fontSize=12, color=FAINT).encode(x=alt.value(SIDE), y=alt.value(-10)),
    ).properties(width=SIDE, height=SIDE, title=name)
    tiles = current.mark_image(width=TILE - 2, height=TILE - 2).encode(
        x=alt.X("order:O", axis=None), y=alt.value(TILE / 2), url="image:N", tooltip=["digit:N"]
    ).properties(width=SIDE, height=TILE)
    return alt.vconcat(layers, tiles, spacing=4)


def broken(points: Rows) -> Rows:
    """The rows of `_dots`."""
    ends = ({"x": point["x"], "y": point["y"]} for point in points)
    rows = (row for end in ends for row in (end, {"x": None, "y": None}))
    return [{"i": i, **row} for i, row in enumerate(rows)]


def named(points: Rows) -> Rows:
    """For each digit a free place beside its largest group, to write its name at."""
    places = np.array([[point["x"], point["y"]] for point in points])
    digits = np.array([point["digit"] for point in points])
    rows = []
    for digit in range(10):
        own = places[digits == digit]
        away = np.linalg.norm(own[:, None] - own, axis=2)
        group = own[away[np.median(away, axis=1).argmin()] < np.median(away)]
        rows.append({"x": float(group[:, 0].min()) - 3, "y": float(group[:, 1].max()), "digit": digit})
    return rows


def main() -> None:
    given = arguments(__doc__)
    data = load("digits")
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(data.y))[: 300 if given.quick else POOL]
    X, y = data.X[chosen], data.y[chosen]
    first = rng.permutation(len(y))[:FIRST]
    places = flat(X, given.quick)
    points = [
        {"x": float(a), "y": float(b), "digit": int(label), "image": png(row.reshape(8, 8))}
        for (a, b), label, row in zip(places, y, X, strict=True)
    ]
    asked = {name: play(X, y, name, first) for name in STRATEGIES}
    for name, rounds in asked.items():
        told = ", ".join(f"{right:.0%}" for _, right in rounds)
        print(f"{name:10} of the rest right, round by round: {told}")
    title = f"What {', '.join(STRATEGIES)} ask of the digits in round {STILL}"
    rows = seen(points, first, asked)
    still, page = given.out / "where-they-pick.svg", given.out / "where-they-pick.html"
    save_svg(chart(points, True), still, title, seen=rows, dots=broken(points), names=named(points))
    save_page(chart(points, False), page, "Where they pick", STORY, seen=rows, pool=points, names=[])
    print(f"Page with a slider: {page}")


if __name__ == "__main__":
    main()
