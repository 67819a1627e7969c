"""Images in their publishers' files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asknext.datasets.items import Items
from asknext.datasets.published.reading import Published, parsed
from asknext.types import Array

GREY, COLOUR = 64, 384  # dimensions
SIDE = 32  # of colour images, pixels


def mnist(paths: Sequence[Path]) -> Items:
    """Items of the images and labels of the training part, then of the test part."""
    train, train_y, test, test_y = (parsed(path, idx) for path in paths)
    return Items(np.concatenate([train, test]), np.concatenate([train_y, test_y]), test=len(test))


def kmnist(paths: Sequence[Path]) -> Items:
    """Items of an archive of images and one of labels."""
    images, labels = (parsed(path, _archived) for path in paths)
    return Items(images, labels)


def svhn(paths: Sequence[Path]) -> Items:
    """Items of two MATLAB files, of the training part and of the test part; ten stands for the digit 0."""
    (train, train_y), (test, test_y) = (parsed(path, _matlab) for path in paths)
    return Items(np.concatenate([train, test]), np.concatenate([train_y, test_y]), test=len(test))


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


def _archived(content: bytes) -> Array:
    """The only array of a NumPy archive."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return archive["arr_0"]


def _matlab(content: bytes) -> tuple[Array, Array]:
    """Images and digits."""
    from scipy.io import loadmat

    try:
        found = loadmat(io.BytesIO(content), variable_names=["X", "y"])
    except Exception as error:  # a damaged file fails in many ways
        raise ValueError(f"it is a damaged MATLAB file: {error}") from error
    images, digits = np.moveaxis(found["X"], -1, 0), found["y"].ravel()
    if images.shape != (len(digits), SIDE, SIDE, 3) or images.dtype != np.uint8:
        raise ValueError(f"X is {found['X'].dtype} of shape {found['X'].shape}, with {len(digits)} labels")
    if not set(digits.tolist()) <= {*range(1, 11)}:
        raise ValueError("a label is none of the numbers from 1 to 10")
    return np.ascontiguousarray(images), digits.astype(np.intp) % 10


IMAGES = (
    Published(
        "kmnist", "Cursive Japanese letters of 28 × 28 pixels, the test part (Clanuwat et al. 2018).",
        "grey image",
        ("images/kmnist_test/kmnist-test-imgs.npz", "images/kmnist_test/kmnist-test-labels.npz"),
        kmnist, 10_000, GREY, 10),
    Published(
        "mnist", "Handwritten digits of 28 × 28 pixels, training and test part (LeCun et al. 1998).",
        "grey image",
        ("images/mnist/train-images-idx3-ubyte.gz", "images/mnist/train-labels-idx1-ubyte.gz",
         "images/mnist/t10k-images-idx3-ubyte.gz", "images/mnist/t10k-labels-idx1-ubyte.gz"),
        mnist, 70_000, GREY, 10),
    Published(
        "svhn", "House numbers of 32 × 32 pixels, training and test part (Netzer et al. 2011).",
        "colour image", ("images/svhn/train_32x32.mat", "images/svhn/test_32x32.mat"),
        svhn, 99_289, COLOUR, 10),
)  # fmt: skip
