"""How a run or a project chose, as a table and as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from asknext.bench import wording
from asknext.bench.explain import (
    WEIGHS,
    Drawing,
    asked_by,
    drawings,
    figure_panels,
    in_words,
    named,
    names,
)
from asknext.bench.report import draw, environment, library
from asknext.files import write_text
from asknext.monitor.explanations import Explanation

PANELS = 24  # rounds whose trade-off is shown; the table has all
LIKE = "What the items asked were like"
MEANS = "Means over the items asked in each round, of the score and of what it is made of."
ANSWERED = (
    "In and out of scope: items of the batch that turned out to belong to a class or to none, by the answers "
    "that stand now; for others the answer was unsure or has not been told yet."
)


class Shown(NamedTuple):
    """A table of texts, a row for each batch."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    note: str


def tables(told: Sequence[Explanation]) -> list[Shown]:
    """The batches as texts: what came of them and what the strategy noted, and means over the items.

    Parameters
    ----------
    told : the batches.
    """
    weighed = any(one.tradeoff for one in told)
    several = len({one.strategy for one in told}) > 1
    heads = ["round", *["strategy"] * several, "asked", "in scope", "out of scope"]
    heads += ["purity weighs, %"] * weighed
    rows = []
    for one in told:
        weight = one.tradeoff.weight if one.tradeoff else None
        counts = [str(number) for number in (one.asked, one.in_scope, one.out_of_scope)]
        row = [str(one.round), *[one.strategy] * several, *counts]
        rows.append(row + [wording.ABSENT if weight is None else wording.whole_percent(weight)] * weighed)
    noted, like = (_columns([getattr(one, kind) for one in told]) for kind in ("notes", "means"))
    rows = [row + cells for row, cells in zip(rows, noted.rows, strict=True)]
    words = [ANSWERED, *[WEIGHS] * weighed, in_words(one.notes for one in told)]
    first = Shown("Round by round", heads + noted.heads, rows, " ".join(words).strip())
    if not like.heads:
        return [first]
    rows = [[str(one.round), *cells] for one, cells in zip(told, like.rows, strict=True)]
    return [first, Shown(f"{LIKE}, on average", ["round", *like.heads], rows, MEANS)]


def write_page(path: Path, title: str, told: Sequence[Explanation]) -> None:
    """Write the page.

    Parameters
    ----------
    path : the file.
    title : what the batches are of.
    told : the batches, at least one.
    """
    drawn = drawings(told, PANELS)
    if any(one.means for one in told):
        spec = figure_panels([(one.round, one.means) for one in told])
        drawn.append(Drawing("means", LIKE, spec, MEANS))
    figures = [draw(one.name, one.title, one.spec, one.caption) for one in drawn]
    asked, inside = (sum(getattr(one, kind) for one in told) for kind in ("asked", "in_scope"))
    page = environment().get_template("explain.html.j2")
    facts = f"{len(told)} rounds by {asked_by(told)}: {asked} items asked, {inside} of them in scope."
    write_text(path, page.render(
        title=title, facts=facts, tables=tables(told), library=library(),
        figures={figure.name: figure for figure in figures},
    ))  # fmt: skip


def _columns(figures: Sequence[Mapping[str, float]]) -> Shown:
    """The figures of all batches: a column for each."""
    found = names(figures)
    rows = [[_number(one.get(name)) for name in found] for one in figures]
    return Shown("", [named(name) for name in found], rows, "")


def _number(value: float | None) -> str:
    return wording.ABSENT if value is None else f"{value:.3g}".replace("-", "−")
