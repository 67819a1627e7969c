"""CIFAR-10 and CIFAR-100 in the forms in which they are published: pickles, and records of bytes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asknext.datasets.items import Items
from asknext.datasets.pictures import decoded
from asknext.datasets.published.pickles import Told, plain
from asknext.datasets.published.reading import Form, Published, Read, archived, parsed, sound, unpacked
from asknext.types import Array

SIDE = 32  # pixels
DIMENSIONS = 384
CIFAR10 = np.array(
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
)  # fmt: skip
"""The classes in the order of the publisher's numbers."""

Parts = tuple[tuple[str, ...], str, str]
"""Names of files: of the training part, of the test part, and of the names of the classes."""
Labelled = tuple[Array, Array]
"""Images (n, 32, 32, 3) and the numbers of their classes (n,)."""


def pickled(names: Parts, labels: bytes, called: bytes) -> Read:
    """A reader of batches as pickles of Python 2, from the archive or from the folder that it unpacks to.

    Parameters
    ----------
    names : of the files.
    labels : what the numbers of the classes stand under, in each batch.
    called : what the names of the classes stand under, in the last file.
    """

    def batch(content: bytes) -> Labelled:
        found = plain(content)
        data, numbers = found[b"data"], np.asarray(found[labels])
        if not isinstance(data, Told):
            raise ValueError("its data are no array")
        return _images(data.array()), numbers

    return _reader(names, batch, lambda content: [name.decode() for name in plain(content)[called]])


def recorded(names: Parts, numbers: int) -> Read:
    """A reader of files of records, from the archive or from the folder that it unpacks to.

    Parameters
    ----------
    names : of the files.
    numbers : bytes at the start of a record, of which the last is the number of the class.
    """
    return _reader(names, lambda content: _records(content, numbers), lambda text: text.decode().split())


def cifar10(paths: Sequence[Path]) -> Items:
    """Items of the first records of CIFAR-10, of the training part and of the test part."""

    def named(content: bytes) -> Labelled:
        images, numbers = _records(content)
        return images, _names(numbers, CIFAR10)

    (train, train_y), (test, test_y) = (parsed(path, named) for path in paths)
    return Items(np.concatenate([train, test]), np.concatenate([train_y, test_y]), test=len(test))


def cifar10_jpeg(paths: Sequence[Path]) -> Items:
    """Items of an archive of JPEG files, in the order that a table gives: training part first."""
    files, order = parsed(paths[0], archived), parsed(paths[1], _order)
    images = parsed(paths[0], lambda _: decoded(files[row["path"]] for row in order))
    labels = CIFAR10[[int(row["label"]) for row in order]]
    test = sum(row["split"] == "test" for row in order)
    return Items(images, labels, ("images packed as JPEG of quality 75, so lossy",), test=test)


def _reader(names: Parts, batch: Callable[[bytes], Labelled], listed: Callable[[bytes], Any]) -> Read:
    train, test, called = names

    def read(paths: Sequence[Path]) -> Items:
        with sound(paths[0]):
            files = unpacked(paths[0], (*train, test, called))
            classes = np.array(listed(files[called]))
            images, numbers = zip(*(_paired(files, name, batch) for name in (*train, test)), strict=True)
            labels = _names(np.concatenate(numbers), classes)
            return Items(np.concatenate(images), labels, test=len(images[-1]))

    return read


def _paired(files: Mapping[str, bytes], name: str, batch: Callable[[bytes], Labelled]) -> Labelled:
    images, numbers = batch(files[name])
    if numbers.shape != (len(images),) or not len(images):
        raise ValueError(f"{name} has {len(images)} images and {numbers.size} labels")
    return images, numbers


def _names(numbers: Array, classes: Array) -> Array:
    """The names of the classes of these numbers."""
    if numbers.dtype.kind not in "ui" or numbers.min() < 0 or numbers.max() >= len(classes):
        raise ValueError(f"a label is none of the numbers from 0 to {len(classes) - 1}")
    return classes[numbers]


def _images(rows: Array) -> Array:
    """Images of rows of red, green and blue, 32 × 32 bytes each."""
    return rows.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)


def _records(content: bytes, numbers: int = 1) -> Labelled:
    records = np.frombuffer(content, np.uint8).reshape(-1, numbers + 3 * SIDE * SIDE)
    return _images(records[:, numbers:]), records[:, numbers - 1]


def _order(content: bytes) -> list[dict[str, str]]:
    """Part, path and number of the class of each image, in the publisher's order."""
    return list(csv.DictReader(content.decode("ascii").splitlines()))


def _forms(
    folder: str, in_pickles: Read, pickles: Sequence[str], in_records: Read, records: Sequence[str]
) -> tuple[Form, ...]:
    """The forms: an archive and the folder that it unpacks to, of pickles and of records."""
    return tuple(
        Form((f"{folder}/{name}",), read)
        for read, names in ((in_pickles, pickles), (in_records, records)) for name in names
    )  # fmt: skip


def _batches(ending: str) -> tuple[str, ...]:
    return tuple(f"data_batch_{i}{ending}" for i in range(1, 6))


TEN = _forms(
    "images/cifar10",
    pickled((_batches(""), "test_batch", "batches.meta"), b"labels", b"label_names"),
    ("cifar-10-python.tar.gz", "cifar-10-batches-py"),
    recorded((_batches(".bin"), "test_batch.bin", "batches.meta.txt"), 1),
    ("cifar-10-binary.tar.gz", "cifar-10-batches-bin"),
)
JPEG = Form(
    ("images/cifar10/cifar10_jpeg.tar.xz", "images/cifar10/cifar10_original_order.csv.xz"), cifar10_jpeg
)
HUNDRED = _forms(
    "images/cifar100",
    pickled((("train",), "test", "meta"), b"fine_labels", b"fine_label_names"),
    ("cifar-100-python.tar.gz", "cifar-100-python"),
    recorded((("train.bin",), "test.bin", "fine_label_names.txt"), 2),
    ("cifar-100-binary.tar.gz", "cifar-100-binary"),
)
CIFAR = (
    Published(
        "cifar10", "Photographs of 32 × 32 pixels in 10 classes, training and test part (Krizhevsky 2009).",
        "colour image", *TEN[0], 60_000, DIMENSIONS, 10, otherwise=(*TEN[1:], JPEG)),
    Published(
        "cifar10-original", "The first 4000 + 1000 photographs of CIFAR-10, unaltered (Krizhevsky 2009).",
        "colour image",
        ("images/cifar10/data_batch_1_first4000.bin.xz", "images/cifar10/test_batch_first1000.bin.xz"),
        cifar10, 5000, DIMENSIONS, 10),
    Published(
        "cifar100", "Photographs of 32 × 32 pixels in 100 classes, training and test part (Krizhevsky 2009).",
        "colour image", *HUNDRED[0], 60_000, DIMENSIONS, 100, otherwise=HUNDRED[1:]),
)  # fmt: skip
