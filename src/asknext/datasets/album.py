"""Photographs of any size, decoded once to squares, into a memory-mapped file of the user's cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from asknext import rows
from asknext.datasets.pictures import square
from asknext.datasets.places import cache_dir
from asknext.errors import AskNextError
from asknext.files import replacing
from asknext.types import Array

BATCH = 256  # photographs decoded at a time
GB = 1e9


def album(name: str, files: Sequence[str], side: int) -> Array:
    """Squares of photographs: the shorter side is resized, and the middle is cut out.

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
    path = cache_dir() / "images" / f"{name}-{rows.fingerprint(state(files), side)}.npy"
    if not path.is_file():
        _check_room(name, path.parent, len(files) * side * side * 3)
        shape = (len(files), side, side, 3)
        with replacing(path) as file, ThreadPoolExecutor(os.cpu_count()) as pool:
            told = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, told)
            for start in range(0, len(files), BATCH):
                for picture in pool.map(lambda one: square(one, side), files[start : start + BATCH]):
                    file.write(picture.tobytes())
    return np.load(path, mmap_mode="r", allow_pickle=False)


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


def _check_room(name: str, folder: Path, due: int) -> None:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if due > free:
        raise AskNextError(
            f"the photographs of {name} take {due / GB:.1f} GB once decoded, and {folder} has room for "
            f"{free / GB:.1f} GB; take fewer, with :N after the name, or let XDG_CACHE_HOME lie elsewhere."
        )
