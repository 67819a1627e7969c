"""asknext strategies: what there is to choose from."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from asknext.cli.app import app, plain, print_json, screen


@app.command(help="List the query strategies, what they need and where they come from.\n\n"
                  "[bold]Example:[/bold]  asknext strategies --json")
@plain
def strategies(
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    from asknext.strategies import catalogue

    entries = catalogue()
    if as_json:
        print_json(entries)
        return
    table = Table("name", "family", "needs", "what it does", "paper", box=None, header_style="bold")
    for entry in entries:
        table.add_row(
            entry["name"], entry["family"], ", ".join(entry["needs"]) or "-", entry["story"], entry["paper"]
        )
    screen.print(table)
