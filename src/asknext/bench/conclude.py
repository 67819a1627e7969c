"""The end of a comparison: measures, timings, tables and the report."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from asknext.bench.compare import measure, timings
from asknext.bench.protocol import Settings
from asknext.bench.report import write_all
from asknext.bench.results import Comparison
from asknext.datasets import Dataset
from asknext.monitor.metrics import ALWAYS
from asknext.strategies import peers

LIBRARIES = ("asknext", "numpy", "scipy", "scikit-learn")


def conclude(out: Path, settings: Settings, data: Dataset, command: str) -> dict[str, Any]:
    """Write everything that a finished comparison has to say, and return its summary.

    Parameters
    ----------
    out, settings, data : of the comparison, all of whose runs are finished.
    command : what the user typed, for the report.
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
            "budget": settings.scenario.budget,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in LIBRARIES},
                **peers.versions(settings.strategies),
            },
        },
        measures=[row for names in _wanted(settings, data) for row in measure(out, settings, data, *names)],
        timings=list(timings(out, settings)),
    )
    return write_all(comparison, out)


def _wanted(settings: Settings, data: Dataset) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """What is measured, as metrics and subsets: more than the accuracy where there is more to say."""
    yield ALWAYS, ["test"]
    if data.noisy is not None:
        yield ["noisy-ratio"], ["labelled"]
    if settings.scenario.audit:
        yield ["labels"], ["asked"]
