"""asknext run: a protocol from a file, a comparison for each of its tasks."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, errors, loading, plain, print_json, progress, screen

EXAMPLE = """
Carry out a recipe: a TOML file that names data, learners, sizes, seeds and strategies of several comparisons.

Everything is checked before anything runs. Killed anywhere, the same command goes on. DIR gets a folder for
each task, as compare writes it, and report.html, table.md and summary.json over all of them.

[bold]Example:[/bold]  asknext run recipes/catalogue.toml --quick
"""


@app.command(help=EXAMPLE)
@plain
def run(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a TOML file.")],
    quick: Annotated[bool, typer.Option("--quick", help="The short form that the recipe describes.")] = False,
    tasks: Annotated[str | None, typer.Option(
        help="Only these tasks, names with commas between them.", show_default="all")] = None,
    jobs: Annotated[int, typer.Option(help="Processes; 0: one a core.")] = 0,
    out: Annotated[Path | None, typer.Option(
        metavar="DIR", help="Results directory.", show_default="asknext-RECIPE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    from joblib import cpu_count

    from asknext.bench.compare import carry_out, disk_due, rounds_due
    from asknext.bench.conclude import conclude
    from asknext.bench.protocol import check_place, claim
    from asknext.bench.recipe import claim_folder, prepare, read_recipe
    from asknext.bench.recipe_report import write_recipe
    from asknext.bench.stopping import record
    from asknext.bench.table import terminal_table
    from asknext.errors import AskNextError

    if jobs < 0:
        raise AskNextError(f"--jobs is {jobs}; give the number of processes, or 0 for one a core.")
    if not recipe.is_file():
        raise AskNextError(f"there is no recipe {recipe}; give the path of a TOML file.")
    try:
        text = recipe.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise AskNextError(f"{recipe} is not UTF-8 text, so it is no recipe.") from error
    protocol = read_recipe(text, quick, [name.strip() for name in tasks.split(",")] if tasks else ())
    with loading("Loading the data …") as told:
        prepared, absent = prepare(protocol, told)
    out = out or Path(f"asknext-{recipe.stem}" + "-quick" * quick)
    for name, (settings, data) in prepared.items():
        check_place(out / name, settings, data)
    claim_folder(out, text)
    for name, (settings, data) in prepared.items():
        claim(out / name, settings, data)
    due = sum(disk_due(*task) for task in prepared.values())
    if due >= 1 and not as_json:
        screen.print(f"About {due:.0f} GB will be written to {out}.", highlight=False, markup=False)
    for name, reason in absent.items():
        errors.print(f"The task {name} is left out: {reason}", highlight=False, markup=False)
    command = shlex.join(["asknext", *sys.argv[1:]])
    summaries = {}
    for number, (name, (settings, data)) in enumerate(prepared.items(), start=1):
        with progress(f"{name}, {number} of {len(prepared)}", rounds_due(settings)) as done:
            carry_out(out / name, settings, data, jobs or cpu_count(), done)
        with errors.status("Writing the report …"):
            quantities = protocol.published.quantities(name) if protocol.published else ()
            summaries[name] = conclude(out / name, settings, data, command, quantities)
        if protocol.within is not None:
            with progress(f"{name}, readings", settings.seeds * len(settings.strategies)) as done:
                record(out / name, settings, data, jobs or cpu_count(), done)
        if not as_json:
            screen.print(terminal_table(summaries[name]))
    summary = write_recipe(protocol, summaries, absent, command, out)
    if as_json:
        print_json(summary)
        return
    screen.print(f"Report: {out / 'report.html'}", highlight=False, markup=False, soft_wrap=True)
