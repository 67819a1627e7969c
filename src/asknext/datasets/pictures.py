"""Pictures as arrays: decoded from the bytes of files, and made smaller."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.types import Array


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
    AskNextError : Pillow is absent.
    OSError, ValueError : a file is no picture, or of another size.
    """
    image = _pillow()
    pictures = []
    for content in contents:
        with image.open(io.BytesIO(content)) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return np.stack(pictures)


def square(path: str, side: int) -> Array:
    """A picture from a file, as the square in its middle: what is cut off is the longer side's.

    Parameters
    ----------
    path : of a JPEG, PNG or other file.
    side : pixels that the square is resized to, by bicubic interpolation.

    Returns
    -------
    (side, side, 3) bytes.

    Raises
    ------
    AskNextError : the file is no picture, or Pillow is absent.
    """
    image = _pillow()
    from PIL import ImageOps

    try:
        with image.open(path) as picture:
            fitted = ImageOps.fit(picture.convert("RGB"), (side, side), image.Resampling.BICUBIC)
            return np.asarray(fitted)
    except Exception as error:  # a damaged file fails in many ways
        raise AskNextError(f"{path} is no picture that can be read ({error}); get it again.") from error


def _pillow() -> Any:
    """The module that reads pictures."""
    try:
        from PIL import Image
    except ImportError as error:
        raise AskNextError("reading JPEG images needs Pillow: pip install pillow") from error
    return Image


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
