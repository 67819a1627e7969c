"""Numbers that a file writes for human eyes: 1.234,5 or 1,234.5."""

from __future__ import annotations

import re

import pandas as pd

COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")
"""A decimal comma, as files write it that do not separate their columns by commas."""
THOUSANDS = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
"""Thousands set off by commas."""


def plain_numbers(frame: pd.DataFrame, separator: str, target: str | None) -> pd.DataFrame:
    """The frame with such columns as numbers; a column that holds any other text stays as it is.

    Parameters
    ----------
    frame : as pandas read it.
    separator : of the file's columns; where it is a comma, a comma within a number sets off thousands.
    target : the column of labels, which stays as it is; None where there is none.
    """
    form, group, point = (THOUSANDS, ",", ".") if separator == "," else (COMMA, ".", ",")
    found = {}
    for name, column in frame.items():
        if name == target or pd.api.types.is_numeric_dtype(column):
            continue
        texts = column.dropna()
        if len(texts) and all(isinstance(text, str) and form.fullmatch(text.strip()) for text in texts):
            digits = column.str.strip().str.replace(group, "", regex=False)
            found[name] = digits.str.replace(point, ".", regex=False).astype(float)
    return frame.assign(**found)
