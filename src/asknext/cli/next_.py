"""asknext next: which items to label next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from asknext.cli.app import app, plain, print_json, screen

EXAMPLE = """
Name the items to label next. Those that were asked before and are not answered come first; where they are too
few, the model is fitted and others are chosen. Tell the answers with asknext tell.

[bold]Example:[/bold]  asknext next animals -n 5 --json
"""
_SHOWN = 100  # characters of a text


@app.command("next", help=EXAMPLE)
@plain
def next_(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of a labelling project.")],
    n: Annotated[int, typer.Option("-n", help="How many.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print the items as JSON.")] = False,
) -> None:
    from asknext.answers import as_whole
    from asknext.cli.projects import labelling, writing
    from asknext.studio.asking import next_items

    as_whole("-n", n, 1)
    with labelling(project) as opened, writing(opened) as campaign:
        items = next_items(campaign, n)
        contents = opened.items.contents(items)
        if opened.items.kind == "image":
            contents = [{**c, "image": str(opened.items.root / c["image"])} for c in contents]
    if as_json:
        print_json([{"item": i, "content": c} for i, c in zip(items, contents, strict=True)])
        return
    if not items:
        screen.print("Nothing is left to label.")
    for item, content in zip(items, contents, strict=True):
        screen.print(f"{item}  {_short(content)}", highlight=False, markup=False, soft_wrap=True)


def _short(content: dict[str, Any]) -> str:
    """An item on one line."""
    columns = content.get("columns")
    shown = ", ".join(f"{name}={value}" for name, value in columns) if columns else None
    text = " ".join(str(shown or content.get("image") or content.get("text")).split())
    return text if len(text) <= _SHOWN or "image" in content else f"{text[:_SHOWN]} …"
