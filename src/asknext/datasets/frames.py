"""Any data frame as a data set: labels from one column, features from the others."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from asknext.datasets.base import Dataset
from asknext.datasets.columns import python_values
from asknext.datasets.features import build
from asknext.datasets.labels import choose_target, clean
from asknext.errors import AskNextError


def from_frame(frame: Any, target: str, name: str = "data frame") -> Dataset:
    """A data set from a data frame.

    Parameters
    ----------
    frame : n rows as a pandas, Polars, PyArrow or any other data frame that narwhals knows.
    target : the column of labels.
    name : what to call it.

    Returns
    -------
    The data set; its features are fitted on all rows without labels, see `features.build`.

    Raises
    ------
    AskNextError : no data frame, columns of the same name, no such column, labels that cannot be used
        (see `labels.clean`), or no column to learn from.
    """
    try:
        table = nw.from_native(frame)
        table = table.collect() if isinstance(table, nw.LazyFrame) else table
        table = table.rename({column: str(column) for column in table.columns})
    except TypeError as error:
        raise AskNextError(
            f"{type(frame).__name__} is no data frame; give a pandas, Polars or PyArrow table."
        ) from error
    except ValueError as error:  # narwhals wants each name once
        raise AskNextError(f"{name} has several columns of the same name; rename them.") from error
    target = choose_target(table.columns, target, name)
    y, classes = clean(python_values(table[target]), target)
    X, notes = build(table.drop(target), name)
    return Dataset(name, X, y, classes, notes)
