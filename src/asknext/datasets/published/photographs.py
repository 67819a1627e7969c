"""ImageNet and Places365 in class folders, whole, by lists of classes and by lists of files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from asknext.datasets.items import Items
from asknext.datasets.published.reading import Published, Read, parsed, sound
from asknext.types import Array

DIMENSIONS = 384
LARGE = 256  # pixels, of which networks see 224 in training
CLIP = 224  # pixels
CLASSES = 1000
ENDINGS = (".jpeg", ".jpg", ".png")
OUTSIDE = 1.5  # photographs out of scope for each in scope
MQ_NET = (
    955, 523, 676, 936, 246, 304, 579, 406, 11, 95, 91, 68, 831, 826, 173, 859, 781, 445, 85, 528, 226, 54,
    886, 503, 650, 516, 367, 744, 497, 263, 184, 689, 548, 42, 983, 958, 429, 572, 584, 574, 5, 924, 967, 669,
    100, 533, 297, 919, 106, 487,
)  # fmt: skip
"""The classes of ImageNet in scope in Park et al. 2022, by their places in the order of WordNet's numbers."""


class Listed(NamedTuple):
    """Paths of photographs and the names of their classes."""

    files: list[str]
    labels: list[str]


def whole(paths: Sequence[Path]) -> Items:
    """Items of a training and a test part in folders of classes, both sorted by class."""
    with sound(paths[0]):
        return _items(in_folders(paths[0]), in_folders(paths[1]))


def of_classes(paths: Sequence[Path]) -> Items:
    """The same for the classes of a list: a line is the name of a folder, a blank and words."""
    names = parsed(paths[2], lambda content: [line.split()[0] for line in _lines(content)])
    with sound(paths[0]):
        return _items(in_folders(paths[0], names), in_folders(paths[1], names))


def mq_net(paths: Sequence[Path]) -> Items:
    """The 50 classes in scope of Park et al. 2022, among photographs of the other 950.

    Of these the authors draw one and a half times as many as are in scope, not telling which, and so do we,
    from a generator of seed 0.
    """
    with sound(paths[0]):
        train = in_folders(paths[0])
        classes = sorted(set(train.labels))
        if len(classes) != CLASSES:
            raise ValueError(f"it has photographs of {len(classes)} classes, not of {CLASSES}")
        inside = [classes[place] for place in MQ_NET]
        test = in_folders(paths[1], inside)
    ours = np.isin(train.labels, inside)
    others = np.flatnonzero(~ours)
    due = min(round(OUTSIDE * ours.sum()), len(others))
    drawn = np.sort(np.random.default_rng(0).choice(others, due, replace=False))
    ids = np.concatenate([np.flatnonzero(ours), drawn])
    chosen = Listed([train.files[i] for i in ids], [train.labels[i] for i in ids])
    out_of_scope = np.arange(len(ids) + len(test.files)) >= ours.sum()
    out_of_scope[len(ids) :] = False
    return _items(chosen, test, out_of_scope)


def of_lists(paths: Sequence[Path]) -> Items:
    """Items of two lists of files, for training and for testing: a line is a path, a blank and a number.

    The name of a class is that of the folder of its training photographs, and of the one above where several
    classes have that: `church/indoor` and `hotel/indoor`.
    """
    root = paths[0].parent
    (train, numbers), (test, others) = (parsed(path, _numbered) for path in paths[:2])
    folders = {number: PurePosixPath(file).parent for file, number in zip(train, numbers, strict=True)}
    shared = Counter(folder.name for folder in folders.values())
    names = {
        number: "/".join(folder.parts[-1 if shared[folder.name] == 1 else -2 :])
        for number, folder in folders.items()
    }
    with sound(paths[0]):
        if len(set(names.values())) < len(names):
            raise ValueError("several of its classes have photographs in folders of one name")
    with sound(paths[1]):
        if odd := set(others) - set(names):
            raise ValueError(f"there is no training photograph of its class {min(odd)}")

    def listed(files: list[str], found: list[int]) -> Listed:
        return Listed([str(root / file) for file in files], [names[number] for number in found])

    return _items(listed(train, numbers), listed(test, others))


def in_folders(root: Path, names: Collection[str] | None = None) -> Listed:
    """Photographs in folders that are called as their classes, sorted.

    Parameters
    ----------
    root : the folder of these folders.
    names : of the classes; None: all.

    Raises
    ------
    ValueError : there are none of some class.
    OSError : the folder cannot be read.
    """
    found = Listed([], [])
    there = {folder.name: folder for folder in root.iterdir() if folder.is_dir()}
    for name in sorted(there if names is None else names):
        inside = os.listdir(there[name]) if name in there else []  # noqa: PTH208  (a million paths)
        files = sorted(file for file in inside if file.lower().endswith(ENDINGS))
        if names is not None and not files:
            raise ValueError(f"there is no photograph in {name} of {root.name}")
        found.files.extend(f"{root / name}{os.sep}{file}" for file in files)
        found.labels.extend([name] * len(files))
    if not found.files:
        raise ValueError(f"there is no photograph in the folders of {root.name}")
    return found


def _items(train: Listed, test: Listed, out_of_scope: Array | None = None) -> Items:
    files = np.array([*train.files, *test.files], dtype=object)
    return Items(files, np.array([*train.labels, *test.labels]), (), out_of_scope, test=len(test.files))


def _lines(content: bytes) -> list[str]:
    lines = [line for line in content.decode().splitlines() if line.strip()]
    if not lines:
        raise ValueError("it is empty")
    return lines


def _numbered(content: bytes) -> tuple[list[str], list[int]]:
    """Paths and numbers of classes."""
    pairs = [line.rsplit(maxsplit=1) for line in _lines(content)]
    for file, _ in pairs:
        if PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
            raise ValueError(f"{file} lies elsewhere")
    return [file for file, _ in pairs], [int(number) for _, number in pairs]


def _imagenet(name: str, about: str, read: Read, n: int, classes: int, *lists: str) -> Published:
    files = tuple(f"images/imagenet/{file}" for file in ("train", "val", *lists))
    return Published(
        name, f"{about} (ImageNet, Russakovsky et al. 2015).", "large image",
        files, read, n, DIMENSIONS, classes, sorted=True, side=LARGE,
    )  # fmt: skip


PHOTOGRAPHS = (
    _imagenet("imagenet", "Photographs in 1000 classes", whole, 1_331_167, CLASSES),
    _imagenet("imagenet50", "50 classes among 950 that are out of scope, after Park et al. 2022", mq_net,
              162_940, len(MQ_NET)),
    *(_imagenet(f"imagenet-scan-{k}", f"{k} classes, those of Van Gansbeke et al. 2020", of_classes, n, k,
                f"imagenet_{k}.txt")
      for k, n in ((50, 66_774), (100, 133_545), (200, 266_558))),
    Published(
        "imagenet-lt", "A long tail of ImageNet, 1280 to 5 photographs a class (Liu et al. 2019).",
        "large image",
        ("images/imagenet/ImageNet_LT_train.txt", "images/imagenet/ImageNet_LT_test.txt",
         "images/imagenet/train", "images/imagenet/val"),
        of_lists, 165_846, DIMENSIONS, CLASSES, sorted=True, side=CLIP),
    Published(
        "places365-lt", "A long tail of Places365, 4980 to 5 photographs a class (Liu et al. 2019).",
        "large image",
        ("images/places365/Places_LT_train.txt", "images/places365/Places_LT_test.txt",
         "images/places365/train", "images/places365/val"),
        of_lists, 99_000, DIMENSIONS, 365, sorted=True, side=CLIP),
)  # fmt: skip
