"""asknext label: the labelling page of a project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, plain, progress, screen

EXAMPLE = """
Label items on a page in the browser: what to label next is chosen as you go, and you are told when further
labels stop paying. PROJECT is a directory that holds everything; the first time, --items says what to label:
a folder of images, or a .csv, .jsonl, .parquet or .txt file.

[bold]Example:[/bold]  asknext label animals --items pictures/ --classes cat,dog
"""


@app.command(help=EXAMPLE)
@plain
def label(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of the project.")],
    items: Annotated[Path | None, typer.Option(help="What to label: a folder of images, or a file.")] = None,
    text: Annotated[str | None, typer.Option(help="The column of texts, if there are several.")] = None,
    label: Annotated[str | None, typer.Option(help="The column of labels that are known already.")] = None,
    embedding: Annotated[Path | None, typer.Option(
        help="Features of your own, .npy or .npz, a row for each item.")] = None,
    strategy: Annotated[str | None, typer.Option(
        help="What chooses; see asknext strategies.", show_default="auto")] = None,
    learner: Annotated[str | None, typer.Option(
        help="What learns.", show_default="logistic-regression")] = None,
    overlap: Annotated[float | None, typer.Option(
        min=0, max=1, help="Share of the items that several people are to answer.",
        show_default="0")] = None,
    opinions: Annotated[int | None, typer.Option(
        min=2, help="How many people are to answer each of these.", show_default="2")] = None,
    classes: Annotated[str, typer.Option(help="Classes to begin with, commas between them.")] = "",
    db: Annotated[str | None, typer.Option(
        metavar="URL", help="Keep the log in PostgreSQL: postgresql://user@host:port/database.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="By default a free one.")] = None,
    host: Annotated[str, typer.Option(
        help="An address of this machine, for people elsewhere to come; see asknext people.")] = "127.0.0.1",
    address: Annotated[list[str] | None, typer.Option(
        metavar="URL", help="What people open, where that differs, such as that of a proxy.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    from asknext.studio import serving
    from asknext.studio.project import open_or_create

    wanted = {"strategy": strategy, "learner": learner, "overlap": overlap, "opinions": opinions}
    given = {name: value for name, value in wanted.items() if value is not None}
    if db is not None:
        given["db"] = _without_password(db)
    names = [name.strip() for name in classes.split(",") if name.strip()]
    with serving.listen(port, host) as socket:
        where = serving.address(socket, host, address or ())
        with progress("Importing", 100) as done:

            def shown(_: str, made: int, total: int) -> None:
                done(100 * made / max(1, total))

            about = {"text": text, "label": label, "embedding": embedding, "classes": names}
            opened = open_or_create(project, items, progress=shown, **about, **given)
        with opened:
            serving.serve(opened, socket, where, _told, browse=not no_browser)


def _told(link: str) -> None:
    screen.print(f"Label at {link}", highlight=False, markup=False, soft_wrap=True)


def _without_password(db: str) -> str:
    """The address of a database; a password in it is told to libpq here and in the workers, and not kept."""
    from asknext.log.place import parted

    url, password = parted(db)
    if password is not None:
        os.environ["PGPASSWORD"] = password
        screen.print(
            "The password is not kept: next time give it by PGPASSWORD, or in libpq's password file.",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    return url.render_as_string()
