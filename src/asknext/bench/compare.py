"""The comparison: every strategy, every seed, on all cores; killed anywhere, it goes on where it was."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from asknext.bench.insight import informed, reference
from asknext.bench.moments import moments
from asknext.bench.protocol import Settings, class_positions, split
from asknext.bench.results import Measure, Timing
from asknext.bench.run import Run, check, execute
from asknext.datasets import Dataset
from asknext.detectors.signal import OOD
from asknext.errors import AskNextError, UnavailableError
from asknext.log import events as kinds
from asknext.log.reader import count_events
from asknext.monitor.metrics import ALWAYS, REFERENCE, compute, metric
from asknext.strategies import get
from asknext.types import Array

Progress = Callable[[int], None]
"""Told now and then how many rounds are done in all."""


def runs(out: Path, settings: Settings) -> list[Run]:
    """Every cell, seed by seed, so that an early stop leaves complete seeds behind."""
    return [Run(out, name, seed) for seed in range(settings.seeds) for name in settings.strategies]


def left_aside(out: Path, settings: Settings) -> list[str]:
    """What earlier commands left runs of and this comparison does not name: strategies, and seeds."""
    found = [(unquote(path.parts[-2]), path.parts[-1]) for path in (out / "runs").glob("*/[0-9]*")]
    seeds = any(seed.isdecimal() and int(seed) >= settings.seeds for _, seed in found)
    more = [f"seeds from {settings.seeds} on"] if seeds else []
    return sorted({strategy for strategy, _ in found} - {*settings.strategies}) + more


def rounds_due(settings: Settings) -> int:
    """Rounds of all runs together, which is what the progress counts."""
    return settings.seeds * len(settings.strategies) * (settings.rounds + (settings.initial > 0))


def disk_due(settings: Settings, data: Dataset) -> float:
    """Gigabytes of columns that all runs together keep: the probabilities of every item in every round."""
    return rounds_due(settings) * len(data.y) * len(data.classes) * np.float32().nbytes / 1e9


def carry_out(
    out: Path, settings: Settings, data: Dataset, jobs: int, progress: Progress = lambda _: None
) -> None:
    """Execute all runs that are not finished yet.

    Parameters
    ----------
    out : the claimed results directory.
    settings : sizes filled in, strategies checked (`check_strategies`).
    data : the data set.
    jobs : processes, at most one for each run that is left; the results do not depend on it.
    progress : called from a thread of its own.

    Raises
    ------
    AskNextError : a run is damaged or of other data, or a worker process was killed.
    """
    y = class_positions(data)
    cells = runs(out, settings)
    jobs = min(jobs, sum(not run.finished(settings) for run in cells)) or 1
    parent = os.getpid() if jobs > 1 else None
    tasks = (delayed(execute)(run, data.seen, y, data.classes, settings, parent) for run in cells)
    finished: set[Run] = set()
    with _watch(cells, finished, progress):
        try:
            for run in Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks):
                finished.add(run)
        except TerminatedWorkerError as error:
            raise AskNextError(
                "a worker process was killed, perhaps for lack of memory; the same command goes on from "
                "here, and fewer --jobs need less memory."
            ) from error


def split_names(text: str) -> list[str]:
    """The names in a list with commas between them; commas within the parentheses of a name are its own."""
    names, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            names.append("")
        else:
            names[-1] += letter
    return [name.strip() for name in names if name.strip()]


def available(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the named strategies can be had here.

    Parameters
    ----------
    names : as the user wrote them.

    Returns
    -------
    The full names, each once, and a sentence about each strategy left out because its package is absent.

    Raises
    ------
    AskNextError : a name is unknown, or none of the strategies is left.
    """
    chosen: dict[str, None] = {}
    absent: dict[str, UnavailableError] = {}
    for name in names:
        try:
            chosen[get(name).name] = None
        except UnavailableError as error:
            absent[name] = error
    if absent and not chosen:
        raise next(iter(absent.values()))
    return tuple(chosen), tuple(f"{name} is left out: {error}" for name, error in absent.items())


