"""asknext gallery: see what strategies ask."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, plain, print_json, progress, screen

EXAMPLE = """
Draw what each query strategy asks, round by round, in two small pools in the plane: a page and pictures for
each family. It takes one or two minutes.

[bold]Example:[/bold]  asknext gallery --family low-budget
"""


@app.command(help=EXAMPLE)
@plain
def gallery(
    out: Annotated[Path, typer.Option(help="Directory of the pages.")] = Path("asknext-gallery"),
    family: Annotated[str | None, typer.Option(
        help="Only this family, such as uncertainty.", show_default="all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the files as JSON.")] = False,
) -> None:
    from asknext.bench.gallery import pages, write_gallery
    from asknext.bench.scenes import scenes

    chosen = pages(family)
    total = len({name for names in chosen.values() for name in names}) * len(scenes())
    with progress("Watching strategies", total) as done:
        written = write_gallery(out, chosen, done)
    if as_json:
        print_json([str(path) for path in written])
        return
    first = next(path for path in written if path.suffix == ".html")
    screen.print(f"Gallery: {first}", highlight=False, markup=False, soft_wrap=True)
