"""asknext status: how far a labelling project is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen

EXAMPLE = """
Say how far a labelling project is: what was answered, the classes, how far people agree where several
answered, and, where the audit slice of the batches tells it, how accurate the model is. It is read beside
the page, which may be open.

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
    if agreement := found["agreement"]:
        table.add_row("agreement", _in_words(agreement))
    if accuracy := found["accuracy"]:
        low, high, n = accuracy["low"], accuracy["high"], accuracy["n"]
        table.add_row("accuracy", f"{accuracy['value']:.1%} ({low:.1%} to {high:.1%}, {n:.0f} audit items)")
    screen.print(table, highlight=False)


def _in_words(agreement: dict[str, Any]) -> str:
    """How far people agree, as far as there is something to tell."""
    if agreement["percent"] is None:
        return "of no item are several people sure"
    told = f"{agreement['percent']:.1%} of the opinions of {agreement['items']:,} items"
    if agreement["alpha"] is None:
        return told
    low, high = agreement["low"], agreement["high"]
    return f"{told}; Krippendorff's alpha {agreement['alpha']:.2f} ({low:.2f} to {high:.2f})"