def check_strategies(settings: Settings, data: Dataset) -> None:
    """Refuse, before any run is started, a strategy that is unknown or needs what the learner cannot give.

    Raises
    ------
    AskNextError : there is such a strategy, or a detector is chosen that none of them reads.
    """
    y = class_positions(data)
    for name in settings.strategies:
        check(Run(Path(), name, 0), data.seen, y, data.classes, settings)
    if settings.detector != "auto" and not any(OOD in get(name).needs for name in settings.strategies):
        raise AskNextError(
            f"the detector '{settings.detector}' is chosen, but no strategy here reads the signal 'ood'; "
            "name one that does, such as mqnet, or leave the detector out."
        )


def measure(
    out: Path,
    settings: Settings,
    data: Dataset,
    names: Iterable[str] = ALWAYS,
    subsets: Iterable[str] = ("test",),
) -> Iterator[Measure]:
    """The metrics of finished runs, from their logs and stored columns.

    Nothing is trained, except one reference model a seed where a metric needs it and no strategy did: the
    learner fitted on the test items with their true labels, which never saw the pool.

    Parameters
    ----------
    out, settings, data : of the comparison.
    names : metrics, also `package.module:function`.
    subsets : "test", "pool", "batch", "labelled", "asked"; see `Moment.view`.

    Returns
    -------
    Rows of results.csv; where a metric is not defined there is no row.
    """
    y = class_positions(data)
    subsets = tuple(subsets)
    chosen = {name: metric(name) for name in names}
    asked = any(REFERENCE in one.needs for one in chosen.values())
    divided = cache(lambda seed: split(y, settings, seed, data.classes))

    @cache
    def judges(seed: int) -> Array:
        kept = next((Run(out, name, seed).columns for name in settings.strategies if informed(name)), None)
        return reference(data.seen, y, data.classes, divided(seed), settings, seed, kept)

    for run in runs(out, settings):
        judge = judges(run.seed) if asked else None
        for moment in moments(run, divided(run.seed), data.X, y, settings, judge, data.noisy):
            for subset in subsets:
                view = moment.view(subset)
                if view is None:
                    continue
                for name, one in chosen.items():
                    value = compute(name, one, view)
                    if value is not None:
                        where = (run.strategy, run.seed, moment.round, moment.n_labelled)
                        yield Measure(data.name, *where, name, subset, value)


def timings(out: Path, settings: Settings) -> Iterator[Timing]:
    """Seconds that each round spent fitting, predicting and selecting, and their sum for each run.

    Parameters
    ----------
    out, settings : of the comparison.

    Returns
    -------
    Rows of timings.csv.
    """
    for run in runs(out, settings):
        total, last = 0.0, 0
        for event in run.events(settings):
            if event.type in (kinds.FITTED, kinds.ASKED):
                last = event.body["round"]
                for stage, seconds in event.body["seconds"].items():
                    total += seconds
                    yield Timing(run.strategy, run.seed, last, stage, seconds)
        yield Timing(run.strategy, run.seed, last, "total", total)


@contextmanager
def _watch(cells: list[Run], finished: set[Run], progress: Progress) -> Iterator[None]:
    """Report, while the body runs, how many rounds the logs hold."""
    done = {run: _rounds(run) for run in cells}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.4):
            for run in [r for r in cells if r not in closed and r.started]:
                done[run] = _rounds(run)
                if run in finished:
                    closed.add(run)
            progress(sum(done.values()))

    closed: set[Run] = set()
    thread = threading.Thread(target=look, daemon=True)
    progress(sum(done.values()))
    thread.start()
    try:
        yield
        progress(sum(_rounds(run) for run in cells))
    finally:
        over.set()
        thread.join()


def _rounds(run: Run) -> int:
    return count_events(run.path, kinds.FITTED) if run.started else 0
