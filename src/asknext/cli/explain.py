"""asknext explain: how were these items chosen?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen

if TYPE_CHECKING:
    from asknext.log import Event

EXAMPLE = """
Tell round by round how items were chosen, from the log alone: what the strategy weighed and noted, what the
items were like on average, and how many turned out in scope. With --out it is drawn: for mqnet the trade-off
of purity and informativeness that it learnt, for aloe the share of items flagged, the threshold and the ties.

[bold]Example:[/bold]  asknext explain asknext-letter --strategy mqnet --out mqnet.html
"""


@app.command(help=EXAMPLE)
@plain
def explain(
    project: Annotated[Path, typer.Argument(
        metavar="PROJECT", help="Directory of a campaign, or of a comparison with --strategy.")],
    strategy: Annotated[str | None, typer.Option(help="Of a comparison: whose run.")] = None,
    seed: Annotated[int | None, typer.Option(
        help="Of a comparison: the seed of the run.", show_default="0")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="An HTML page to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    from asknext.bench.explain import asked_by
    from asknext.bench.explain_page import tables, write_page
    from asknext.errors import AskNextError
    from asknext.monitor.explanations import explanations

    if out and out.is_dir():
        raise AskNextError(f"{out} is a directory; give --out the name of a file, such as explained.html.")
    name, events = _found(project, strategy, seed)
    told = explanations(events)
    if not told:
        raise AskNextError(f"{project} holds no round yet; ask and tell first.")
    if not any(one.notes or one.means or one.tradeoff for one in told):
        raise AskNextError(
            f"the log of {project} tells nothing of how {asked_by(told)} chose; a strategy may have no "
            "scores, and logs of earlier versions hold none."
        )
    title = f"{name}: {asked_by(told)}"
    if out:
        write_page(out, title, told)
    if as_json:
        print_json([one.as_dict() for one in told])
        return
    screen.print(Text(title, style="bold"))
    for one in tables(told):
        table = Table(box=None, pad_edge=False)
        for head in one.heads:
            table.add_column(escape(head), overflow="fold")
        for row in one.rows:
            table.add_row(*map(escape, row))
        screen.print(Text(f"\n{one.title}"))
        screen.print(table)
        screen.print(Text(one.note, "dim"))
    if out:
        screen.print(f"Written to {out}", highlight=False, markup=False, soft_wrap=True)


def _found(project: Path, strategy: str | None, seed: int | None) -> tuple[str, list[Event]]:
    """What to call it, and its log: that of a project, or of one run of a comparison."""
    from asknext.bench.protocol import SETTINGS, reopen
    from asknext.bench.run import Run
    from asknext.cli.projects import is_project
    from asknext.errors import AskNextError
    from asknext.log import read_events
    from asknext.log.verify import logs
    from asknext.plugins import find

    if is_project(project):
        if strategy is not None or seed is not None:
            raise AskNextError(f"{project} is one project; --strategy and --seed are for a comparison.")
        return project.resolve().name, read_events(project)
    if not (project / SETTINGS).is_file():
        found = logs(project)
        raise AskNextError(f"{project} holds {len(found)} projects; name one of them, such as {found[0]}.")
    settings = reopen(project)
    if strategy is None:
        names = ", ".join(settings.strategies)
        raise AskNextError(f"{project} is a comparison; name a run with --strategy, one of {names}.")
    run = Run(project, find("strategy", strategy, {name: name for name in settings.strategies}), seed or 0)
    if not run.started:
        raise AskNextError(
            f"{project} has no run of {run.strategy} with seed {run.seed}; give --seed from 0 to "
            f"{settings.seeds - 1}."
        )
    return f"{project.resolve().name}, seed {run.seed}", run.events(settings)
