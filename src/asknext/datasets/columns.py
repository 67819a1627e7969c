"""What a column of a table holds: numbers, dates, categories, text — or nothing that can be used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import narwhals as nw
import numpy as np

from asknext.errors import AskNextError
from asknext.types import Array

Kind = Literal["number", "date", "boolean", "category", "text", "identifier", "constant", "empty"]

FEW_LEVELS = 50  # a column with no more distinct texts than this, each used twice on average, is a category
SEVERAL_WORDS = 2.0  # words in a distinct value, on average, from which on it is text
NEARLY_ALL = 0.9  # distinct values in a row, from which on single words are identifiers
ID_NAMES = frozenset({"", "id", "index", "unnamed: 0"})
"""Names under which whole numbers that never repeat are row numbers, not measurements."""
LIKE_ID_NAMES = re.compile(
    r"(?i:(.*[\W_])?(id|idx|index)|row[\W_]?(number|num|nr|no|names?)?|unnamed: [\d.]+|level_0|#|no\.?|nr\.?)"
    r"|.*[a-z](Id|ID)"
)
"""Names under which the whole numbers from 0 or 1 on, in their order, are row numbers."""

_SPACELESS = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"  # Thai, Lao, Japanese, Chinese
WORD = rf"[{_SPACELESS}]|[^\W{_SPACELESS}]+"
"""Pattern of a word; in scripts that are written without spaces, each letter counts as one."""


@dataclass(frozen=True)
class Column:
    """A column and what it was found to hold.

    Parameters
    ----------
    name : its name.
    kind : what it holds.
    values : (n,) float64 with NaN for missing where the kind is number, date or boolean; else (n,) texts
        with None for missing.
    """

    name: str
    kind: Kind
    values: Any


def read(name: str, series: nw.Series[Any]) -> Column:
    """Look at a column and decide what it holds, from its type first and its values second.

    Whole numbers are numbers, however few distinct ones there are, unless their name and they themselves
    say that they number the rows. Texts that are all ISO 8601 dates are dates. Other texts are free text if
    their values have two words or more on average, unless at most 50 distinct values recur; single words are
    identifiers if more than 90 % of them are distinct, else categories. Infinite numbers and blank texts
    count as missing.

    Raises
    ------
    AskNextError : the values are lists or objects.
    """
    dtype = series.dtype
    if dtype.is_numeric():
        return _numeric(name, "number", series.cast(nw.Float64).to_numpy())
    if isinstance(dtype, nw.Datetime | nw.Date):
        return _numeric(name, "date", series.dt.timestamp("us").cast(nw.Float64).to_numpy() / 1e6)
    if isinstance(dtype, nw.Duration):
        return _numeric(name, "number", series.dt.total_microseconds().cast(nw.Float64).to_numpy() / 1e6)
    values = _without_nulls(series)
    present = [value for value in values if value is not None]
    nested = [value for value in present if isinstance(value, dict | list | tuple | set | np.ndarray)]
    if nested:
        raise AskNextError(
            f"the column '{name}' holds nested values such as {str(nested[0])[:40]}; "
            "spread them over columns of their own, or leave the column out."
        )
    if present and all(isinstance(value, bool | np.bool_) for value in present):
        if len(present) == len(values):
            return _numeric(name, "boolean", np.array(values, dtype=np.float64))
    elif present and all(isinstance(value, Real | Decimal) for value in present):
        return _numeric(name, "number", np.array([_float(value) for value in values]))
    texts = [str(value) if value is not None and str(value).strip() else None for value in values]
    if isinstance(dtype, nw.Categorical | nw.Enum):
        return Column(name, _level_kind(texts, "category"), texts)
    return _textual(name, texts)


def python_values(series: nw.Series[Any]) -> list[Any]:
    """The values as plain Python objects, None where missing."""
    return [value.item() if isinstance(value, np.generic) else value for value in _without_nulls(series)]


def _without_nulls(series: nw.Series[Any]) -> list[Any]:
    """The values with None for whatever the data frame calls missing."""
    pairs = zip(series.to_list(), series.is_null().to_list(), strict=True)
    return [None if missing else value for value, missing in pairs]


def _float(value: Any) -> float:
    try:
        return float("nan") if value is None else float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return float("inf")


def _numeric(name: str, kind: Kind, values: Array) -> Column:
    infinite = np.isinf(values)
    if infinite.any():
        values = np.where(infinite, np.nan, values)
    low, high = np.fmin.reduce(values, initial=np.nan), np.fmax.reduce(values, initial=np.nan)
    if np.isnan(low):
        kind = "empty"
    elif low == high and not np.isnan(values).any():
        kind = "constant"
    elif kind == "number" and _numbers_rows(name.strip(), values):
        kind = "identifier"
    return Column(name, kind, values)


def _numbers_rows(name: str, values: Array) -> bool:
    """Whether whole numbers only say which row it is."""
    if LIKE_ID_NAMES.fullmatch(name) and values[0] in (0, 1) and (np.diff(values) == 1).all():
        return True
    whole = name.lower() in ID_NAMES and np.array_equal(values, np.floor(values))
    return whole and len(np.unique(values)) == len(values)


def _textual(name: str, texts: list[str | None]) -> Column:
    distinct = {text for text in texts if text is not None}
    dates = _dates(distinct)
    if dates:
        return _numeric(name, "date", np.array([dates[text] if text else np.nan for text in texts]))
    present = sum(text is not None for text in texts)
    recurring = len(distinct) <= min(FEW_LEVELS, present / 2)
    words = sum(_count_words(text) for text in distinct) / max(len(distinct), 1)
    if words >= SEVERAL_WORDS and not recurring:
        return Column(name, _level_kind(texts, "text"), texts)
    if len(distinct) > NEARLY_ALL * present:
        return Column(name, _level_kind(texts, "identifier"), texts)
    return Column(name, _level_kind(texts, "category"), texts)


def _level_kind(texts: Sequence[str | None], kind: Kind) -> Kind:
    """The kind given, unless there is no value or always the same one."""
    distinct = set(texts)
    if distinct <= {None}:
        return "empty"
    return "constant" if len(distinct) == 1 else kind


def _count_words(text: str) -> int:
    spaced = sum(re.search(r"\w", part) is not None for part in text.split())
    return max(spaced, len(re.findall(f"[{_SPACELESS}]", text)))


def _dates(texts: set[str]) -> dict[str, float]:
    """Seconds since 1970 of each text; empty unless all are ISO 8601 dates. Without a time zone: UTC."""
    seconds = {}
    for text in texts:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            return {}
        seconds[text] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds
