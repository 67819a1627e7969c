"""A folder of pictures as a data set: a sub-folder for each class, as nearly everybody keeps them."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from asknext import rows
from asknext.datasets import picture_files, pictures
from asknext.datasets.album import mapped, put
from asknext.datasets.base import Dataset
from asknext.datasets.items import Items, dataset
from asknext.datasets.picture_files import SIDE, Reading, left_out, listing, named
from asknext.datasets.places import cache_dir
from asknext.errors import AskNextError
from asknext.files import read_json, write_json
from asknext.types import Array, Progress

DIMENSIONS = 384


class Squares(NamedTuple):
    """Pictures of one size.

    Parameters
    ----------
    images : (n, side, side, 3) bytes, a memory map.
    names : (n,) their paths from the folder.
    notes : what was left out, one sentence each.
    """

    images: Array
    names: list[str]
    notes: tuple[str, ...]


def load_folder(root: Path, progress: Progress | None = None) -> Dataset:
    """The features of the pictures in a folder, and as their labels the names of the folders that hold them.

    Links to folders and hidden files are passed by, and so are pictures that lie in no sub-folder. Features
    are made of squares of 32 pixels, see `picture_files.Reading`, and kept in the user's cache.

    Parameters
    ----------
    root : the folder.
    progress : told how far the reading is.

    Raises
    ------
    AskNextError : there are no pictures, no sub-folders with pictures, or just one; or none can be read.
    """
    root = root.resolve()
    names, notes = _classed(root)

    def items() -> Items:
        found = squares(root, SIDE, progress)
        y = np.array([_class(name) for name in found.names])
        _check_several(root, np.unique(y).tolist())
        return Items(found.images, y, (*found.notes, *notes))

    def made_of() -> Any:
        return _identity(root, names, SIDE), notes

    return dataset(root.name or "pictures", "picture", DIMENSIONS, items, made_of)


def squares(root: Path, side: int, progress: Progress | None = None) -> Squares:
    """The pictures of `load_folder` as squares, from the user's cache, or read now and put there.

    They are known by the paths of the pictures, their sizes and the times of their last change, as for
    `make`: to read gigabytes of photographs only to see that they are the same would take longer than all the
    rest. The folder may be moved; a copy with other times is read anew.

    Parameters
    ----------
    root : the folder.
    side : of the squares, pixels.
    progress : told how far the reading is.

    Raises
    ------
    AskNextError : as for `load_folder`.
    """
    root = root.resolve()
    names, _ = _classed(root)
    key = rows.fingerprint(_identity(root, names, side))
    images, about = (cache_dir() / "pictures" / f"{key}{ending}" for ending in (".bytes", ".json"))
    if not (images.is_file() and about.is_file()):
        reading, kept = Reading(root, names, side, progress), []

        def one_by_one() -> Iterator[Array]:
            for place, picture in reading:
                kept.append(names[place])
                yield picture.small

        put(images, one_by_one())
        write_json(about, {"names": kept, "notes": reading.notes})
    told = read_json(about)
    return Squares(mapped(images, side), told["names"], tuple(told["notes"]))


def _classed(root: Path) -> tuple[list[str], tuple[str, ...]]:
    """The paths of the pictures that have a class, and sentences on what else is there."""
    there = listing(root)
    loose = [name for name in there.names if "/" not in name]
    names = [name for name in there.names if "/" in name]
    if not names:
        raise AskNextError(
            f"{root} has no sub-folders with pictures; make one for each class, or label its pictures first: "
            f"asknext label PROJECT --items {root}."
        )
    _check_several(root, sorted({_class(name) for name in names}))
    notes = list(there.notes)
    if loose:
        notes.append(left_out(loose, "lies in no sub-folder"))
    if there.bare:
        notes.append(f"Without a picture: {named(there.bare)}.")
    return names, (*notes, *_nested(names))


def _class(name: str) -> str:
    return PurePosixPath(name).parent.name


def _check_several(root: Path, classes: Sequence[str]) -> None:
    if len(classes) == 1:
        raise AskNextError(
            f"{root} holds pictures of a single class, '{classes[0]}'; give a folder with at least two "
            "sub-folders of pictures."
        )


def _nested(names: Sequence[str]) -> tuple[str, ...]:
    """A sentence where classes lie in folders of folders, whose own names then count for nothing."""
    places = defaultdict(set)
    for name in names:
        places[_class(name)].add(str(PurePosixPath(name).parent))
    deep = sorted(place for found in places.values() for place in found if "/" in place)
    if not deep:
        return ()
    told = [f"The folder that holds a picture is its class, also in {named(deep)}"]
    told += [f"{named(sorted(found))} are one class" for found in places.values() if len(found) > 1]
    return (f"{'; '.join(told[:3])}.",)


def _identity(root: Path, names: Sequence[str], side: int) -> Any:
    stats = [(root / name).lstat() for name in names]
    stamps = np.array([(stat.st_size, stat.st_mtime_ns) for stat in stats], dtype=np.int64)
    return list(names), stamps, side, *map(inspect.getsource, (picture_files, pictures))
