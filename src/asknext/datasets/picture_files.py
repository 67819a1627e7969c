"""The pictures in a folder: which there are, which can be read, and a square of each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asknext.datasets.pictures import FORMATS, each, size, square
from asknext.errors import AskNextError
from asknext.types import Array, Progress

SIDE = 32  # of the small squares, pixels, unless another one is asked for
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
_STEP = 100  # pictures between two words on the progress
_SHOWN = 3  # names in a note


class Listing(NamedTuple):
    """What a folder holds: `names` of what may be pictures, `bare` folders without any, `links` to folders.

    All are paths from the folder, with slashes, sorted.
    """

    names: list[str]
    bare: list[str]
    links: list[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence where links were passed by."""
        if not self.links:
            return ()
        return (f"Links to folders are not followed: {named(self.links)}.",)


class Picture(NamedTuple):
    """A picture that could be read. `key` : a hash of the file; `small` : (side, side, 3) bytes."""

    width: int
    height: int
    key: bytes
    small: Array


class Found(NamedTuple):
    """What could be read: `places` among the names, the `pictures`, and `notes` on what was left out."""

    places: list[int]
    pictures: list[Picture]
    notes: tuple[str, ...]

    @property
    def squares(self) -> Array:
        """(n, side, side, 3) bytes."""
        return np.stack([picture.small for picture in self.pictures])


def listing(root: Path) -> Listing:
    """What may be pictures in a folder and those within; hidden ones and links to folders are passed by.

    Raises
    ------
    AskNextError : there are none, or a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise AskNextError(f"{error.filename} cannot be read: {error.strerror}.") from error

    found = Listing([], [], [])
    for folder, inner, files in os.walk(root, onerror=refuse):
        here = Path(folder)
        inner[:] = [name for name in inner if not name.startswith(".")]
        found.links.extend(_inside(root, here / name) for name in inner if (here / name).is_symlink())
        pictures = [name for name in files if name.lower().endswith(ENDINGS) and not name.startswith(".")]
        found.names.extend(_inside(root, here / name) for name in pictures)
        if not (pictures or inner):
            found.bare.append(_inside(root, here))
    if not found.names:
        raise AskNextError(f"{root} holds no pictures ({', '.join(ENDINGS)}).")
    return Listing(*map(sorted, found))


class Reading:
    """Pictures read one after the other, with their places among the names; a square of each is kept.

    What cannot be read, is larger than Pillow thinks safe, or lies outside by a link is left out.

    Parameters
    ----------
    root, names : a folder, and paths from there.
    side : of the squares, pixels.
    progress : told how far it is.

    Raises
    ------
    AskNextError : at the end, where no picture could be read.
    """

    def __init__(
        self, root: Path, names: Sequence[str], side: int = SIDE, progress: Progress | None = None
    ) -> None:
        self._root, self._names, self._side, self._progress = root, names, side, progress
        self._lost: list[tuple[str, str]] = []

    def __iter__(self) -> Iterator[tuple[int, Picture]]:
        self._lost = []
        total = len(self._names)
        found = each(lambda name: _picture(self._root, name, self._side), self._names)
        for place, picture in enumerate(found):
            if isinstance(picture, Picture):
                yield place, picture
            else:
                self._lost.append((self._names[place], picture))
            if self._progress is not None and (place % _STEP == 0 or place + 1 == total):
                self._progress("Reading pictures", place + 1, total)
        if len(self._lost) == total:
            (name, why), what = self._lost[0], f"none of {total:,} picture{'s' * (total != 1)}"
            raise AskNextError(f"{what} can be read: {_said(name)} {why}.")

    @property
    def notes(self) -> tuple[str, ...]:
        """On what was left out so far, a sentence for each reason."""
        whys = dict.fromkeys(why for _, why in self._lost)
        return tuple(left_out([name for name, own in self._lost if own == why], why) for why in whys)


def read(root: Path, names: Sequence[str], side: int = SIDE, progress: Progress | None = None) -> Found:
    """All that `Reading` reads, at once.

    Parameters, raises : as for `Reading`.
    """
    reading = Reading(root, names, side, progress)
    places, pictures = zip(*reading, strict=True)
    return Found(list(places), list(pictures), reading.notes)


def contained(root: Path, name: str) -> Path:
    """The real file of a name within a folder.

    Raises
    ------
    AskNextError : there is no such file, or a link or `..` leads out of the folder.
    """
    try:
        found = (root / name).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # gone, a loop of links, a zero byte
        raise AskNextError(f"the picture {name} is not in {root} any more.") from error
    if not found.is_relative_to(root.resolve()) or not found.is_file():
        raise AskNextError(f"the picture {name} lies outside of {root}, so it is not read.")
    return found


def named(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    rest = len(names) - _SHOWN
    return ", ".join(map(_said, names[:_SHOWN])) + f" and {rest:,} more" * (rest > 0)


def left_out(names: Sequence[str], why: str) -> str:
    """A sentence on files that are left out."""
    return f"{len(names):,} file{'s' * (len(names) != 1)} left out, each {why}: {named(names)}."


def _inside(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _said(name: str) -> str:
    return name.encode(errors="replace").decode()


def _picture(root: Path, name: str, side: int) -> Picture | str:
    """A picture, or why it cannot be had."""
    from PIL import Image

    try:
        name.encode()
        path = contained(root, name)
    except UnicodeEncodeError:
        return "has a name that is no UTF-8 text"
    except AskNextError:
        return "is a link that leads nowhere or out of the folder"
    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = size(picture)
            if Image.MAX_IMAGE_PIXELS and width * height > Image.MAX_IMAGE_PIXELS:
                return "has too many pixels"
            small = square(picture, side)
        return Picture(width, height, blake2b(path.read_bytes(), digest_size=16).digest(), small)
    except Image.DecompressionBombError:
        return "has too many pixels"
    except Exception:  # a damaged picture may fail in any way
        return "is damaged or no picture"
