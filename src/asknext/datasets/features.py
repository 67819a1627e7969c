"""From the columns of a table to numeric features, with scikit-learn's transformers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler, normalize

from asknext.datasets.columns import WORD, Column, Kind, read
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread
from asknext.types import Array

MOST_LEVELS = 50  # one-hot columns made of one column
MOST_ONE_HOT = 1000  # one-hot columns aimed at in all
TEXT_DIMENSIONS = 100
VOCABULARY = 20_000
_SHOWN = 5  # column names listed in a note


def build(frame: nw.DataFrame[Any], where: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Numeric features from the columns of a data frame, each treated by what it holds.

    Numbers and dates are standardised, with the median and a missing indicator for missing values; true
    and false become 1 and 0; categories are one-hot encoded, rare levels pooled; free text becomes TF-IDF
    of words and word pairs, reduced by truncated SVD (latent semantic analysis, Deerwester et al. 1990)
    to rows of unit length. Identifiers and columns without information are dropped.

    The transformers are fitted on **all** rows, without their labels: in active learning the whole pool
    is there from the start. An accuracy on rows that were held out is therefore transductive: the
    features, not the classifier, have seen those rows.

    Parameters
    ----------
    frame : n rows, without the label column.
    where : what the frame is, for messages.

    Returns
    -------
    (n, d) finite features; columns in the order numbers, dates, true/false, categories, texts. And one
    sentence for each kind of column that says what was done.

    Raises
    ------
    AskNextError : no column can be used, or one holds lists or objects.
    """
    columns = [read(name, frame[name]) for name in frame.columns]
    blocks, notes = [], []
    for kind, make in _MAKERS.items():
        group = [column for column in columns if column.kind == kind]
        if group:
            block, note = make(group)
            blocks.append(block)
            notes.append(f"{note}: {_names(group)}")
    for kind, why in _DROPPED.items():
        group = [column for column in columns if column.kind == kind]
        if group:
            notes.append(f"{_count(len(group), 'column')} dropped, {why}: {_names(group)}")
    if not blocks:
        raise AskNextError(f"{where} has no column to learn from; {'; '.join(notes) or 'only labels'}.")
    return blocks[0] if len(blocks) == 1 else np.hstack(blocks), tuple(notes)


def standardised(X: Array) -> Array:
    """Columns of mean 0 and variance 1, in place; X is (n, d) float64 without missing values."""
    return StandardScaler(copy=False).fit_transform(X)


def _numbers(columns: Sequence[Column], noun: str = "numeric column") -> tuple[Array, str]:
    X = np.column_stack([column.values for column in columns])
    low, high = np.fmin.reduce(X), np.fmax.reduce(X)  # these two skip NaN
    largest = np.maximum(-low, high)
    X /= np.where(largest > 0, largest, 1.0)  # changes nothing once standardised, but no square overflows
    gaps = np.isnan(X)
    note = f"{_count(len(columns), noun)} standardised"
    holed = gaps.any(axis=0)
    if holed.any():
        where = _names([column for column, gap in zip(columns, holed, strict=True) if gap])
        note += f", median and an indicator column for {_count(int(gaps.sum()), 'missing value')} in {where}"
        for j in np.flatnonzero(holed):  # one by one: the imputer works on copies
            X[:, [j]] = SimpleImputer(strategy="median").fit_transform(X[:, [j]])
    X = standardised(X)
    if not (low < high).all():  # one value and gaps: only the gaps can tell rows apart
        X = X[:, low < high]
    return (np.hstack([X, gaps[:, holed]]) if holed.any() else X), note


def _dates(columns: Sequence[Column]) -> tuple[Array, str]:
    return _numbers(columns, "date column")


def _booleans(columns: Sequence[Column]) -> tuple[Array, str]:
    X = np.column_stack([column.values for column in columns])
    return X, f"{_count(len(columns), 'true/false column')} as 1 and 0"


def _categories(columns: Sequence[Column]) -> tuple[Array, str]:
    values = np.array([column.values for column in columns], dtype=object).T
    levels = int(np.clip(MOST_ONE_HOT // len(columns), 2, MOST_LEVELS))
    encoder = OneHotEncoder(min_frequency=2, max_categories=levels, sparse_output=False)
    X = encoder.fit_transform(values)
    pooled = sum(len(rare) for rare in encoder.infrequent_categories_ if rare is not None and len(rare) > 1)
    note = f"{_count(len(columns), 'column')} of categories one-hot encoded into {X.shape[1]} columns"
    note += f", {_count(pooled, 'rare level')} pooled" * (pooled > 0)
    holed = [column for column in columns if None in column.values]
    if holed:
        gaps = sum(column.values.count(None) for column in holed)
        note += f", {_count(gaps, 'missing value')} in {_names(holed)} counted as a level"
    return X, note


def _texts(columns: Sequence[Column]) -> tuple[Array, str]:
    blocks = [text(column.values) for column in columns]
    dimensions = " + ".join(str(block.shape[1]) for block in blocks)
    note = (
        f"{_count(len(columns), 'text column')} as TF-IDF of words and word pairs, reduced by truncated SVD "
        f"to {dimensions} dimensions, rows of unit length"
    )
    gaps = sum(column.values.count(None) for column in columns)
    note += f", zeros for {_count(gaps, 'empty text')}" * (gaps > 0)
    return np.hstack(blocks), note


def text(texts: Sequence[str | None], dimensions: int = TEXT_DIMENSIONS) -> Array:
    """TF-IDF of words and word pairs, reduced by truncated SVD to so many columns at most, in unit rows."""
    vectors = TfidfVectorizer(
        token_pattern=WORD, ngram_range=(1, 2), sublinear_tf=True, max_features=VOCABULARY
    ).fit_transform([text or "" for text in texts])
    svd = TruncatedSVD(min(dimensions, *vectors.shape), random_state=0)
    with one_thread(), np.errstate(invalid="ignore", divide="ignore"):  # explained variance may be 0 / 0
        return normalize(svd.fit_transform(vectors))


_MAKERS: dict[Kind, Callable[[Sequence[Column]], tuple[Array, str]]] = {
    "number": _numbers,
    "date": _dates,
    "boolean": _booleans,
    "category": _categories,
    "text": _texts,
}
_DROPPED: dict[Kind, str] = {
    "identifier": "identifiers that hardly repeat",
    "constant": "always the same value",
    "empty": "no values",
}


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"


def _names(columns: Sequence[Column]) -> str:
    shown = ", ".join(column.name or "(no name)" for column in columns[:_SHOWN])
    return shown + f" and {len(columns) - _SHOWN} more" * (len(columns) > _SHOWN)
