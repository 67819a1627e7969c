"""asknext people: who may come to a labelling project."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen
from asknext.studio.roles import Role

if TYPE_CHECKING:
    from asknext.studio.people import People

EXAMPLE = """
Say who may come to a labelling project, or change it, also while its page is open: add somebody, remove
somebody, or give a new link, which ends the old one. A link lets in whoever has it and is shown once. An
annotator labels, a viewer looks on, an owner may do everything; whoever starts the page is an owner.

[bold]Example:[/bold]  asknext people animals add "Ann Lee" --role annotator
"""


class Deed(StrEnum):
    """What can be done."""

    ADD = "add"
    REMOVE = "remove"
    LINK = "link"


@app.command(help=EXAMPLE)
@plain
def people(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of a labelling project.")],
    deed: Annotated[Deed | None, typer.Argument(help="What to do; without it, who there is.")] = None,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Whom it is about.")] = None,
    role: Annotated[Role | None, typer.Option(
        help="For add: what the new one may do.", show_default="annotator")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    from asknext.cli.projects import labelling
    from asknext.errors import AskNextError
    from asknext.studio.people import People

    if (deed is None) != (name is None):
        raise AskNextError("say whom it is about, such as: asknext people PROJECT add NAME.")
    if role is not None and deed is not Deed.ADD:
        raise AskNextError("--role is for add; to change a role, remove the person and add them again.")
    with labelling(project) as opened:
        known = People(opened.path)
    if deed is None or name is None:
        _show(known, as_json)
    elif deed is Deed.REMOVE:
        known.remove(name)
        if as_json:
            print_json({"removed": name})
        else:
            _say(f"{name} is shut out; what they answered stays.")
    else:
        token = known.add(name, role or Role.ANNOTATOR) if deed is Deed.ADD else known.link(name)
        _hand_out(known.address, token, name, as_json)


def _show(known: People, as_json: bool) -> None:
    if as_json:
        print_json([{"name": one.name, "role": one.role} for one in known])
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("name")
    table.add_column("role")
    for one in known:
        table.add_row(Text(one.name), one.role)
    screen.print(table if len(known) else "Nobody yet; whoever starts the page becomes its owner.")


def _hand_out(address: str, token: str, name: str, as_json: bool) -> None:
    from asknext.studio.address import link, private

    whole = link(address, token)
    if as_json:
        print_json({"name": name, "link": whole})
        return
    _say(f"The link of {name}, shown this once:", whole)
    if not address:
        _say("The page was never opened yet: put this behind the address that asknext label prints.")
    elif private(address):
        _say("It works on this machine only; asknext label --host or --address lets others come.")


def _say(*lines: str) -> None:
    for line in lines:
        screen.print(line, highlight=False, markup=False, soft_wrap=True)
