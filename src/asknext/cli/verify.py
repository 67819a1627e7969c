"""asknext verify: does the log still add up?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, fail, plain, print_json, progress, screen


@app.command(help="Rebuild the state of a project, or of every run of a comparison, from its log and check "
                  "it.\n\n[bold]Example:[/bold]  asknext verify asknext-digits")
@plain
def verify(
    path: Annotated[Path, typer.Argument(help="A project, or the results directory of a comparison.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    from asknext.bench.compare import runs
    from asknext.bench.protocol import SETTINGS, reopen
    from asknext.log.verify import LogReport, logs, verify_log

    missing = []
    if (path / SETTINGS).exists():
        missing = [run.path for run in runs(path, reopen(path)) if not run.started]
    found = logs(path)
    reports = []
    with progress("Checking", len(found)) as done:
        for number, place in enumerate(found, start=1):
            reports.append(verify_log(place))
            done(number)
    reports += [LogReport(place, 0, ("the log of this run is missing",)) for place in missing]
    bad = [report for report in reports if report.problems]
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        events = sum(report.events for report in reports)
        screen.print(f"{len(reports)} log(s), {events} events, {len(bad)} with problems.", highlight=False)
    if bad:
        fail(f"{bad[0].path}: {bad[0].problems[0]}.")
