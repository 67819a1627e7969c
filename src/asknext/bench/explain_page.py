"""How a run or a project chose, as a table and as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from asknext.bench import wording
from asknext.bench.explain import Drawing, drawings, figure_panels, named
from asknext.bench.report import draw, environment, library
from asknext.files import write_text
from asknext.monitor.explanations import Explanation

PANELS = 24  # rounds whose trade-off is shown; the table has all
MEANS = "Means over the items asked in each round."
NOTE = (
    "In scope: items of the batch that turned out to belong to a class, by the answers that stand now. Means "
    "are those of the score, and of what it is made of, over the items asked; what else the strategy noted "
    "stands as it is."
)


def table(told: Sequence[Explanation]) -> tuple[list[str], list[list[str]]]:
    """The rounds as texts.

    Parameters
    ----------
    told : the batches.

    Returns
    -------
    Headings, and for each batch a row of cells: who asked where several did, answers, the weight of purity
    where it was learnt, the strategy's own figures, and means over the items.
    """
    weighed = any(one.tradeoff for one in told)
    notes, means = (_names(getattr(one, kind) for one in told) for kind in ("notes", "means"))
    several = len(strategies(told)) > 1
    heads = ["round", *["strategy"] * several, "asked", "in scope", *["purity weighs, %"] * weighed]
    heads += [*map(named, notes), *(f"mean {named(name)}" for name in means)]
    rows = []
    for one in told:
        weight = one.tradeoff.weight if one.tradeoff else None
        row = [str(one.round), *[one.strategy] * several, str(one.asked), str(one.in_scope)]
        row += [wording.ABSENT if weight is None else wording.whole_percent(weight)] * weighed
        row += [_number(one.notes.get(name)) for name in notes]
        rows.append(row + [_number(one.means.get(name)) for name in means])
    return heads, rows


def strategies(told: Sequence[Explanation]) -> list[str]:
    """Who asked, each once."""
    return _names([one.strategy] for one in told)


def write_page(path: Path, title: str, told: Sequence[Explanation]) -> None:
    """Write the page.

    Parameters
    ----------
    path : the file.
    title : what the batches are of.
    told : the batches, at least one.
    """
    names = strategies(told)
    drawn = drawings(wording.listing(names), told, PANELS)
    if any(one.means for one in told):
        spec = figure_panels([(one.round, one.means) for one in told])
        drawn.append(Drawing("means", "What the items asked were like", spec, MEANS))
    figures = [draw(one.name, one.title, one.spec, one.caption) for one in drawn]
    heads, rows = table(told)
    asked, inside = (sum(getattr(one, kind) for one in told) for kind in ("asked", "in_scope"))
    page = environment().get_template("explain.html.j2")
    facts = f"{len(told)} rounds by {wording.listing(names)}: {asked} items asked, {inside} of them in scope."
    write_text(path, page.render(
        title=title, facts=facts, note=NOTE, heads=heads, rows=rows, library=library(),
        figures={figure.name: figure for figure in figures},
    ))  # fmt: skip


def _names(tables: Iterable[Iterable[str]]) -> list[str]:
    """Every name in some lists or tables, in order of appearance."""
    return list(dict.fromkeys(name for one in tables for name in one))


def _number(value: float | None) -> str:
    return wording.ABSENT if value is None else f"{value:.3g}".replace("-", "−")
