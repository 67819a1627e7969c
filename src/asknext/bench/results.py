"""What a comparison leaves behind: tidy rows in two files, one that can be repeated and one that cannot."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from asknext.errors import AskNextError
from asknext.files import write_text
from asknext.monitor.explanations import Explanation

RESULTS = "results.csv"


class Measure(NamedTuple):
    """One row of results.csv: one number about one model on one subset of the items.

    `n_labelled` counts the answers bought so far, first labels included, by which strategies are compared.
    Each is a label that the model learns from, but for audit items and items out of scope; the metric
    `labels` counts those that are.
    """

    dataset: str
    strategy: str
    seed: int
    round: int
    n_labelled: int
    metric: str
    subset: str
    value: float


class Timing(NamedTuple):
    """One row of timings.csv: seconds in a stage, "fit", "predict", "select" or, for a whole run, "total"."""

    strategy: str
    seed: int
    round: int
    stage: str
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """Everything that a finished comparison has to tell.

    Parameters
    ----------
    dataset : its name.
    n : number of items, pool and test together.
    classes : their names.
    settings : target (None where the data come with their labels), learner, initial, batch, rounds, seeds,
        strategies (in the order given), pool_size, test_share, test_size, notes (sentences about the data),
        command (reproduces the run) and versions (of what took part); JSON-able, without NaN.
    measures, timings : the rows, in any order.
    explained : how the run of the first seed chose, by strategy.
    """

    dataset: str
    n: int
    classes: tuple[str, ...]
    settings: dict[str, Any]
    measures: list[Measure]
    timings: list[Timing]
    explained: dict[str, list[Explanation]] = field(default_factory=dict)


def write_measures(path: Path, measures: Iterable[Measure]) -> None:
    """Write results.csv: equal measures give equal bytes, whatever order they come in."""
    write_text(path, _csv(Measure, measures))


def write_timings(path: Path, timings: Iterable[Timing]) -> None:
    """Write timings.csv, apart from the results because no two runs take equally long."""
    write_text(path, _csv(Timing, timings))


def read_measures(out: Path, name: str = RESULTS) -> list[Measure]:
    """The rows of results.csv, or of another file of that form, in the order of the file.

    Parameters
    ----------
    out : the directory that a comparison wrote; `name` : of the file in it.

    Raises
    ------
    AskNextError : there is no such file, it has other columns, or a row cannot be read.
    """
    path = out / name
    if not path.is_file():
        raise AskNextError(f"there is no {name} in {out}; run `asknext compare` with --out {out} first.")
    types = get_type_hints(Measure)
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if header != list(types):
            raise AskNextError(f"{path} has the columns {', '.join(header)}; expected {', '.join(types)}.")
        try:
            return [Measure(*_typed(Measure, row)) for row in rows]
        except ValueError as error:
            raise AskNextError(f"{path} is damaged at line {rows.line_num}: {error}.") from error


def _csv(kind: type[Any], rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")  # writes floats by repr: the shortest text that reads back
    writer.writerow(kind._fields)
    writer.writerows(sorted(_typed(kind, row) for row in rows))
    return text.getvalue()


def _typed(kind: type[Any], row: Iterable[Any]) -> tuple[Any, ...]:
    types = get_type_hints(kind).values()
    return tuple(convert(value) for convert, value in zip(types, row, strict=True))
