"""The pictures in a folder: which there are, which can be read, and a small square of each."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from asknext.errors import AskNextError
from asknext.types import Array, Progress

SIDE = 32  # of the small squares, pixels, unless another one is asked for
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
_ORIENTATION = 0x0112
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


def read(root: Path, names: Sequence[str], side: int = SIDE, progress: Progress | None = None) -> Found:
    """Pictures as squares of one size: the shorter side is resized, and the middle is cut out.

    What cannot be read, is larger than Pillow thinks safe, or lies outside by a link is left out. Of a moving
    picture the first frame counts.

    Parameters
    ----------
    root, names : a folder, and paths from there.
    side : of the squares, pixels.
    progress : told how far it is.

    Raises
    ------
    AskNextError : no picture can be read.
    """
    from PIL import Image  # noqa: F401  (once, and not in each thread)

    found = Found([], [], ())
    lost: list[tuple[str, str]] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("ignore")  # what is too large is found below
        for place, picture in enumerate(pool.map(lambda name: _picture(root, name, side), names)):
            if isinstance(picture, Picture):
                found.places.append(place)
                found.pictures.append(picture)
            else:
                lost.append((names[place], picture))
            if progress is not None and (place % _STEP == 0 or place + 1 == len(names)):
                progress("Reading pictures", place + 1, len(names))
    if not found.places:
        what = f"none of {len(names):,} picture{'s' * (len(names) != 1)}"
        raise AskNextError(f"{what} can be read: {_said(lost[0][0])} {lost[0][1]}.")
    return found._replace(notes=tuple(_left_out(lost)))


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


def colours(picture: Any) -> Any:
    """A picture of Pillow as RGB, or RGBA where parts of it are transparent; of 16 bits the higher eight."""
    from PIL import Image

    if picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.int64)
        picture = Image.fromarray((np.clip(values, 0, 65_535) >> 8).astype(np.uint8))
    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    return picture.convert("RGBA" if clear else "RGB")


def on_white(picture: Any) -> Any:
    """A picture of Pillow, RGB or RGBA, as RGB: what is transparent is white."""
    from PIL import Image

    if picture.mode == "RGB":
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


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
            width, height = picture.size
            if Image.MAX_IMAGE_PIXELS and width * height > Image.MAX_IMAGE_PIXELS:
                return "has too many pixels"
            turn = picture.getexif().get(_ORIENTATION, 1)
            picture.draft("RGB", (2 * side, 2 * side))
            small = on_white(_middle(colours(picture), side))
        if turn in _TURNS:
            small = small.transpose(Image.Transpose[_TURNS[turn]])
        if turn > 4:  # lies on its side
            width, height = height, width
        return Picture(width, height, blake2b(path.read_bytes(), digest_size=16).digest(), np.asarray(small))
    except Image.DecompressionBombError:
        return "has too many pixels"
    except Exception:  # a damaged picture may fail in any way
        return "is damaged or no picture"


def _middle(picture: Any, side: int) -> Any:
    """The largest square in the middle of a picture, resized."""
    from PIL import Image

    width, height = picture.size
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    return picture.resize((side, side), Image.Resampling.BOX, (left, top, left + short, top + short))


_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
    7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
"""How to set upright what a camera noted as lying."""


def _left_out(lost: list[tuple[str, str]]) -> Iterator[str]:
    for why in dict.fromkeys(reason for _, reason in lost):
        yield left_out([name for name, reason in lost if reason == why], why)
