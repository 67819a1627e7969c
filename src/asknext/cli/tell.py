"""asknext tell: answers for items."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, plain, print_json, screen

EXAMPLE = """
Tell answers: ITEM=CLASS, or ITEM:unsure, ITEM:out-of-scope and ITEM:skipped. A class that is new becomes
known. With --file, from a file of answers: .jsonl or .csv with an item and a class (or an answer) in each
line. All are taken in, or none.

[bold]Example:[/bold]  asknext tell animals 12=cat 31=dog 5:unsure
"""


@app.command(help=EXAMPLE)
@plain
def tell(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of a labelling project.")],
    answers: Annotated[list[str] | None, typer.Argument(metavar="ITEM=CLASS…", help="Answers.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file of answers, .jsonl or .csv.")] = None,
    actor: Annotated[str, typer.Option(help="Who answered.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace answers that differ.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was taken in as JSON.")] = False,
) -> None:
    from asknext.cli.projects import labelling, writing
    from asknext.errors import AskNextError
    from asknext.studio.labels_in import read_answers, spelled
    from asknext.studio.labels_in import tell as take_in

    if (file is None) == (not answers):
        raise AskNextError("give answers such as 12=cat, or a --file of them.")
    with labelling(project) as opened:
        told = read_answers(file, opened.items) if file else [spelled(answer) for answer in answers or ()]
        with writing(opened, learner=None) as campaign:
            new = take_in(campaign, told, actor, replace)
            known = len(campaign.pool.labelled)
    if as_json:
        print_json({"answers": new, "labelled": known})
    else:
        screen.print(f"Answers taken in: {new}. Items that carry a class: {known}.", highlight=False)
