"""Pictures as arrays: decoded from the bytes of files, cut to squares, and made smaller."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from asknext.types import Array

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
BATCH = 256  # files read at a time
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
    7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
"""How to set upright what a camera noted as lying."""
S = TypeVar("S")
T = TypeVar("T")


def decoded(contents: Iterable[bytes]) -> Array:
    """Pictures of one size from JPEG, PNG or other files.

    Parameters
    ----------
    contents : the bytes of n files.

    Returns
    -------
    (n, height, width, 3) bytes: red, green and blue, also of grey pictures.

    Raises
    ------
    OSError, ValueError : a file is no picture, or of another size.
    """
    from PIL import Image

    pictures = []
    for content in contents:
        with Image.open(io.BytesIO(content)) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return np.stack(pictures)


def square(picture: Any, side: int, sharp: bool = False) -> Array:
    """The largest square in the middle of a picture, upright and resized; what is transparent is white.

    Parameters
    ----------
    picture : a file that Pillow has opened; of a moving one the first frame counts.
    side : of the result, pixels.
    sharp : resize by bicubic interpolation, as networks are taught, and not by the means of areas.

    Returns
    -------
    (side, side, 3) bytes.
    """
    from PIL import Image

    turn = picture.getexif().get(_ORIENTATION, 1)
    picture.draft("RGB", (2 * side, 2 * side))
    whole = colours(picture)
    short = min(whole.size)
    left, top = ((length - short) / 2 for length in whole.size)
    how = Image.Resampling.BICUBIC if sharp else Image.Resampling.BOX
    small = on_white(whole.resize((side, side), how, (left, top, left + short, top + short)))
    return np.asarray(small.transpose(Image.Transpose[_TURNS[turn]]) if turn in _TURNS else small)


def size(picture: Any) -> tuple[int, int]:
    """Width and height of an opened picture, once it is upright; to be asked before `square`."""
    width, height = picture.size
    return (height, width) if picture.getexif().get(_ORIENTATION, 1) > 4 else (width, height)


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


def each(read: Callable[[S], T], files: Sequence[S]) -> Iterator[T]:
    """What is read from each of some files, in order: by several threads, a batch of files at a time.

    Warnings of Pillow on damaged or very large files are not passed on.
    """
    import PIL.Image  # noqa: F401  (once, and not in each thread)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(files), BATCH):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                batch = list(pool.map(read, files[start : start + BATCH]))
            yield from batch


def shrunk(images: Array, side: int) -> Array:
    """Smaller images, in which each pixel is the mean of a square of pixels.

    Parameters
    ----------
    images : (n, height, width, 3) bytes.
    side : of the smaller images; height and width are multiples of it.

    Returns
    -------
    (n, side, side, 3) bytes.
    """
    n, height, width, colours = images.shape
    squares = images.reshape(n, side, height // side, side, width // side, colours)
    return np.rint(squares.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8)
