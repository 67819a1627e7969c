"""Tiny ImageNet: the publisher's archive or folder, and a small archive of 20 of its classes."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asknext.datasets.items import Items
from asknext.datasets.pictures import decoded, shrunk
from asknext.datasets.published.reading import Form, Published, Read, archived, parsed, sound
from asknext.types import Array

SIDE = 32  # pixels that the small archive is averaged to
WHOLE = 64  # pixels of the publisher's pictures
DIMENSIONS = 384
SMALL = ("images/tiny_imagenet_ood20/tiny-imagenet-ood20.tar.xz",)
IN_CIFAR10 = ("king penguin", "Chihuahua", "Labrador retriever", "Egyptian cat")
"""Classes of Tiny ImageNet that are a bird, dogs and a cat."""


def tiny_imagenet(left_out: Sequence[str] = ()) -> Read:
    """A reader of an archive in the layout of Tiny ImageNet: training part first, both sorted by class.

    Parameters
    ----------
    left_out : names of classes.
    """

    def read(paths: Sequence[Path]) -> Items:
        pictures, codes, test, words = parsed(paths[0], lambda content: _pictures(archived(content)))
        images = shrunk(pictures, SIDE)
        labels = np.array([words[code].split(",")[0] for code in codes])
        kept = ~np.isin(labels, left_out)
        notes = [f"{WHOLE} × {WHOLE} pixels averaged to {SIDE} × {SIDE}"]
        notes += [f"left out, as they belong to classes of CIFAR-10: {', '.join(left_out)}"] * bool(left_out)
        return Items(images[kept], labels[kept], tuple(notes), test=int(np.sum(kept[-test:])))

    return read


def tiny_imagenet_200(paths: Sequence[Path]) -> Items:
    """Items of the publisher's zip, or of the folder that it unpacks to: classes are WordNet's numbers.

    The publisher's validation part is the test part, for his test part has no labels.
    """
    with sound(paths[0]):
        images, codes, test, _ = _pictures(_contents(paths[0]))
        if images.shape[1:] != (WHOLE, WHOLE, 3):
            raise ValueError(f"its pictures are {images.shape[1]} × {images.shape[2]} pixels")
    return Items(images, codes, test=test)


def _contents(path: Path) -> dict[str, bytes]:
    """The content of each file of a zip or a folder, without the test part."""
    if path.is_dir():
        inside = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
        return {
            f"{path.name}/{file.as_posix()}": (path / file).read_bytes()
            for file in inside if file.parts[0] != "test"
        }  # fmt: skip
    with zipfile.ZipFile(path) as archive:
        names = (name for name in archive.namelist() if "/test/" not in name)
        return {name: archive.read(name) for name in names}


def _pictures(files: dict[str, bytes]) -> tuple[Array, Array, int, dict[str, str]]:
    """Pictures, WordNet's numbers of their classes, how many are of the validation part, and the words."""
    root = next((name for name in files if name.endswith("/wnids.txt")), "").removesuffix("wnids.txt")
    if not root:
        raise ValueError("there is no wnids.txt in it")
    words = dict(line.split("\t") for line in files[f"{root}words.txt"].decode().splitlines())
    kept = [line.split("\t")[:2] for line in files[f"{root}val/val_annotations.txt"].decode().splitlines()]
    train = [(name.split("/")[-3], name) for name in sorted(files) if name.startswith(f"{root}train/")]
    train = [(code, name) for code, name in train if name.endswith(".JPEG")]
    val = sorted((code, f"{root}val/images/{name}") for name, code in kept)
    codes, names = zip(*train, *val, strict=True)
    return decoded(files[name] for name in names), np.array(codes), len(val), words


TINY = (
    Published(
        "tiny-imagenet", "Photographs of 20 classes, averaged to 32 × 32 pixels (Le & Yang 2015).",
        "colour image", SMALL, tiny_imagenet(), 5000, DIMENSIONS, 20, sorted=True),
    Published(
        "tiny-imagenet-200", "Photographs of 64 × 64 pixels in 200 classes (Le & Yang 2015).",
        "large image", ("images/tiny-imagenet-200/tiny-imagenet-200.zip",), tiny_imagenet_200, 110_000,
        DIMENSIONS, 200, sorted=True,
        otherwise=(Form(("images/tiny-imagenet-200/tiny-imagenet-200",), tiny_imagenet_200),)),
    Published(
        "tiny-imagenet-ood", "Those of `tiny-imagenet` that belong to no class of CIFAR-10 (Le & Yang 2015).",
        "colour image", SMALL, tiny_imagenet(left_out=IN_CIFAR10), 4000, DIMENSIONS, 16, sorted=True),
)  # fmt: skip
