"""The end of a comparison: measures, timings, tables and the report."""

from __future__ import annotations

import platform
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any

from asknext.bench.compare import measure, timings
from asknext.bench.moments import SUBSETS
from asknext.bench.openness import COST
from asknext.bench.protocol import Settings, class_positions, split
from asknext.bench.report import write_all
from asknext.bench.results import Comparison
from asknext.bench.run import Run
from asknext.datasets import Dataset
from asknext.monitor.explanations import explanations
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
    y = class_positions(data)
    parts = split(y, settings, 0, data.classes)
    outside = bool((parts.positions(y)[parts.pool] < 0).any())
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
            "pool_size": len(parts.pool),
            "test_share": settings.test_share,
            "test_size": len(parts.test),
            "notes": [*data.notes, *settings.departures],
            "command": command,
            "budget": _budget(settings, outside),
            **({"classes_in_scope": len(parts.scope)} if settings.scenario.scope else {}),
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in LIBRARIES},
                **peers.versions(settings.strategies),
            },
        },
        measures=[
            row
            for subset, names in _wanted(settings, data, outside, quantities).items()
            for row in measure(out, settings, data, names, [subset])
        ],
        timings=list(timings(out, settings)),
        explained={name: explanations(Run(out, name, 0).events(settings)) for name in settings.strategies},
    )
    return write_all(comparison, out)


def _budget(settings: Settings, outside: bool) -> str:
    """What strategies are compared by."""
    if outside and settings.scenario.ood_cost != 1:
        return COST
    return "answers" if outside or settings.scenario.audit else "labelled items"


def _wanted(
    settings: Settings, data: Dataset, outside: bool, quantities: Collection[tuple[str, str]]
) -> dict[str, list[str]]:
    """The metrics to compute of each subset: what was asked for, and more where there is more to say."""
    scenario = settings.scenario
    wanted: dict[str, list[str]] = {subset: [] for subset in SUBSETS}
    wanted["test"] += ALWAYS
    if data.noisy is not None:
        wanted["labelled"] += ["noisy-ratio"]
    if outside:
        wanted["batch"] += ["query-precision"]
        wanted["asked"] += ["query-precision", "query-recall", "cost"]
    if outside or scenario.audit:
        wanted["asked"] += ["labels"]
    if scenario.long_tail is not None or scenario.known is not None:
        wanted["test"] += ["known-class-accuracy", "accuracy-many", "accuracy-medium", "accuracy-few"]
        wanted["asked"] += ["classes-found"]
        wanted["batch"] += ["novelty-ratio"]
    for name, subset in quantities:
        wanted[subset] += [name]
    return {subset: list(dict.fromkeys(names)) for subset, names in wanted.items() if names}
