"""A folder of pictures: which can be read, how large they are, and a small square of each."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from asknext.errors import AskNextError
from asknext.studio.items import Content, contained
from asknext.studio.raw import Progress, Raw, count, named
from asknext.types import Array

SIDE = 32  # of the small squares, pixels, unless another one is asked for
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
FOLDER = "folder"
"""What `label` is where the name of a picture's folder is its class."""
_ORIENTATION = 0x0112
_STEP = 100  # pictures between two words on the progress


class Picture(NamedTuple):
    """A picture that could be read. `key` : a hash of the file; `small` : (side, side, 3) bytes."""

    width: int
    height: int
    key: bytes
    small: Array


def read_folder(
    root: Path, label: str | None = None, progress: Progress | None = None, side: int = SIDE
) -> Raw:
    """The pictures in a folder and the folders within, sorted by their path.

    What cannot be read, is larger than Pillow thinks safe, or lies outside by a link is left out. Hidden
    files are not looked at. Of a moving picture the first frame counts.

    Parameters
    ----------
    root : the folder.
    label : "folder" where the name of the folder that holds a picture is its class; None where nothing is
        known of the classes.
    progress : told how far it is.
    side : of the small squares, pixels.

    Raises
    ------
    AskNextError : no picture can be read, or `label` is something else.
    """
    if label not in (None, FOLDER):
        raise AskNextError(f"pictures have no column '{label}'; say '{FOLDER}' where folders are classes.")
    names = sorted(_names(root))
    if not names:
        raise AskNextError(f"{root} holds no pictures ({', '.join(ENDINGS)}).")
    found: list[tuple[int, Picture]] = []
    lost: list[tuple[str, str]] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("ignore")  # what is too large is found below
        for place, picture in enumerate(pool.map(lambda name: _picture(root, name, side), names)):
            if isinstance(picture, Picture):
                found.append((place, picture))
            else:
                lost.append((names[place], picture))
            if progress is not None and (place % _STEP == 0 or place + 1 == len(names)):
                progress("Reading pictures", place + 1, len(names))
    if not found:
        raise AskNextError(f"none of {count(len(names), 'picture')} can be read: {lost[0][0]} {lost[0][1]}.")
    kept = [names[place] for place, _ in found]

    def rows() -> Iterator[Content]:
        for name, (_, picture) in zip(kept, found, strict=True):
            yield {"image": name, "width": picture.width, "height": picture.height}

    folders = {i: Path(name).parent.name for i, name in enumerate(kept)} if label == FOLDER else {}
    return Raw(
        kind="image",
        rows=rows,
        values=np.stack([picture.small for _, picture in found]),
        keys=[picture.key for _, picture in found],
        places=[place for place, _ in found],
        total=len(names),
        labels={item: name for item, name in folders.items() if name},
        notes=tuple(_left_out(lost)),
        root=root,
    )


def _names(root: Path) -> Iterator[str]:
    """The paths of what may be pictures, from the root; links to folders are not followed."""

    def refuse(error: OSError) -> None:
        raise AskNextError(f"{error.filename} cannot be read: {error.strerror}.") from error

    for folder, inner, files in os.walk(root, onerror=refuse):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in files:
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                yield Path(folder, name).relative_to(root).as_posix()


def _picture(root: Path, name: str, side: int) -> Picture | str:
    """A picture, or why it cannot be had."""
    try:
        name.encode()
        path = contained(root, name)
    except UnicodeEncodeError:
        return "has a name that is no UTF-8 text"
    except AskNextError:
        return "is a link that leads nowhere or out of the folder"
    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            if Image.MAX_IMAGE_PIXELS and width * height > Image.MAX_IMAGE_PIXELS:
                return "has too many pixels"
            turn = picture.getexif().get(_ORIENTATION, 1)
            picture.draft("RGB", (2 * side, 2 * side))
            small = picture.convert("RGB").resize((side, side), Image.Resampling.BOX)
        if turn in _TURNS:
            small = small.transpose(_TURNS[turn])
        if turn > 4:  # lies on its side
            width, height = height, width
        return Picture(width, height, blake2b(path.read_bytes(), digest_size=16).digest(), np.asarray(small))
    except Image.DecompressionBombError:
        return "has too many pixels"
    except Exception:  # a damaged picture may fail in any way
        return "is damaged or no picture"


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to set upright what a camera noted as lying."""


def _left_out(lost: list[tuple[str, str]]) -> Iterator[str]:
    for why, n in Counter(reason for _, reason in lost).items():
        names = [name.encode(errors="replace").decode() for name, reason in lost if reason == why]
        yield f"{count(n, 'file')} left out, each {why}: {named(names)}."
