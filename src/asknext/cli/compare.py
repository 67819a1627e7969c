"""asknext compare: which strategy learns fastest on this data?"""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, errors, loading, plain, print_json, progress, screen

EXAMPLE = """
Compare query strategies on your own data or on a bundled set, and write a report.

Every strategy gets the same splits and the same first labels. Killed anywhere, the same command goes on;
more strategies, seeds or rounds extend what is there. Pools can be made as they really are: with items of no
class (--scope, --ood-rate, --ood-data), long tails (--long-tail) and classes to be discovered (--known).

Of a folder of pictures, features are made of 32 × 32 pixels from the middle of each. A network sees what
it is made for: resnet18 the same, resnet18-224 squares of 256, and resnet18(crop=64) squares of 73.

[bold]Example:[/bold]  asknext compare reviews.csv --target sentiment --strategies random,margin,typiclust
"""


@app.command(help=EXAMPLE)
@plain
def compare(
    data: Annotated[str, typer.Argument(
        help="A name (see asknext datasets), openml:ID, a file: .csv .tsv .npz .jsonl .parquet, or a "
        "folder of pictures with a sub-folder for each class.")],
    target: Annotated[str | None, typer.Option(help="Column that holds the class.")] = None,
    strategies: Annotated[str | None, typer.Option(
        help="Names with commas between them; also scikit-activeml:Badge, modal:margin_sampling, "
        "small-text:BreakingTies, cardinal:WKMeans where these packages are installed, and "
        "package.module:Name for your own.",
        show_default="auto, random and margin; more on data sets that have a name")] = None,
    learner: Annotated[str, typer.Option(
        help="logistic-regression, random-forest, gradient-boosting, mlp, linear-svm or rbf-svm; with "
        "PyTorch linear-probe, mlp-head, and of images resnet18, resnet18-224 or flexmatch, with parameters "
        "such as resnet18(updates=500); with transformers clip-vit-b32 and dinov2 of images and text-encoder "
        "of texts, from the directory that weights names.")
    ] = "logistic-regression",
    detector: Annotated[str, typer.Option(
        help="Tells what is out of scope, to strategies that read the signal ood; see asknext detectors.")
    ] = "auto",
    initial: Annotated[int | None, typer.Option(
        help="First labels, drawn at random, the same for all; 0: each strategy chooses its first batch.",
        show_default="by the size of the pool")] = None,
    batch: Annotated[int | None, typer.Option(
        help="Items a round.", show_default="by the size of the pool")] = None,
    rounds: Annotated[int, typer.Option(help="Batches to ask.")] = 20,
    seeds: Annotated[int, typer.Option(help="Runs of each strategy.")] = 5,
    test_share: Annotated[str, typer.Option(
        help="Share of the items held out for testing; or published: the publisher's test part.")] = "0.3",
    scope: Annotated[str | None, typer.Option(
        help="Classes in scope, names with commas between them, or how many, drawn for each seed; items of "
        "other classes are out of scope.", show_default="all")] = None,
    ood_rate: Annotated[float | None, typer.Option(
        help="Share of the pool that is out of scope.", show_default="as it is")] = None,
    ood_data: Annotated[str | None, typer.Option(
        help="A published data set whose items are out of scope; DATA is another one of the same kind.",
        show_default="none")] = None,
    ood_cost: Annotated[float, typer.Option(help="Cost of an answer 'out of scope'; a class costs 1.")] = 1.0,
    long_tail: Annotated[float | None, typer.Option(
        help="Cut the pool to a long tail: the rarest class has this share of the most frequent one's items.",
        show_default="none")] = None,
    known: Annotated[int | None, typer.Option(
        help="Classes known at first, those of the first labels, 0: none; others are to be discovered.",
        show_default="all")] = None,
    audit: Annotated[float, typer.Option(
        help="Share of each batch drawn at random and hidden from strategy and learner.")] = 0.0,
    label_noise: Annotated[float, typer.Option(
        help="Share of items about which the answer is a wrong class; test labels stay true.")] = 0.0,
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
    from asknext.bench.held_out import as_share
    from asknext.bench.loading import load_data
    from asknext.bench.protocol import DEFAULT_STRATEGIES, TOUR, Settings, claim, fit_to_pool
    from asknext.bench.scenario import Scenario, as_scope
    from asknext.bench.table import terminal_table
    from asknext.datasets.labels import look_alikes
    from asknext.datasets.sources import place
    from asknext.detectors import get as get_detector
    from asknext.errors import AskNextError
    from asknext.learners import make

    if jobs < 0:
        raise AskNextError(f"--jobs is {jobs}; give the number of processes, or 0 for one a core.")
    own = place(data)
    usual = DEFAULT_STRATEGIES if own else TOUR
    chosen, absent = available(split_names(strategies) if strategies else usual)
    make(learner)
    for option, value in (("--batch", batch), ("--initial", initial)):
        if value is not None and value < 0:
            raise AskNextError(f"{option} is {value}; it cannot be negative.")
    asked = Settings(
        source=str(own.absolute()) if own else data,
        target=target, strategies=chosen, learner=learner,
        initial=-1 if initial is None else initial, batch=-1 if batch is None else batch,
        rounds=rounds, seeds=seeds, test_share=as_share(test_share), detector=get_detector(detector).name,
        scenario=Scenario(
            scope=as_scope(scope), ood_rate=ood_rate, ood_data=ood_data, ood_cost=ood_cost,
            long_tail=long_tail, known=known, audit=audit, label_noise=label_noise,
        ),
    )  # fmt: skip
    with loading(f"Loading {data} …") as told:
        found = load_data(asked, told)
    found = replace(found, notes=(*found.notes, *absent))
    settings = fit_to_pool(asked, found)
    out = out or Path(f"asknext-{found.name}")
    check_strategies(settings, found)
    claim(out, settings, found)
    if not as_json:
        inside = found.y if found.out_of_scope is None else found.y[~found.out_of_scope]
        counts = Counter(inside.tolist()).most_common()
        shares = ", ".join(f"{label} {count / len(inside):.0%}" for label, count in counts[:6])
        more = f" and {len(counts) - 6} more" if len(counts) > 6 else ""
        opening = f"{found.name}: {len(found.y)} rows, {len(counts)} classes ({shares}{more})"
        screen.print(opening, highlight=False, markup=False)
        due = disk_due(settings, found)
        room = [f"about {due:.0f} GB will be written to {out}"] if due >= 1 else []
        for note in (*look_alikes(found.classes), *found.notes, *settings.departures, *room):
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
