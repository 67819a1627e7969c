"""asknext import: answers, or a whole log, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, plain, print_json, screen

EXAMPLE = """
Take in answers from a file: a log that asknext export wrote as events, which goes on where the project is; or
answers by item, as .csv or .jsonl; or Label Studio's tasks as .json, which are found by what they show. All
is taken in, or nothing; what stands already is passed over.

[bold]Example:[/bold]  asknext import animals project-1-at-2026-11-02.json
"""


@app.command("import", help=EXAMPLE)
@plain
def import_(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of a labelling project.")],
    file: Annotated[Path, typer.Argument(help="An events file, .csv, .jsonl or .json.")],
    actor: Annotated[str, typer.Option(help="Who answered, where the file does not say it.")] = "import",
    replace: Annotated[bool, typer.Option("--replace", help="Replace answers that differ.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was taken in as JSON.")] = False,
) -> None:
    from asknext.cli.projects import labelling, writing
    from asknext.studio.labels_in import read_answers, tell
    from asknext.studio.log_in import is_log, read_log, take_log

    with labelling(project) as opened:
        if is_log(file):
            events = read_log(file)
            with writing(opened, learner=None) as campaign:
                found = {"events": take_log(campaign, events)}
        else:
            told = read_answers(file, opened.items)
            with writing(opened, learner=None) as campaign:
                found = {"answers": tell(campaign, told, actor, replace)}
    if as_json:
        print_json(found)
        return
    for what, n in found.items():
        screen.print(f"{what.capitalize()} taken in: {n}.", highlight=False)
