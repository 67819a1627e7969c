"""asknext detectors: what can tell that an item is unlike everything labelled."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen

EXAMPLE = """
List the detectors of items out of scope, what they need and where they come from. Strategies that read the
signal ood use one: by default the one that does best on your own labels.

[bold]Example:[/bold]  asknext detectors --json
"""
NEEDS = (
    "embedding, the features of the items; proba, class probabilities; logits, of a model that has them, as "
    "logistic-regression and mlp have"
)


@app.command(help=EXAMPLE)
@plain
def detectors(
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    from asknext.detectors import catalogue

    found = catalogue()
    if as_json:
        print_json(found)
        return
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for entry in found:
        facts = f"needs {', '.join(entry['needs']) or 'what the one chosen needs'}; {entry['paper']}"
        table.add_row(Text(entry["name"]), Text.assemble(entry["story"], "\n", (facts, "dim")))
    screen.print(Group(table, Text(f"\nNeeds: {NEEDS}.", "dim")))
