"""Checking the logs of a comparison: each one by itself, and whether it is where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from asknext.bench.compare import runs
from asknext.bench.protocol import SETTINGS, Settings, reopen
from asknext.bench.results import RESULTS, read_measures
from asknext.bench.run import Run
from asknext.errors import AskNextError
from asknext.log import read_events
from asknext.log.verify import LogReport, logs, verify_log


def check_logs(path: Path) -> Iterator[LogReport]:
    """Check every log at or below a path, one after the other.

    Within a results directory, a log must be that of its run, and the log of a run that results.csv tells of
    must be there.

    Raises
    ------
    AskNextError : there is no log, or a results directory cannot be read.
    """
    cells = {run.path: (run, settings) for run, settings in _expected(path)}
    for place in logs(path):
        report = verify_log(place)
        if place in cells and not report.problems:
            run, settings = cells[place]
            try:
                run.check_owner(read_events(place), settings)
            except AskNextError as error:
                report = replace(report, problems=(str(error),))
        yield report
    told = {
        (file.parent, row.strategy, row.seed)
        for file in path.rglob(RESULTS)
        for row in read_measures(file.parent)
    }
    for place, (run, _) in cells.items():
        if not run.started and (run.out, run.strategy, run.seed) in told:
            yield LogReport(place, 0, (f"the log is missing, though {RESULTS} tells of this run",))


def unfinished(path: Path) -> int:
    """How many runs of the comparisons at or below a path are not at their end; those are no fault.

    Raises
    ------
    AskNextError : a results directory or a log cannot be read.
    """
    return sum(not run.finished(settings) for run, settings in _expected(path))


def _expected(path: Path) -> list[tuple[Run, Settings]]:
    folders = [file.parent for file in sorted(path.rglob(SETTINGS))]
    return [(run, settings) for out in folders for settings in [reopen(out)] for run in runs(out, settings)]
