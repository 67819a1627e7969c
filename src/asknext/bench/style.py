"""How a strategy looks in every chart and table: a colour and a dash of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#aa3377")
"""Okabe & Ito 2008, "Color Universal Design", less yellow and black, which vanish on white and on dark paper,
and the purple of Tol 2021, "Colour Schemes"."""

DASHES = ((1, 0), (9, 2), (3, 2), (8, 2, 2, 2), (5, 2))
"""The numbers of dashes and of colours have no common divisor: 35 looks before one comes again."""

BASELINE_COLOUR, BASELINE_DASH = "#7a7a7a", (2, 3)
FONT = "Arial, 'Liberation Sans', sans-serif"  # the widths that the still charts are laid out with
INK, FAINT, GRID = "#222222", "#666666", "#e4e4e4"  # on paper; report.css sets them anew for dark screens


class Look(NamedTuple):
    """The line of one strategy."""

    colour: str
    dash: tuple[int, ...]


def looks(strategies: Sequence[str], baseline: str) -> dict[str, Look]:
    """One look a strategy, the same in every figure; grey dots for the baseline."""
    others = [name for name in strategies if name != baseline]
    styled = {
        name: Look(COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]) for i, name in enumerate(others)
    }
    return {name: styled.get(name, Look(BASELINE_COLOUR, BASELINE_DASH)) for name in strategies}


def config() -> dict[str, Any]:
    """Vega-Lite configuration shared by all charts."""
    return {
        "background": "white",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": FAINT,
            "titleColor": INK,
            "labelFontSize": 12,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "titlePadding": 10,
            "gridColor": GRID,
            "domainColor": FAINT,
            "tickColor": FAINT,
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "header": {"labelColor": INK, "labelFontSize": 13, "labelFontWeight": "bold", "titleColor": INK},
        "title": {"color": INK, "fontSize": 13, "anchor": "start"},
    }
