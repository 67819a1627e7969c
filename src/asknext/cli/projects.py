"""What commands on a project share: its log, its columns, and its features where the user gives the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asknext.cli.app import print_json, screen
from asknext.errors import AskNextError, BusyLogError

if TYPE_CHECKING:
    from asknext.campaign import Campaign
    from asknext.log import Event
    from asknext.studio.project import Project


def features_of(project: Path, n: int, fingerprint: str, data: str | None, target: str | None) -> Any:
    """The features of a project's items: its own, or from the data that it was started with; else None.

    Raises
    ------
    AskNextError : the data cannot be read, or are others than those of the project.
    """
    if data is None:
        return labelling(project).embedding if is_labelling(project) else None
    from asknext.datasets import load
    from asknext.learners.fitting import Table

    X = load(data, target).X
    if len(X) != n or (fingerprint and Table(X).key != fingerprint):
        raise AskNextError(f"{data} holds other items than {project}; give the data it was started with.")
    return X


def along_project(
    project: Path,
    metric: str | None,
    subset: str,
    verify: bool,
    data: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """Compute a metric along the log of a project, print it, and write PROJECT/replay-METRIC.csv.

    Raises
    ------
    AskNextError : verification is asked for, no metric is named, or it is not defined here.
    """
    from asknext.bench.results import Measure, write_measures
    from asknext.log import ColumnStore, fold, read_events
    from asknext.monitor.metrics import METRICS, NOISE, REFERENCE, TRUTH
    from asknext.monitor.metrics import metric as find_metric
    from asknext.monitor.trail import SUBSETS, trail
    from asknext.plugins import find

    if verify or metric is None:
        known = ", ".join(name for name, one in METRICS.items() if not one.needs & {TRUTH, NOISE, REFERENCE})
        raise AskNextError(f"{project} is a project; give --metric NAME, one of {known}.")
    names = dict.fromkeys(subset.split(","))
    if "test" in names:
        raise AskNextError("a project has no test items; give --subset pool, batch or labelled.")
    subsets = [find("subset", name, {s: s for s in SUBSETS}) for name in names]
    events = read_events(project)
    state = fold(events)
    X = features_of(project, state.n, state.data, data, target)
    chosen = {metric: find_metric(metric)}
    points = list(trail(events, ColumnStore(project / "columns"), chosen, subsets, X))
    if not points:
        raise AskNextError(f"the metric '{metric}' is not defined on {subset} in any round.")
    rows = [Measure(project.name, "", state.seed, *point) for point in points]
    path = project / f"replay-{metric.replace(':', '.')}.csv"
    write_measures(path, rows)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    for point in points:
        screen.print(f"round {point.round}, {point.n_labelled} labels, {point.subset}: {point.value:.4f}")
    screen.print(f"Written to {path}", highlight=False, markup=False, soft_wrap=True)


def family_of(events: Sequence[Event]) -> str:
    """The family of the strategy that asked last; empty where none did, or where it is not known here."""
    from asknext.log import events as kinds
    from asknext.strategies import get

    asked = [event.body["strategy"] for event in events if event.type == kinds.ASKED]
    try:
        return get(asked[-1]).family if asked else ""
    except AskNextError:
        return ""


def is_labelling(directory: Path) -> bool:
    """Whether the directory is a labelling project, with items of its own."""
    from asknext.studio.project import SETTINGS

    return (directory / SETTINGS).is_file()


def labelling(directory: Path) -> Project:
    """The labelling project in a directory.

    Raises
    ------
    AskNextError : there is none, or a part of it is missing.
    """
    from asknext.studio.project import Project

    if not directory.exists():
        raise AskNextError(f"there is no project {directory}; asknext label DIR --items PATH makes one.")
    return Project.open(directory)


@contextmanager
def writing(project: Project, **how: Any) -> Iterator[Campaign]:
    """The campaign of a labelling project, to ask and tell.

    Parameters
    ----------
    how : for `Project.campaign`; `learner=None` where answers are taken in alone, so that no picture is read.

    Raises
    ------
    AskNextError : the page of the project is open, or another command writes it.
    """
    try:
        campaign = project.campaign(**how)
    except BusyLogError as error:
        raise AskNextError(
            f"{project.path} is being written elsewhere, such as by its labelling page; use the page, or "
            "close it first."
        ) from error
    with campaign:
        yield campaign


def is_project(directory: Path) -> bool:
    """Whether the directory itself holds the log of a campaign."""
    from asknext.log.place import holds_log

    return holds_log(directory)
