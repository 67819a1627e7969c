"""Squares of pictures in the user's cache: decoded once, each written as it comes, read as a memory map."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from asknext import rows
from asknext.datasets.pictures import FORMATS, each, square
from asknext.datasets.places import cache_dir
from asknext.errors import AskNextError
from asknext.files import replacing
from asknext.types import Array

GB = 1e9


def album(name: str, files: Sequence[str], side: int) -> Array:
    """Squares from the middle of photographs, all of which must be sound.

    Parameters
    ----------
    name : what the file in the cache is to be called, beside the fingerprint of what is in it.
    files : paths of n photographs.
    side : pixels.

    Returns
    -------
    (n, side, side, 3) bytes, a memory map: only what is read of it takes memory.

    Raises
    ------
    AskNextError : a photograph is absent or damaged, or the disk has no room for the squares.
    """
    path = cache_dir() / "images" / f"{name}-{rows.fingerprint(state(files), side)}.bytes"
    if not path.is_file():
        _check_room(name, path.parent, len(files) * side * side * 3)
        put(path, each(lambda file: _square(file, side), files))
    return mapped(path, side)


def put(path: Path, squares: Iterable[Array]) -> None:
    """Write squares of one size into a file, which appears whole or not at all."""
    with replacing(path) as file:
        for one in squares:
            file.write(one.tobytes())


def mapped(path: Path, side: int) -> Array:
    """(n, side, side, 3) bytes of a file that `put` wrote, a memory map."""
    return np.memmap(path, np.uint8, "r").reshape(-1, side, side, 3)


def state(files: Sequence[str]) -> str:
    """What tells these files from others without reading them: last parts of paths, sizes, times.

    Raises
    ------
    AskNextError : one is absent.
    """
    told = []
    for file in files:
        try:
            found = os.stat(file)  # noqa: PTH116  (a hundred thousand paths)
        except OSError as error:
            raise AskNextError(f"{file} is not here ({error.strerror}); get it again.") from error
        told.append(f"{'/'.join(Path(file).parts[-3:])} {found.st_size} {found.st_mtime_ns}")
    return "\n".join(told)


def _square(file: str, side: int) -> Array:
    from PIL import Image

    try:
        with Image.open(file, formats=FORMATS) as picture:
            return square(picture, side, sharp=True)
    except Exception as error:  # a damaged file fails in many ways
        raise AskNextError(f"{file} is no picture that can be read ({error}); get it again.") from error


def _check_room(name: str, folder: Path, due: int) -> None:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if due > free:
        raise AskNextError(
            f"the photographs of {name} take {due / GB:.1f} GB once decoded, and {folder} has room for "
            f"{free / GB:.1f} GB; take fewer, with :N after the name, or let XDG_CACHE_HOME lie elsewhere."
        )
