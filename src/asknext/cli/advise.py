"""asknext advise: keep going, explore more, choose easier or harder, or stop."""

from __future__ import annotations

from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, plain, print_json, screen

if TYPE_CHECKING:
    from asknext.monitor.advice import Advice

EXAMPLE = """
Say whether to keep going, explore more, choose easier or harder items, or stop, in one sentence with the
evidence. It reads the log of a project and the probabilities kept beside it (campaign.record() keeps them in
each round). With --data, the data that the project was started with, it also says whether the batches explore
and how hard they are. A project of the labelling page has its data with it; the page may be open.

[bold]Example:[/bold]  asknext advise reviews.asknext --data reviews.csv --target sentiment
"""


@app.command(help=EXAMPLE)
@plain
def advise(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Directory of a campaign.")],
    data: Annotated[str | None, typer.Option(help="The data it was started with: a file or a name.")] = None,
    target: Annotated[str | None, typer.Option(help="The column of labels in that file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the advice as JSON.")] = False,
) -> None:
    from asknext.cli.projects import family_of, features_of, is_labelling, is_project, labelling
    from asknext.errors import AskNextError
    from asknext.log import ColumnStore, fold, read_events
    from asknext.log.verify import logs
    from asknext.monitor.advice import advise as advice_of
    from asknext.monitor.audit import of_state
    from asknext.monitor.looks import looks, stored
    from asknext.monitor.readings import readings, watched

    if not is_project(project):
        found = logs(project)
        raise AskNextError(f"{project} holds {len(found)} projects; name one of them, such as {found[0]}.")
    events = read_events(project)
    state = fold(events)
    if not state.n:
        raise AskNextError(f"{project} holds nothing yet; ask and tell first.")
    if data is None and is_labelling(project):
        with labelling(project) as opened, opened.campaign(path=None, history=events) as campaign:
            _say(campaign.advice(), as_json)
        return
    X = features_of(project, state.n, state.data, data, target)
    model = stored(events, ColumnStore(project / "columns"))
    moments, present = tee(looks(events, model))
    seen = []
    for reading in readings(moments, watched(state.n, state.seed), X, state.seed):
        seen.append(reading)
        last = next(present)  # one moment at a time: each holds the probabilities of the whole pool
    _say(advice_of(seen, of_state(state, last.proba), family_of(events)), as_json)


def _say(advice: Advice, as_json: bool) -> None:
    if as_json:
        print_json(advice.as_dict())
        return
    screen.print(Text(advice.sentence))
    table = Table("signal", "says", "value", "threshold", "", box=None, pad_edge=False)
    for one in advice.evidence:
        value = "–" if one.value is None else f"{one.value:.3g}"
        table.add_row(one.figure, one.speaks_for, value, f"{one.threshold:g}", "fired" if one.fired else "")
    screen.print(table)
