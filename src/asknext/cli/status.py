"""asknext status: how far a labelling project is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen

EXAMPLE = """
Say how far a labelling project is: what was answered, the classes, and, where the audit slice of the batches
tells it, how accurate the model is. It is read beside the page, which may be open.

[bold]Example:[/bold]  asknext status animals --json
"""


@app.command(help=EXAMPLE)
@plain
def status(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of a labelling project.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    from asknext.cli.projects import labelling
    from asknext.log import read_events
    from asknext.studio.standing import standing

    with labelling(project) as opened:
        found = standing(opened, read_events(project))
    if as_json:
        print_json(found)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("items", f"{found['n']:,} ({found['kind']}, {found['encoder']})")
    table.add_row("answered", f"{found['answered']:,}, {found['left']:,} left, {found['pending']:,} asked")
    table.add_row("round", f"{found['round']} by {found['strategy']}")
    table.add_row("labelled", f"{found['labelled']:,}")
    for one in found["classes"]:
        table.add_row(Text(f"  {one['name']}"), f"{one['count']:,}" + ", provisional" * one["provisional"])
    for kind in ("out_of_scope", "unsure", "skipped"):
        table.add_row(kind.replace("_", " "), f"{found[kind]:,}")
    if accuracy := found["accuracy"]:
        low, high, n = accuracy["low"], accuracy["high"], accuracy["n"]
        table.add_row("accuracy", f"{accuracy['value']:.1%} ({low:.1%} to {high:.1%}, {n:.0f} audit items)")
    screen.print(table, highlight=False)
