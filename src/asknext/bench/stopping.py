"""Where stopping rules would have ended finished runs, what that saves, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed

from asknext.bench import wording
from asknext.bench.compare import runs
from asknext.bench.protocol import Settings
from asknext.bench.results import Measure, read_measures, write_measures
from asknext.bench.run import Run
from asknext.datasets import Dataset
from asknext.kernels.threads import one_thread
from asknext.monitor.looks import looks, stored
from asknext.monitor.readings import FIGURES, readings, watched
from asknext.monitor.stopping import RULES, Rule, first_stop
from asknext.monitor.stopping.verdict import History

READINGS = "readings.csv"
COLUMNS = ("rule", "reads", "stops in", "labels saved", "within", "lost, mean", "lost, worst")


@dataclass(frozen=True)
class Course:
    """A finished run as a rule sees it.

    Parameters
    ----------
    task, strategy, seed : which run.
    labelled : (t,) answers bought at each round; accuracy : (t,) on the test items.
    figures : the history of each figure, by name.
    """

    task: str
    strategy: str
    seed: int
    labelled: Sequence[int]
    accuracy: Sequence[float]
    figures: dict[str, History]


class Outcome(NamedTuple):
    """What a rule did in a run.

    stopped : before the end.
    saved : share of the labels.
    lost : accuracy that the labels after the stop would have added; below 0 where they took some away.
    """

    stopped: bool
    saved: float
    lost: float


def record(
    out: Path, settings: Settings, data: Dataset, jobs: int, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Write readings.csv: what the watched items showed in each round of each run. Nothing is trained.

    Parameters
    ----------
    out, settings, data : of a finished comparison.
    jobs : processes.
    progress : told how many runs are done.
    """
    cells = runs(out, settings)
    rows: list[Measure] = []
    found = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(_read)(run, settings, data.name) for run in cells
    )
    for done, part in enumerate(found, start=1):
        rows += part
        progress(done)
    write_measures(out / READINGS, rows)


def courses(out: Path, task: str) -> list[Course]:
    """The runs of a task, from its results.csv and readings.csv.

    Parameters
    ----------
    out : the folder of the task.
    task : its name.
    """
    cells: dict[tuple[str, int], dict[str, dict[int, float]]] = {}
    labelled: dict[tuple[str, int], dict[int, int]] = {}
    for row in [*read_measures(out), *read_measures(out, READINGS)]:
        accuracy = (row.metric, row.subset) == ("accuracy", "test")
        if accuracy or row.subset == "watched":
            cells.setdefault((row.strategy, row.seed), {}).setdefault(row.metric, {})[row.round] = row.value
        if accuracy:
            labelled.setdefault((row.strategy, row.seed), {})[row.round] = row.n_labelled
    found = []
    for (strategy, seed), values in cells.items():
        rounds = sorted(values["accuracy"])
        figures: dict[str, History] = {n: [values.get(n, {}).get(r) for r in rounds] for n in FIGURES}
        counts = [labelled[strategy, seed][r] for r in rounds]
        found.append(Course(task, strategy, seed, counts, [values["accuracy"][r] for r in rounds], figures))
    return found


def outcome(rule: Rule, course: Course) -> Outcome:
    """What a rule does in a run; one that never stops spends all labels."""
    at = first_stop(rule, course.figures[rule.reads])
    last = len(course.labelled) - 1
    at = last if at is None else at
    saved = 1 - course.labelled[at] / course.labelled[last]
    return Outcome(at < last, saved, course.accuracy[last] - course.accuracy[at])


def table(rules: Iterable[Rule], found: Sequence[Course], within: float) -> list[dict[str, Any]]:
    """How each rule does over runs, the most trustworthy first.

    Parameters
    ----------
    rules : to apply.
    found : the runs.
    within : accuracy that a stop may lose and still count as right.

    Returns
    -------
    For each rule, JSON-able: rule, reads, runs, stopped (share of runs), saved (mean share of labels), within
    (share of runs), lost_mean and lost_worst.
    """
    rows = []
    for rule in rules:
        ends = [outcome(rule, course) for course in found]
        lost = np.array([end.lost for end in ends])
        rows.append(
            {
                "rule": rule.name,
                "reads": rule.reads,
                "runs": len(ends),
                "stopped": float(np.mean([end.stopped for end in ends])),
                "saved": float(np.mean([end.saved for end in ends])),
                "within": float(np.mean(lost <= within + 1e-9)),
                "lost_mean": float(lost.mean()),
                "lost_worst": float(lost.max()),
            }
        )
    return sorted(rows, key=lambda row: (-row["within"], -row["saved"]))


def over_tasks(out: Path, tasks: Iterable[str], points: float) -> dict[str, Any]:
    """The table of every rule over the runs of a recipe's tasks.

    Parameters
    ----------
    out : the folder of the recipe, with one for each task.
    tasks : their names.
    points : of accuracy, in percent, that a stop may lose.

    Returns
    -------
    JSON-able: `within` and `rules`, see `table`.
    """
    found = [course for task in tasks for course in courses(out / task, task)]
    return {"within": points, "rules": table(RULES, found, points / 100)}


def told(found: dict[str, Any]) -> str:
    """What the table shows, in a sentence."""
    points = f"{found['within']:g} point{'s' * (found['within'] != 1)}"
    return (
        f"A stop is right where the labels after it would have added at most {points} of test accuracy; a "
        "rule that never stops is always right and saves nothing."
    )


def lines(rows: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
    """The table as texts, a cell for each of `COLUMNS`."""
    for row in rows:
        yield [
            row["rule"],
            row["reads"],
            f"{wording.whole_percent(row['stopped'])} % of {row['runs']}",
            f"{wording.percent(row['saved'])} %",
            f"{wording.percent(row['within'])} %",
            wording.signed(row["lost_mean"]),
            wording.signed(row["lost_worst"]),
        ]


def _read(run: Run, settings: Settings, name: str) -> list[Measure]:
    events = run.events(settings)
    watch = watched(events[0].body["n"], run.seed)
    seen = looks(events, stored(events, run.columns))
    with one_thread():
        found = readings(seen, watch, None, run.seed)
        return [
            Measure(name, run.strategy, run.seed, one.round, one.labelled, figure, "watched", value)
            for one in found
            for figure in FIGURES
            if (value := getattr(one, figure)) is not None
        ]
