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
    from asknext.bench.verify import check_logs, unfinished
    from asknext.log.verify import logs

    reports = []
    with progress("Checking", len(logs(path))) as done:
        for report in check_logs(path):
            reports.append(report)
            done(len(reports))
    bad = [report for report in reports if report.problems]
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        events = sum(report.events for report in reports)
        screen.print(f"{len(reports)} log(s), {events} events, {len(bad)} with problems.", highlight=False)
    if bad:
        fail(f"{bad[0].path}: {bad[0].problems[0].rstrip('.')}.")
    if not as_json and (left := unfinished(path)):
        screen.print(f"{left} run(s) are not finished; the command that began them goes on.", highlight=False)
