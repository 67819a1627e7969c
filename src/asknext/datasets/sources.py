"""Where data come from: a name, a number on OpenML, or a file."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asknext.datasets.base import Dataset
from asknext.datasets.bundled import BUNDLED
from asknext.datasets.files import load_file
from asknext.datasets.openml import load_openml
from asknext.errors import AskNextError
from asknext.plugins import find, plugins


def load(source: str, target: str | None = None) -> Dataset:
    """A data set by name, OpenML number or path.

    Parameters
    ----------
    source : a name (`catalogue` lists them), `openml:` and a number, or the path of a file: .csv, .tsv (both
        also .gz), .jsonl, .parquet or .npz.
    target : the column of labels of a file or an OpenML table; see `files.load_file`.

    Returns
    -------
    The data set. Features are fitted on all rows without labels, see `features.build`.

    Raises
    ------
    AskNextError : there is no such data, or it cannot be used; the message says what to do.
    """
    if source.lower().startswith("openml:"):
        return load_openml(source[len("openml:") :].strip(), target)
    path = Path(source).expanduser()
    named = not path.suffix and len(path.parts) == 1
    if not named or (path.exists() and source not in _named()):
        return load_file(path, target)
    loader = find("data set or file", source, _named())
    if target is not None:
        raise AskNextError(f"the data set '{source}' comes with its labels; leave --target out.")
    return loader()


def catalogue() -> list[dict[str, Any]]:
    """The data sets that have a name: dictionaries of name, n, d, classes (how many) and source."""
    rows = []
    for name, loader in _named().items():
        data = loader()
        n, d = data.X.shape
        source = (inspect.getdoc(loader) or "").split("\n")[0]
        rows.append({"name": name, "n": n, "d": d, "classes": len(data.classes), "source": source})
    return rows


def _named() -> dict[str, Callable[[], Dataset]]:
    """The bundled data sets and those of the entry point `asknext.datasets`."""
    return {**BUNDLED, **plugins("asknext.datasets")}
