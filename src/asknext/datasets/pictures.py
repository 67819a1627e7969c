"""Pictures as arrays: decoded from the bytes of files, and made smaller."""

from __future__ import annotations

import io
from collections.abc import Iterable

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
    try:
        from PIL import Image
    except ImportError as error:
        raise AskNextError("reading JPEG images needs Pillow: pip install pillow") from error
    pictures = []
    for content in contents:
        with Image.open(io.BytesIO(content)) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return np.stack(pictures)


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
