"""Where files of data sets lie, and where what was computed from them is kept."""

from __future__ import annotations

import os
from pathlib import Path

from asknext.errors import AskNextError

VARIABLE = "ASKNEXT_DATA"
"""The environment variable that names the folder of data files."""


def cache_dir() -> Path:
    """The user's cache of this package: `asknext` in `XDG_CACHE_HOME`, by default in `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asknext"


def expanded(path: str) -> Path:
    """A path in which ~ stands for the home of a user.

    Raises
    ------
    AskNextError : there is no such user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise AskNextError(f"{path}: there is no such user; give the path in full.") from error


def data_file(path: str) -> Path | None:
    """A data file, or a folder of such, where `ASKNEXT_DATA` says, else in the folder `data` of the cache.

    Parameters
    ----------
    path : below such a folder, with slashes, such as "images/mnist/t10k-labels-idx1-ubyte.gz".

    Returns
    -------
    Where it is; None where it is in neither.
    """
    named = os.environ.get(VARIABLE)
    folders = [expanded(named)] if named else []
    return next((f / path for f in [*folders, cache_dir() / "data"] if (f / path).exists()), None)
