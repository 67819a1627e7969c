"""The end of a comparison: measures, timings, tables and the report."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from asknext.bench.compare import measure, timings
from asknext.bench.protocol import Settings
from asknext.bench.report import write_all
from asknext.bench.results import Comparison, Measure
from asknext.datasets import Dataset
from asknext.monitor.metrics import ALWAYS
from asknext.strategies import peers

LIBRARIES = ("asknext", "numpy", "scipy", "scikit-learn")


def conclude(
    out: Path,
    settings: Settings,
    data: Dataset,
    command: str,
    quantities: Collection[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Write everything that a finished comparison has to say, and return its summary.

    Parameters
    ----------
    out, settings, data : of the comparison, all of whose runs are finished.
    command : what the user typed, for the report.
    quantities : pairs of metric and subset to measure beside those that every comparison has.
    """
    test = settings.test_size(len(data.y), len(data.classes))
    comparison = Comparison(
        dataset=data.name,
        n=len(data.y),
        classes=tuple(str(label) for label in data.classes),
        settings={
            "target": settings.target,
            "learner": settings.learner,
            "initial": settings.initial,
            "batch": settings.batch,
            "rounds": settings.rounds,
            "seeds": settings.seeds,
            "strategies": list(settings.strategies),
            "pool_size": len(data.y) - test,
            "test_share": settings.test_share,
            "test_size": test,
            "notes": [*data.notes, *settings.departures],
            "command": command,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in LIBRARIES},
                **peers.versions(settings.strategies),
            },
        },
        measures=[*measure(out, settings, data), *_further(out, settings, data, quantities)],
        timings=list(timings(out, settings)),
    )
    return write_all(comparison, out)


def _further(
    out: Path, settings: Settings, data: Dataset, quantities: Collection[tuple[str, str]]
) -> Iterable[Measure]:
    """What else was asked for, and how much of what was labelled is noisy, where the data know it."""
    noise = set() if data.noisy is None else {("noisy-ratio", "labelled")}
    known = {(name, "test") for name in ALWAYS}
    for name, subset in sorted(({*quantities} | noise) - known):
        yield from measure(out, settings, data, [name], [subset])
