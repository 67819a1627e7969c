"""asknext compare: which strategy learns fastest on this data?"""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from asknext.cli.app import app, errors, plain, print_json, progress, screen

EXAMPLE = """
Compare query strategies on your own data or on a bundled set, and write a report.

Every strategy gets the same splits and the same first labels. Killed anywhere, the same command goes on;
more strategies, seeds or rounds extend what is there.

[bold]Example:[/bold]  asknext compare reviews.csv --target sentiment --strategies random,margin,typiclust
"""


@app.command(help=EXAMPLE)
@plain
def compare(
    data: Annotated[str, typer.Argument(
        help="A name (see asknext datasets), openml:ID, or a file: .csv .tsv .npz .jsonl .parquet")],
    target: Annotated[str | None, typer.Option(help="Column that holds the class.")] = None,
    strategies: Annotated[str | None, typer.Option(
        help="Names with commas between them; also scikit-activeml:Badge, modal:margin_sampling, "
        "small-text:BreakingTies, cardinal:WKMeans where these packages are installed, and "
        "package.module:Name for your own.")] = None,
    learner: Annotated[str, typer.Option(
        help="logistic-regression, random-forest, gradient-boosting, mlp, linear-svm or rbf-svm.")
    ] = "logistic-regression",
    initial: Annotated[int | None, typer.Option(
        help="First labels, drawn at random, the same for all; 0: each strategy chooses its first batch.",
        show_default="by the size of the pool")] = None,
    batch: Annotated[int | None, typer.Option(
        help="Items a round.", show_default="by the size of the pool")] = None,
    rounds: Annotated[int, typer.Option(help="Batches to ask.")] = 20,
    seeds: Annotated[int, typer.Option(help="Runs of each strategy.")] = 5,
    test_share: Annotated[float, typer.Option(help="Share of the items held out for testing.")] = 0.3,
    jobs: Annotated[int, typer.Option(help="Processes; 0: one a core.")] = 0,
    out: Annotated[Path | None, typer.Option(
        help="Results directory.", show_default="asknext-DATA")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    from joblib import cpu_count

    from asknext.bench.compare import (
        available,
        carry_out,
        check_strategies,
        disk_due,
        left_aside,
        rounds_due,
        split_names,
    )
    from asknext.bench.conclude import conclude
    from asknext.bench.protocol import DEFAULT_STRATEGIES, Settings, claim, fit_to_pool
    from asknext.bench.table import terminal_table
    from asknext.datasets import load
    from asknext.datasets.labels import look_alikes
    from asknext.errors import AskNextError
    from asknext.learners import make

    if jobs < 0:
        raise AskNextError(f"--jobs is {jobs}; give the number of processes, or 0 for one a core.")
    chosen, absent = available(split_names(strategies) if strategies else DEFAULT_STRATEGIES)
    make(learner)
    for option, value in (("--batch", batch), ("--initial", initial)):
        if value is not None and value < 0:
            raise AskNextError(f"{option} is {value}; it cannot be negative.")
    with errors.status(Text(f"Loading {data} …")):
        found = load(data, target)
    found = replace(found, notes=(*found.notes, *absent))
    settings = fit_to_pool(
        Settings(
            source=str(Path(data).absolute()) if Path(data).is_file() else data,
            target=target, strategies=chosen, learner=learner,
            initial=-1 if initial is None else initial, batch=-1 if batch is None else batch,
            rounds=rounds, seeds=seeds, test_share=test_share,
        ),
        found,
    )  # fmt: skip
    out = out or Path(f"asknext-{found.name}")
    check_strategies(settings, found)
    claim(out, settings, found)
    if not as_json:
        counts = Counter(found.y.tolist()).most_common()
        shares = ", ".join(f"{label} {count / len(found.y):.0%}" for label, count in counts[:6])
        more = f" and {len(counts) - 6} more" if len(counts) > 6 else ""
        opening = f"{found.name}: {len(found.y)} rows, {len(counts)} classes ({shares}{more})"
        screen.print(opening, highlight=False, markup=False)
        due = disk_due(settings, found)
        room = [f"about {due:.0f} GB will be written to {out}"] if due >= 1 else []
        for note in (*look_alikes(found.classes), *found.notes, *room):
            screen.print(f"  {note}", style="dim", highlight=False, markup=False)
    with progress("Comparing", rounds_due(settings)) as done:
        carry_out(out, settings, found, jobs or cpu_count(), done)
    with errors.status("Writing the report …"):
        summary = conclude(out, settings, found, command=shlex.join(["asknext", *sys.argv[1:]]))
    if as_json:
        print_json(summary)
        return
    screen.print(terminal_table(summary))
    if aside := left_aside(out, settings):
        kept = f"Runs of {', '.join(aside)} in {out} are kept, but not in this report."
        screen.print(kept, style="dim", highlight=False, markup=False, soft_wrap=True)
    screen.print(f"Report: {out / 'report.html'}", highlight=False, markup=False, soft_wrap=True)
