"""Texts and rows of a table, from a file that needs no labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from asknext.datasets.columns import python_values, read
from asknext.datasets.files import read_table
from asknext.datasets.labels import MOST_CLASSES, TARGET_NAMES, choose_target
from asknext.errors import AskNextError
from asknext.studio.items import Content
from asknext.studio.raw import Raw, count

LONG = 40.0  # characters of a text, on average, from which on a column of texts stands for the whole row


def read_lines(path: Path) -> Raw:
    """Each line of a text file is a text; empty lines are left out.

    Raises
    ------
    AskNextError : the file is missing, no UTF-8 text, or empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise AskNextError(f"{path.name} is not UTF-8 text; save it as UTF-8 first.") from error
    except OSError as error:
        raise AskNextError(f"{path} cannot be read: {error.strerror}.") from error
    return _texts(lines, {}, path, "line", ())


def read_rows(path: Path, text: str | None = None, label: str | None = None) -> Raw:
    """The rows of a .csv, .tsv, .jsonl or .parquet file, as texts or as a table.

    Parameters
    ----------
    path : the file.
    text : the column that holds the text to label. None: where exactly one column holds long texts, it is
        that; where there is none or several, an item is a whole row.
    label : the column of classes that are known, empty where they are not; it is not shown to annotators.

    Raises
    ------
    AskNextError : the file cannot be read, has no such column, or the column of classes holds something else.
    """

    def chosen(columns: list[str]) -> str | None:
        return None if label is None else choose_target(columns, label, path.name)

    def make(frame: pd.DataFrame, found: str | None) -> Raw:
        frame = frame.rename(columns=str)
        if not frame.columns.is_unique:
            raise AskNextError(f"{path.name} has several columns of the same name; rename them.")
        if text is not None:
            choose_target(list(frame.columns), text, path.name)
            if text == found:
                raise AskNextError(f"'{text}' cannot be both the text and the label; name another column.")
        table = nw.from_native(frame, eager_only=True)
        labels = {} if found is None else _labels(python_values(table[found]), found)
        rest = table.drop(found) if found is not None else table
        if not rest.columns or not len(rest):
            lacking = "rows" if rest.columns else "columns"
            raise AskNextError(f"{path.name} has nothing to label: there are no {lacking}.")
        column = text or _text_column(rest)
        if column is None:
            return _rows(rest, labels)
        values = [None if value is None else str(value) for value in python_values(rest[column])]
        others = [name for name in rest.columns if name != column]
        note = f"The texts are the column '{column}'"
        note += f"; {count(len(others), 'other column')} left out." if others else "."
        return _texts(values, labels, path, "row", (note,))

    return read_table(path, chosen, make)


def _texts(
    texts: list[str | None] | list[str], labels: dict[int, str], path: Path, noun: str, notes: tuple[str, ...]
) -> Raw:
    places = [place for place, text in enumerate(texts) if text is not None and text.strip()]
    if not places:
        raise AskNextError(f"{path.name} holds no text.")
    kept = [str(texts[place]) for place in places]
    if empty := len(texts) - len(places):
        notes = (*notes, f"{count(empty, noun)} without a text left out.")
    item = {place: i for i, place in enumerate(places)}
    known = {item[place]: label for place, label in labels.items() if place in item}
    keys = [" ".join(text.split()) for text in kept]

    def rows() -> Iterator[Content]:
        return ({"text": text} for text in kept)

    return Raw("text", rows, kept, keys, places, len(texts), known, notes)


def _rows(table: nw.DataFrame[Any], labels: dict[int, str]) -> Raw:
    names = table.columns
    columns = [_shown(python_values(table[name])) for name in names]
    keys = list(zip(*columns, strict=True))
    likely = [name for name in names if name.lower() in TARGET_NAMES]
    notes = (f"The column '{likely[0]}' is shown; if it holds the answers, say so.",) if likely else ()

    def rows() -> Iterator[Content]:
        return ({"columns": [list(pair) for pair in zip(names, row, strict=True)]} for row in keys)

    return Raw("table", rows, table, keys, range(len(keys)), len(keys), labels, notes)


def _shown(values: list[Any]) -> list[Any]:
    """The values of a column as a page can show them; whole numbers beside gaps are whole again."""
    numbers = [value for value in values if isinstance(value, float) and np.isfinite(value)]
    whole = all(number.is_integer() for number in numbers)

    def shown(value: Any) -> Any:
        if isinstance(value, float):
            return (int(value) if whole else value) if np.isfinite(value) else None
        return value if value is None or isinstance(value, bool | int | str) else str(value)

    return [shown(value) for value in values]


def _text_column(table: nw.DataFrame[Any]) -> str | None:
    """The one column of long texts, or the only column if it holds words at all."""
    columns = [read(name, table[name]) for name in table.columns]
    if len(columns) == 1:
        return columns[0].name if columns[0].kind in ("text", "category", "identifier") else None
    texts = [column for column in columns if column.kind == "text"]
    long = [c.name for c in texts if np.mean([len(v) for v in c.values if v is not None]) >= LONG]
    return long[0] if len(long) == 1 else None


def _labels(values: list[Any], column: str) -> dict[int, str]:
    """The names of known classes; a page knows only texts, so that numbers become texts."""
    found = {}
    for place, value in enumerate(values):
        if value is None or value != value or not str(value).strip():
            continue
        whole = isinstance(value, float) and value.is_integer()
        found[place] = str(int(value) if whole else value)
    classes = len(set(found.values()))
    if classes > max(MOST_CLASSES, 0.9 * len(found)):
        raise AskNextError(
            f"the column '{column}' holds {classes} different values in {len(found)} rows, so they look like "
            "no classes; choose another column."
        )
    return found
