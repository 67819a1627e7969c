"""asknext replay: a new metric over a finished comparison, or proof that it can be repeated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from asknext.cli.app import app, fail, plain, print_json, progress, screen

if TYPE_CHECKING:
    from asknext.bench.protocol import Settings
    from asknext.datasets import Dataset

EXAMPLE = """
Compute a metric over a finished comparison from its stored columns; nothing is trained (but easiness needs a
reference model). It is written to DIR/replay-METRIC.csv; without --metric, their names are told. With
--learner, train another learner on what was asked: select with a cheap model, then see what the picks are
worth to the real one. With --verify, do a sample of rounds again and say whether the picks are identical. DIR
may also be the project of a campaign that keeps its probabilities: metrics that need no truth can be computed
there.

[bold]Example:[/bold]  asknext replay asknext-digits --metric contradiction --subset test,batch
"""


@app.command(help=EXAMPLE)
@plain
def replay(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results directory of a comparison.")],
    metric: Annotated[str | None, typer.Option(
        help="A name such as brier or contradiction, or your own package.module:function.")] = None,
    subset: Annotated[str | None, typer.Option(
        help="test, pool, batch, labelled or asked, or several.",
        show_default="test; of a project: pool")] = None,
    learner: Annotated[str | None, typer.Option(
        help="Another learner, such as mlp or resnet18(updates=500), to train on what was asked.")] = None,
    budgets: Annotated[str | None, typer.Option(
        help="With --learner: numbers of answers, with commas between them.", show_default="all of them")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Do a sample of rounds again.")] = False,
    data: Annotated[str | None, typer.Option(help="Of a project, for metrics of distance: its data.")] = None,
    target: Annotated[str | None, typer.Option(help="The column of labels in these data.")] = None,
    sample: Annotated[int, typer.Option(help="Rounds that --verify does again.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was computed as JSON.")] = False,
) -> None:
    from asknext.bench.compare import measure
    from asknext.bench.moments import SUBSETS
    from asknext.bench.replay import finished, repeat
    from asknext.bench.results import write_measures
    from asknext.cli.projects import along_project, is_project
    from asknext.errors import AskNextError
    from asknext.monitor.metrics import METRICS, REFERENCE
    from asknext.monitor.metrics import metric as find_metric
    from asknext.plugins import find

    if is_project(directory):
        along_project(directory, metric, subset or "pool", verify, data, target, as_json)
        return
    subset = subset or "test"
    if data or target:
        raise AskNextError("a comparison knows its data; --data and --target are for a project.")
    if (metric is not None) + (learner is not None) + verify != 1:
        raise AskNextError(
            f"give --metric NAME, --learner NAME or --verify, one of them; metrics are {', '.join(METRICS)}."
        )
    if budgets is not None and learner is None:
        raise AskNextError("--budgets says when another learner is trained; give --learner as well.")
    if sample < 1:
        raise AskNextError(f"--sample is {sample}; it must be at least 1.")
    subsets = [find("subset", name, {s: s for s in SUBSETS}) for name in dict.fromkeys(subset.split(","))]
    if metric is not None and REFERENCE in find_metric(metric).needs and subsets == ["test"]:
        raise AskNextError(
            f"the metric '{metric}' asks a model that learnt from the test items, not defined on them; "
            "give --subset batch, pool or labelled."
        )
    settings, dataset = finished(directory)
    if verify:
        with progress("Repeating", sample) as done:
            repeats = []
            for one in repeat(directory, settings, dataset, sample):
                repeats.append(one)
                done(len(repeats))
        different = [one for one in repeats if not one.identical]
        if as_json:
            print_json([one.__dict__ for one in repeats])
        else:
            screen.print(f"{len(repeats) - len(different)} of {len(repeats)} rounds gave identical picks.")
        if different:
            one = different[0]
            where = f"{one.strategy}, seed {one.seed}, round {one.round}"
            fail(f"{where}: the picks differ from the recorded ones.")
        return
    if learner is not None:
        _learnt_by(directory, settings, dataset, learner, budgets, as_json)
        return
    assert metric is not None
    rows = list(measure(directory, settings, dataset, [metric], subsets))
    if not rows:
        raise AskNextError(f"the metric '{metric}' is not defined on {subset} in any round.")
    path = directory / f"replay-{metric.replace(':', '.')}.csv"
    write_measures(path, rows)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    table = Table("strategy", "subset", "first round", "last round", "mean", title=Text(metric), box=None)
    for name in settings.strategies:
        for part in subsets:
            values = [row for row in rows if row.strategy == name and row.subset == part]
            if values:
                first, last = min(r.round for r in values), max(r.round for r in values)
                cells = (
                    [r.value for r in values if r.round == first],
                    [r.value for r in values if r.round == last],
                    [r.value for r in values],
                )
                table.add_row(Text(name), part, *(f"{sum(c) / len(c):.4f}" for c in cells))
    screen.print(table)
    screen.print(f"Written to {path}", highlight=False, markup=False, soft_wrap=True)


def _learnt_by(
    directory: Path, settings: Settings, dataset: Dataset, learner: str, budgets: str | None, as_json: bool
) -> None:
    from asknext.bench.proxy import learnt_by
    from asknext.bench.results import write_measures

    wanted = [_whole(word) for word in budgets.split(",")] if budgets else []
    with progress("Training", len(settings.strategies) * settings.seeds * max(1, len(set(wanted)))) as done:
        rows = list(learnt_by(directory, settings, dataset, learner, wanted, lambda now, _: done(now)))
    path = directory / f"replay-{re.sub(r'[^a-z0-9]+', '-', learner.lower()).strip('-')}.csv"
    write_measures(path, rows)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    steps = sorted({row.n_labelled for row in rows})
    unit = "answers" if settings.scenario.scope else "labels"
    told = f"Test accuracy of {learner} by what was asked for {settings.learner}"
    screen.print(told, highlight=False, markup=False, soft_wrap=True)
    table = Table("strategy", *(f"{n} {unit}" for n in steps), box=None)
    for name in settings.strategies:
        cells = [[r.value for r in rows if (r.strategy, r.n_labelled) == (name, n)] for n in steps]
        table.add_row(Text(name), *(f"{sum(c) / len(c):.4f}" if c else "–" for c in cells))
    screen.print(table)
    screen.print(f"Written to {path}", highlight=False, markup=False, soft_wrap=True)


def _whole(word: str) -> int:
    from asknext.errors import AskNextError

    if not word.strip().isdecimal():
        raise AskNextError(f"--budgets holds '{word.strip()}'; give whole numbers with commas between them.")
    return int(word)
