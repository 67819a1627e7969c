"""asknext datasets: the data that have a name."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen


@app.command(help="List the data sets that have a name; absent ones have to be fetched first.\n\n"
                  "[bold]Example:[/bold]  asknext datasets")
@plain
def datasets(
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    from asknext.datasets import catalogue

    entries = catalogue()
    if as_json:
        print_json(entries)
        return
    table = Table("name", "rows", "features", "classes", "state", "source", box=None, header_style="bold")
    for entry in entries:
        table.add_row(*(Text(str(entry[key])) for key in ("name", "n", "d", "classes", "state", "source")))
    screen.print(table)
