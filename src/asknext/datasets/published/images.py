"""Images in their publishers' files."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from asknext.datasets.items import Items
from asknext.datasets.pictures import decoded, shrunk
from asknext.datasets.published.reading import Published, parsed
from asknext.types import Array

GREY, COLOUR = 64, 384  # dimensions
SIDE = 32  # of colour images, pixels
TINY = ("images/tiny_imagenet_ood20/tiny-imagenet-ood20.tar.xz",)
IN_CIFAR10 = ("king penguin", "Chihuahua", "Labrador retriever", "Egyptian cat")
"""Classes of Tiny ImageNet that are a bird, dogs and a cat."""
CIFAR10 = np.array(
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
)  # fmt: skip
"""The classes in the order of the publisher's numbers."""


def mnist(paths: Sequence[Path]) -> Items:
    """Items of the images and labels of the training part, then of the test part."""
    train, train_y, test, test_y = (parsed(path, idx) for path in paths)
    return Items(np.concatenate([train, test]), np.concatenate([train_y, test_y]))


def kmnist(paths: Sequence[Path]) -> Items:
    """Items of an archive of images and one of labels."""
    images, labels = (parsed(path, _archived) for path in paths)
    return Items(images, labels)


def cifar10_jpeg(paths: Sequence[Path]) -> Items:
    """Items of an archive of JPEG files, in the order that a table gives: training part first."""
    files, order = parsed(paths[0], _files), parsed(paths[1], _order)
    images = parsed(paths[0], lambda _: decoded(files[path] for path, _ in order))
    note = "images packed as JPEG of quality 75, so lossy"
    return Items(images, np.array([label for _, label in order]), (note,))


def cifar10(paths: Sequence[Path]) -> Items:
    """Items of files of records: a byte for the class, then red, green and blue, 32 × 32 bytes each."""
    images, labels = zip(*(parsed(path, _records) for path in paths), strict=True)
    return Items(np.concatenate(images), np.concatenate(labels))


def tiny_imagenet(left_out: Sequence[str] = ()) -> Callable[[Sequence[Path]], Items]:
    """A reader of an archive in the layout of Tiny ImageNet: training part first, both sorted by class.

    Parameters
    ----------
    left_out : names of classes.
    """

    def read(paths: Sequence[Path]) -> Items:
        images, labels = parsed(paths[0], _tiny)
        kept = ~np.isin(labels, left_out)
        notes = [f"64 × 64 pixels averaged to {SIDE} × {SIDE}"]
        notes += [f"left out, as they belong to classes of CIFAR-10: {', '.join(left_out)}"] * bool(left_out)
        return Items(images[kept], labels[kept], tuple(notes))

    return read


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


def _records(content: bytes) -> tuple[Array, Array]:
    """Images and names of their classes."""
    records = np.frombuffer(content, np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE)
    images = records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    return images, CIFAR10[records[:, 0]]


def _files(content: bytes) -> dict[str, bytes]:
    """The content of each file of an archive."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {member.name: file.read() for member in archive if (file := archive.extractfile(member))}


def _order(content: bytes) -> list[tuple[str, str]]:
    """Path and name of the class of each image, in the publisher's order."""
    rows = csv.DictReader(content.decode("ascii").splitlines())
    return [(row["path"], CIFAR10[int(row["label"])]) for row in rows]


def _tiny(content: bytes) -> tuple[Array, Array]:
    """Images and names of their classes."""
    files = _files(content)
    root = next(name for name in files if name.endswith("/wnids.txt")).removesuffix("wnids.txt")
    words = dict(line.split("\t") for line in files[f"{root}words.txt"].decode().splitlines())
    kept = [line.split("\t")[:2] for line in files[f"{root}val/val_annotations.txt"].decode().splitlines()]
    train = [(name.split("/")[-3], name) for name in sorted(files) if name.startswith(f"{root}train/")]
    val = sorted((code, f"{root}val/images/{name}") for name, code in kept)
    codes, names = zip(*[pair for pair in train + val if pair[1].endswith(".JPEG")], strict=True)
    images = shrunk(decoded(files[name] for name in names), SIDE)
    return images, np.array([words[code].split(",")[0] for code in codes])


IMAGES = (
    Published(
        "cifar10", "Photographs of 32 × 32 pixels in 10 classes, as JPEG (Krizhevsky 2009).", "colour image",
        ("images/cifar10/cifar10_jpeg.tar.xz", "images/cifar10/cifar10_original_order.csv.xz"),
        cifar10_jpeg, 60_000, COLOUR, 10),
    Published(
        "cifar10-original", "The first 4000 + 1000 photographs of CIFAR-10, unaltered (Krizhevsky 2009).",
        "colour image",
        ("images/cifar10/data_batch_1_first4000.bin.xz", "images/cifar10/test_batch_first1000.bin.xz"),
        cifar10, 5000, COLOUR, 10),
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
        "tiny-imagenet", "Photographs of 20 classes, averaged to 32 × 32 pixels (Le & Yang 2015).",
        "colour image", TINY, tiny_imagenet(), 5000, COLOUR, 20, sorted=True),
    Published(
        "tiny-imagenet-ood", "Those of `tiny-imagenet` that belong to no class of CIFAR-10 (Le & Yang 2015).",
        "colour image", TINY, tiny_imagenet(left_out=IN_CIFAR10), 4000, COLOUR, 16, sorted=True),
)  # fmt: skip
