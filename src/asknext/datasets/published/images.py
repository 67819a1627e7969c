"""Images in their publishers' files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asknext.datasets.items import GREY_DIMENSIONS, Items
from asknext.datasets.published.reading import Published, parsed
from asknext.types import Array


def mnist(paths: Sequence[Path]) -> Items:
    """Items of the images and labels of the training part, then of the test part."""
    train, train_y, test, test_y = (parsed(path, idx) for path in paths)
    return Items(np.concatenate([train, test]), np.concatenate([train_y, test_y]))


def idx(content: bytes) -> Array:
    """An array of bytes from an idx file: two zeros, type 8, number of axes, their lengths.

    Raises
    ------
    ValueError : it is of another type, or too short.
    """
    if content[:3] != b"\0\0\x08":
        raise ValueError("it is no idx file of bytes")
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


MNIST = Published(
    "mnist", "Handwritten digits of 28 × 28 pixels, as 64 principal components (LeCun et al. 1998).",
    "grey image", ("images/mnist/train-images-idx3-ubyte.gz", "images/mnist/train-labels-idx1-ubyte.gz",
     "images/mnist/t10k-images-idx3-ubyte.gz", "images/mnist/t10k-labels-idx1-ubyte.gz"),
    mnist, 70_000, GREY_DIMENSIONS, 10,
)  # fmt: skip

IMAGES = (MNIST,)
