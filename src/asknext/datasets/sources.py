"""Where data come from: a name, a number on OpenML, a file, or a folder of pictures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asknext.datasets.base import Dataset
from asknext.datasets.bundled import BUNDLED
from asknext.datasets.files import load_file
from asknext.datasets.generated import GENERATED
from asknext.datasets.openml import load_openml
from asknext.datasets.picture_folder import load_folder
from asknext.datasets.places import expanded
from asknext.datasets.published import PUBLISHED, Published
from asknext.errors import AskNextError
from asknext.plugins import find, plugins
from asknext.types import Progress


def load(source: str, target: str | None = None, progress: Progress | None = None) -> Dataset:
    """A data set by name, OpenML number or path.

    Parameters
    ----------
    source : a name (`catalogue` lists them), for some with `:N` for the first N rows only (`mnist:10000`) or,
        where they are made, for another seed (`noisy-blobs-ld:7`); `openml:` and a number; the path of a
        file: .csv, .tsv (both also .gz), .jsonl, .parquet or .npz; or that of a folder of pictures with a
        sub-folder for each class.
    target : the column of labels of a file or an OpenML table; see `files.load_file`.
    progress : told how far the reading of pictures is.

    Returns
    -------
    The data set. Features are fitted on all rows without labels, see `features.build`.

    Raises
    ------
    AskNextError : there is no such data, or it cannot be used; the message says what to do.
    """
    if source.lower().startswith("openml:"):
        return load_openml(source[len("openml:") :].strip(), target)
    path = place(source)
    if path is not None and path.is_dir():
        if target is not None:
            raise AskNextError(f"the folders in {path} are its classes; leave --target out.")
        return load_folder(path, progress)
    if path is not None:
        return load_file(path, target)
    name, colon, number = source.partition(":")
    loader = find("data set or file", name, _named())
    if target is not None:
        raise AskNextError(f"the data set '{name}' comes with its labels; leave --target out.")
    return loader(**numbered(source, loader, number)) if colon else loader()


def place(source: str) -> Path | None:
    """The path that a source is, or None where it is a name; of the two, a name goes first (`./digits`)."""
    path = expanded(source)
    named = source == path.name and not path.suffix
    return None if named and (source in _named() or not path.exists()) else path


def catalogue() -> list[dict[str, Any]]:
    """The data sets that have a name: dictionaries of name, n, d, classes (how many), state and source.

    The state is "present", or "absent" where the user has to fetch the files first.
    """
    rows = []
    for name, loader in _named().items():
        entry = getattr(loader, "__self__", None)
        if isinstance(entry, Published):
            n, d, classes, present, source = entry.n, entry.d, entry.classes, entry.present, entry.source
        else:
            data = loader()
            (n, d), classes, present = data.X.shape, len(data.classes), True
            source = (inspect.getdoc(loader) or "").split("\n")[0]
        state = "present" if present else "absent"
        rows.append({"name": name, "n": n, "d": d, "classes": classes, "state": state, "source": source})
    return rows


def numbered(source: str, loader: Callable[..., Dataset], number: str) -> dict[str, int]:
    """What the number of a source such as "mnist:10000" stands for: the `first` rows, or a `seed`.

    Parameters
    ----------
    source : the whole, for messages.
    loader : of the data set.
    number : what stands behind the colon.

    Raises
    ------
    AskNextError : no number, or the loader takes none.
    """
    taken = inspect.signature(loader).parameters
    whole = number.isascii() and number.isdigit()
    if "seed" in taken:
        if not whole:
            raise AskNextError(f"'{source}' needs the seed to make it from, such as noisy-blobs-ld:7.")
        return {"seed": int(number)}
    if "first" not in taken:
        raise AskNextError(f"'{source}': this data set is taken whole; leave ':{number}' out.")
    if not (whole and int(number)):
        raise AskNextError(f"'{source}' needs the number of rows to take, such as mnist:10000.")
    return {"first": int(number)}


def _named() -> dict[str, Callable[..., Dataset]]:
    """The data sets that come along, are made or published, and plug-ins of `asknext.datasets`."""
    published = {name: entry.load for name, entry in PUBLISHED.items()}
    return {**BUNDLED, **GENERATED, **published, **plugins("asknext.datasets")}
