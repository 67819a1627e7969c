"""asknext strategies: what there is to choose from, and all about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen

WIDTH = 100  # columns beyond which prose is hard to read
NEEDS = (
    "embedding, the features of the items; proba, class probabilities, which every learner gives; samples, "
    "several draws of them, as a random forest gives; ood, how unlike the labelled an item is; "
    "predicted_loss, by a learner that predicts it; truth and reference_proba, which only a benchmark knows"
)
REMARKS = {
    "baseline": "what to compare with",
    "uncertainty": "ask where the model is unsure; with many labels",
    "bayesian": "ask where draws of the model disagree",
    "diversity": "spread over the pool; no model needed",
    "hybrid": "unsure and spread, for batches",
    "low-budget": "start here with few labels or none",
    "adaptive": "learn from the answers which of several strategies pays",
    "open-world": "where most classes are rare, and some not found yet",
    "open-set": "where items may belong to no class",
    "oracle": "for benchmarks only: they know the truth",
}
"""When to think of a family."""
LETTERS = "N candidates, L items asked so far, B items to ask, C classes, d features, M draws"

EXAMPLE = """
List the query strategies, what they need, how their cost grows and where they come from; or tell all about
one of them: its method, parameters, paper, and where it differs from published code.

[bold]Example:[/bold]  asknext strategies typiclust
"""


@app.command(help=EXAMPLE)
@plain
def strategies(
    name: Annotated[str | None, typer.Argument(
        help="A strategy to tell all about.", show_default="list all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects, or one object.")] = False,
) -> None:
    from asknext.strategies import catalogue, describe

    found = catalogue() if name is None else describe(name)
    if as_json:
        print_json(found)
    else:
        screen.print(_list(found) if isinstance(found, list) else _page(found))


def _list(entries: list[dict[str, Any]]) -> RenderableType:
    """All strategies by family."""
    table = _columns(1)
    for family, members in groupby(sorted(entries, key=_family), key=_family):
        table.add_row()
        table.add_row(Text(family, "bold cyan"), Text(REMARKS.get(family, ""), "cyan"))
        for entry in members:
            needs = ", ".join(entry["needs"]) or "nothing"
            facts = f"needs {needs}; cost {entry['cost']}; {entry['paper']}"
            table.add_row(Text(f"  {entry['name']}"), Text.assemble(entry["story"], "\n", (facts, "dim")))
    return Group(table, Text(f"\nNeeds: {NEEDS}.\nCost of a round: {LETTERS}.", "dim"))


def _page(told: dict[str, Any]) -> RenderableType:
    """All about one strategy."""
    facts = _columns(1)
    facts.add_row("needs", ", ".join(told["needs"]) or "nothing")
    facts.add_row("cost", Text.assemble(told["cost"], "\n", (LETTERS, "dim")))
    facts.add_row("chance", "decides among items" if told["stochastic"] else "breaks ties only")
    own = f"get({told['name']!r})" if any(mark in told["name"] for mark in ":.(") else told["class"]
    facts.add_row("in Python", f"asknext.strategies.{own}")
    if told["presets"]:
        facts.add_row("presets", ", ".join(told["presets"]))
    if told["aliases"]:
        facts.add_row("also called", ", ".join(told["aliases"]))
    parameters = _columns(2)
    for one in told["parameters"]:
        parameters.add_row(one["name"], Text(one["value"], "green"), Text(one["text"]))
    blocks = [
        Text.assemble((told["name"], "bold"), f"  {told['family']}", style="cyan"),
        *_prose([told["story"], *told["about"]]),
        *_part("Parameters and their defaults", [parameters] if told["parameters"] else []),
        *_part("Facts", [facts]),
        *_part("Refuses", _prose(told["raises"])),
        *_part("Paper, and where we differ", _prose(told["source"])),
    ]
    page = Group(*(block for each in blocks for block in (each, "")))
    return Padding(page, (0, max(0, screen.width - WIDTH), 0, 0))


def _part(heading: str, blocks: Sequence[RenderableType]) -> list[RenderableType]:
    """Blocks under a heading; nothing where there are none."""
    return [Group(Text(heading, "bold"), blocks[0]), *blocks[1:]] if blocks else []


def _prose(paragraphs: list[str]) -> list[RenderableType]:
    """Paragraphs with code set off."""
    texts = [Text(paragraph) for paragraph in paragraphs]
    for text in texts:
        text.highlight_regex(r"`[^`]+`", "cyan")
    return list(texts)


def _columns(names: int) -> Table:
    """Rows of a name, perhaps a value, and what is told of it."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for _ in range(names - 1):
        table.add_column(max_width=24, overflow="fold")
    table.add_column(ratio=1)
    return table


def _family(entry: dict[str, Any]) -> str:
    return str(entry["family"])
