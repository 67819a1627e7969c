"""asknext export: what was answered, as a file for others."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, errors, plain, print_json, progress

EXAMPLE = """
Write what a labelling project knows. csv, jsonl, parquet: the answers that stand, with who gave them, when,
in which round, and how far others agree. opinions: what each person said, a column for each. events: the
whole log, from which asknext import makes it again. label-studio: tasks with annotations. images: a folder
for each class, with copies of its pictures and metadata.jsonl.

Where several people answered, the most frequent answer stands; --consensus dawid-skene weighs each opinion
by how its person errs instead, and says how probable the result is.

It is read beside the page, which may be open.

[bold]Example:[/bold]  asknext export animals --format images --out labelled/
"""


@app.command(help=EXAMPLE)
@plain
def export(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of a labelling project.")],
    format: Annotated[str, typer.Option(
        help="csv, jsonl, parquet, opinions, events, label-studio or images.")] = "csv",
    consensus: Annotated[str | None, typer.Option(
        help="dawid-skene: by a model of how each person errs; for csv, jsonl and parquet.",
        show_default="the most frequent answer")] = None,
    out: Annotated[Path | None, typer.Option(
        metavar="PATH", help="The file; for images, a new folder.", show_default="standard output")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    from asknext.cli.projects import labelling
    from asknext.errors import AskNextError
    from asknext.files import replacing
    from asknext.log import read_events
    from asknext.studio.exporting import FORMATS, written
    from asknext.studio.image_folder import write_images
    from asknext.studio.parquet import write_parquet
    from asknext.studio.resolving import DAWID_SKENE

    if format not in (*FORMATS, "parquet", "images"):
        known = ", ".join((*FORMATS, "parquet", "images"))
        raise AskNextError(f"there is no format '{format}'; give one of {known}.")
    if consensus not in (None, DAWID_SKENE):
        raise AskNextError(f"there is no consensus '{consensus}'; give {DAWID_SKENE}, or leave it out.")
    by_model = consensus is not None
    if by_model and format not in ("csv", "jsonl", "parquet"):
        raise AskNextError(f"a consensus is written as csv, jsonl or parquet, not as {format}.")
    if out is None and (format in ("parquet", "images") or as_json):
        raise AskNextError("name the place to write to with --out PATH.")
    with labelling(project) as opened:
        events = read_events(project)
        if out is None:
            _print(written(opened, events, format, by_model))
            return
        if format == "images":
            with progress("Copying pictures", len(opened.items)) as done:
                n = write_images(opened, events, out, lambda _, made, __: done(made))
        elif out.is_dir():
            raise AskNextError(f"{out} is a folder; name a file.")
        elif format == "parquet":
            n = write_parquet(opened, events, out, by_model)
        else:
            pieces = written(opened, events, format, by_model)
            with replacing(out, durable=True) as file:
                n = sum(bool(file.write(text.encode())) for text in pieces)
    if as_json:
        print_json({"path": str(out), "format": format})
    else:
        what = f"{n} pictures and {out / 'metadata.jsonl'}" if format == "images" else str(out)
        errors.print(f"Written: {what}", highlight=False, markup=False, soft_wrap=True)


def _print(pieces: Iterable[str]) -> None:
    """Write on stdout, for as long as somebody reads it."""
    try:
        for text in pieces:
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # what is left to be flushed at the end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
