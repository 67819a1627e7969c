"""Tables from files: CSV, TSV, JSON lines, Parquet and NumPy archives, with a clear word on what is wrong."""

from __future__ import annotations

import json
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from pandas.errors import DtypeWarning, EmptyDataError, ParserError, ParserWarning

from asknext import rows
from asknext.datasets.base import Dataset
from asknext.datasets.frames import from_frame
from asknext.datasets.labels import choose_target, clean
from asknext.datasets.numerals import plain_numbers
from asknext.errors import AskNextError
from asknext.types import Array

T = TypeVar("T")
Choose = Callable[[list[str]], str | None]
"""The column of labels, from the names of all columns."""
Labelled = tuple[pd.DataFrame, str | None]

MISSING = ("", "?", " ?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "<NA>")
"""What stands for a missing value in a delimited file; "None" too, except among labels."""
_SEPARATORS = (",", ";", "\t", "|")
_UNREADABLE = (ParserError, OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, MemoryError)


def load_file(path: Path, target: str | None = None) -> Dataset:
    """A data set from a file.

    Parameters
    ----------
    path : a .csv, .tsv (both also with .gz), .jsonl, .parquet or .npz file. Delimited text is UTF-8 with
        the column names in the first line; a .csv whose first line has no comma may use ; tab or |.
        JSON lines hold one flat object a line; a NumPy archive holds a matrix X and labels y.
    target : the column of labels; None: the only one called target, label, labels, class or y.

    Returns
    -------
    The data set, called by the file's name without its ending.

    Raises
    ------
    AskNextError : the file is missing, a folder, empty, of another kind, or cannot be parsed, or the table
        cannot be used (see `from_frame`); the message says which and what to do.
    """
    _check(path)
    if path.name.lower().endswith(_ARCHIVE):
        with _explained(path, _ARCHIVE):
            return _npz(path, target, path.name[: -len(_ARCHIVE)])
    name = path.name[: -len(_ending(path))]
    return read_table(
        path,
        lambda columns: choose_target(columns, target, path.name),
        lambda frame, found: from_frame(frame, str(found), name),
    )


def read_table(path: Path, choose: Choose, make: Callable[[pd.DataFrame, str | None], T]) -> T:
    """What is made of the table in a file, labelled or not.

    Parameters
    ----------
    path : as for `load_file`, but no .npz file.
    choose : the column of labels, from the names of all columns; None where there is none. There, "None" is
        a label like any other.
    make : from the table and the column that was chosen.

    Raises
    ------
    AskNextError : as for `load_file`, and whatever `choose` and `make` raise.
    """
    _check(path)
    ending = _ending(path)
    with _explained(path, ending):
        return make(*_READERS[ending](path, choose))


def _ending(path: Path) -> str:
    for ending in _READERS:
        if path.name.lower().endswith(ending):
            return ending
    raise AskNextError(f"{path.name}: unknown kind of file; give one of {', '.join(_ENDINGS)}.")


@contextmanager
def _explained(path: Path, ending: str) -> Iterator[None]:
    """Turn whatever a damaged file leads to into a word on it."""
    try:
        yield
    except AskNextError:
        raise
    except UnicodeDecodeError as error:
        bad = f"byte 0x{error.object[error.start]:02x}"
        raise AskNextError(f"{path.name} is not UTF-8 text ({bad}); save it as UTF-8 first.") from error
    except EmptyDataError as error:
        raise AskNextError(f"{path.name} is empty.") from error
    except ParserWarning as error:
        raise AskNextError(f"{path.name}: rows hold more values than the first line has names.") from error
    except Exception as error:
        if ending == ".parquet":  # a damaged one may fail in any way, and as late as its texts are read
            raise AskNextError(f"{path.name} is a damaged Parquet file ({_why(error)}).") from error
        if not isinstance(error, _UNREADABLE):
            raise
        raise AskNextError(f"{path.name} cannot be read as {ending}: {_why(error)}") from error


def _check(path: Path) -> None:
    if path.is_dir():
        raise AskNextError(f"{path} is a folder; give a file ({', '.join(_ENDINGS)}).")
    if not path.exists():
        folder = path.parent
        if not folder.is_dir():
            raise AskNextError(f"{path} does not exist: there is no folder {folder}.")
        near = get_close_matches(path.name, [other.name for other in folder.iterdir()], n=1)
        hint = f"did you mean '{near[0]}'?" if near else "check the path."
        raise AskNextError(f"{path} does not exist; {hint}")
    if path.stat().st_size == 0:
        raise AskNextError(f"{path.name} is empty.")


def _csv(path: Path, choose: Choose) -> Labelled:
    return _delimited(path, choose, _SEPARATORS)


def _tsv(path: Path, choose: Choose) -> Labelled:
    return _delimited(path, choose, ("\t",))


def _delimited(path: Path, choose: Choose, separators: tuple[str, ...]) -> Labelled:
    for separator in separators:
        options: dict[str, Any] = {"sep": separator, "keep_default_na": False}
        first = pd.read_csv(path, header=None, nrows=1, dtype=str, **options).iloc[0]
        if len(first) > 1:
            break
    columns = [str(column).strip() for column in first]
    twice = [column for column, times in Counter(columns).items() if times > 1]
    if twice:
        raise AskNextError(
            f"{path.name} has {columns.count(twice[0])} columns called '{twice[0]}'; the first line must "
            "hold a name of its own for each column."
        )
    target = choose(columns)
    missing = {column: [*MISSING, "None"] for column in columns}
    options["na_values"] = missing if target is None else missing | {target: list(MISSING)}
    options |= {"header": 0, "names": columns, "index_col": False}
    with warnings.catch_warnings():
        warnings.simplefilter("error", ParserWarning)  # all rows are longer than the first line
        warnings.simplefilter("error", DtypeWarning)
        try:
            frame = pd.read_csv(path, **options)
        except DtypeWarning:  # numbers in one part of the file and text in another: read it in one piece
            frame = pd.read_csv(path, low_memory=False, **options)
    return plain_numbers(frame, separator, target), target


def _jsonl(path: Path, choose: Choose) -> Labelled:
    records = []
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                records.append(_record(line, f"{path.name}, line {number}"))
    if not records:
        raise AskNextError(f"{path.name} is empty.")
    frame = pd.DataFrame.from_records(records)
    return frame, choose(list(frame.columns))


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise AskNextError(f"{where}, is not JSON: {error.msg}.") from error
    except (RecursionError, ValueError) as error:  # nested too deeply, a number of too many digits
        raise AskNextError(f"{where}, cannot be read: {error}.") from error
    if not isinstance(record, dict):
        raise AskNextError(f"{where}, is no JSON object; give one object a line.")
    for key, value in record.items():
        if isinstance(value, dict | list):
            raise AskNextError(
                f"{where}: the key '{key}' holds a nested value; spread it over keys of their own, "
                "or leave it out."
            )
    return record


def _parquet(path: Path, choose: Choose) -> Labelled:
    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except ImportError as error:
        raise AskNextError(f"reading {path.name} needs PyArrow: pip install 'asknext[parquet]'") from error
    return frame, choose([str(column) for column in frame.columns])


def _npz(path: Path, target: str | None, name: str) -> Dataset:
    if target not in (None, "y"):
        raise AskNextError(f"{path.name}: a NumPy archive has its labels in y; leave --target out.")
    if not zipfile.is_zipfile(path):
        raise AskNextError(f"{path.name} is no NumPy archive; make one with numpy.savez(path, X=X, y=y).")
    X, y, encoded, test, _ = _arrays(path)
    if X.ndim < 2 or X.dtype.kind not in "biuf":
        shape = " × ".join(map(str, X.shape))
        raise AskNextError(f"{path.name}: X must be rows of numbers; it is {X.dtype} of shape {shape}.")
    if y.ndim != 1 or len(y) != len(X):
        shape = " × ".join(map(str, y.shape))
        raise AskNextError(f"{path.name}: X has {len(X)} rows, so y must hold {len(X)} labels, not {shape}.")
    X = X.reshape(len(X), -1)
    if encoded is not None:
        rows.check_finite(f"{path.name}: X", X)
        labels, classes = clean(y.tolist(), "y")
        notes = (f"rows as '{encoded}' made them",)
        return Dataset(name, X.astype(np.float64), labels, classes, notes, test=test)
    if X.dtype == np.uint8:
        labels, classes = clean(y.tolist(), "y")
        return Dataset(name, X / 255.0, labels, classes, (f"{X.shape[1]} 8-bit values divided by 255",))
    frame = pd.DataFrame(X, columns=[f"X{j}" for j in range(X.shape[1])])
    frame["y"] = y
    return from_frame(frame, "y", name)


class _Archive(NamedTuple):
    """What a NumPy archive holds; the last three are of an embedding that `asknext encode` made.

    These are the encoder, how many of the last rows are the publisher's test part, and the published data set
    that was encoded.
    """

    X: Array
    y: Array
    encoder: str | None = None
    test: int = 0
    source: str | None = None


def _arrays(path: Path) -> _Archive:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if not {"X", "y"} <= set(archive.files):
                found = ", ".join(archive.files) or "none"
                raise AskNextError(f"{path.name} needs the arrays X and y; it holds: {found}.")
            if "encoder" not in archive.files:
                return _Archive(archive["X"], archive["y"])
            told = [name for name in ("encoder", "test", "source") if name in archive.files]
            return _Archive(archive["X"], archive["y"], **{name: archive[name].item() for name in told})
    except AskNextError:
        raise
    except MemoryError as error:
        raise AskNextError(f"{path.name} holds arrays too large for the memory: {error}") from error
    except Exception as error:  # a damaged archive may fail in any way
        if "Object arrays" in str(error):
            raise AskNextError(
                f"{path.name} holds arrays of Python objects, which are not read for safety; save X as "
                "numbers and y as numbers or fixed-width text (y.astype(str))."
            ) from error
        raise AskNextError(f"{path.name} is a damaged NumPy archive ({_why(error)}).") from error


def encoded_from(path: Path) -> tuple[str, int] | None:
    """The published data set that the rows of a NumPy archive are an embedding of, and how many there are.

    Raises
    ------
    AskNextError : the archive cannot be read.
    """
    found = _arrays(path)
    return None if found.source is None else (found.source, len(found.X))


def archived_images(path: Path) -> Array:
    """The images that a NumPy archive holds as X.

    Returns
    -------
    (n, h, w, 3) or (n, h, w) bytes, a row for each of the data set that `load_file` makes of it.

    Raises
    ------
    AskNextError : X is something else, or the archive cannot be read.
    """
    X = _arrays(path).X
    if not rows.is_images(X):
        raise AskNextError(
            f"X of {path.name} is {X.shape} {X.dtype}, which are no images; give (n, height, width, 3) "
            "bytes, or choose another learner."
        )
    return X


def _why(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__


_READERS: dict[str, Callable[[Path, Choose], Labelled]] = {
    ".csv": _csv,
    ".csv.gz": _csv,
    ".tsv": _tsv,
    ".tsv.gz": _tsv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
_ARCHIVE = ".npz"
_ENDINGS = (*_READERS, _ARCHIVE)
