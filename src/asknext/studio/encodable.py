"""Raw items that can be encoded: images or texts, from a folder, a file or a published data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from asknext import rows
from asknext.datasets.picture_files import SIDE, contained
from asknext.datasets.pictures import FORMATS, colours, on_white
from asknext.datasets.published import PUBLISHED
from asknext.datasets.sources import numbered, place
from asknext.errors import AskNextError
from asknext.plugins import find
from asknext.studio.importing import read_raw
from asknext.studio.raw import Raw
from asknext.types import Array, Progress


@dataclass(frozen=True)
class Encodable:
    """Images or texts, with the labels that are known.

    Parameters
    ----------
    name : the name of the data set, or of the file or folder.
    kind : what the n items are.
    values : n texts, or (n, side, side, 3) bytes.
    whole : the n items for an encoder that takes pictures of any size; for texts the same as `values`.
    ids : (n,) names of files, or positions in the source.
    y : (n,) labels, or None where some are not known.
    notes : what was left out, one sentence each.
    test : how many of the last items are the publisher's test part.
    source : the published data set that images are of, as for `asknext.datasets.load`; None for others.
    """

    name: str
    kind: Literal["image", "text"]
    values: Any
    whole: Any
    ids: Array
    y: Array | None
    notes: tuple[str, ...] = ()
    test: int = 0
    source: str | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def fingerprint(self) -> str:
        """A hash of the items."""
        return rows.fingerprint(self.kind, self.values, self.ids)


def read(
    source: str,
    text: str | None = None,
    label: str | None = None,
    side: int = SIDE,
    progress: Progress | None = None,
) -> Encodable:
    """What is to be encoded.

    Parameters
    ----------
    source : a folder of pictures; a .npy or .npz file of images, (n, h, w, 3) or (n, h, w) bytes, the latter
        as X, with labels y if they are known; a file of texts (.txt, .csv, .tsv, .jsonl, .parquet); or the
        name of a published data set of images or texts, with `:N` for its first N items. What is a name and
        what a path, see `sources.place`.
    text, label : columns, see `importing.read_source`.
    side : pixels of the squares that pictures of a folder are read as.
    progress : told what is being done.

    Raises
    ------
    AskNextError : there is nothing at the source, or nothing to encode; the message says why.
    """
    path = place(source)
    if path is None:
        name, colon, number = source.partition(":")
        return _published(source, name, number if colon else None)
    if path.name.lower().endswith((".npy", ".npz")):
        return _images(path.stem, *_arrays(path))
    raw = read_raw(path, text, label, progress, side)
    if raw.kind == "table":
        raise AskNextError(
            f"{path.name} is a table, which needs no encoder: use it as it is, or name a column by --text."
        )
    known = [raw.labels.get(item) for item in range(len(raw))]
    y = None if None in known else np.array(known, dtype=np.str_)
    values = np.asarray(raw.values) if raw.kind == "image" else list(raw.values)
    ids: Any = np.asarray(raw.places)
    whole: Any = values
    if raw.kind == "image":
        whole = Pictures(raw)
        ids = np.array(whole.names)
    return Encodable(path.stem, raw.kind, values, whole, ids, y, raw.notes)


class Pictures(Sequence[Any]):
    """The pictures of a folder as (h, w, 3) bytes, opened when they are asked for."""

    def __init__(self, raw: Raw) -> None:
        assert raw.root is not None
        self.root = raw.root
        self.names = [str(content["image"]) for content in raw.rows()]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, places: Any) -> Any:
        if isinstance(places, slice):
            return [self._open(name) for name in self.names[places]]
        return self._open(self.names[places])

    def _open(self, name: str) -> Array:
        from PIL import Image, ImageOps

        try:
            with Image.open(contained(self.root, name), formats=FORMATS) as picture:
                return np.asarray(on_white(colours(ImageOps.exif_transpose(picture))))
        except (OSError, ValueError) as error:
            raise AskNextError(f"{name} cannot be read any more ({error}).") from error


def _published(source: str, name: str, number: str | None) -> Encodable:
    entry = PUBLISHED[find("data set or file", name, {name: name for name in PUBLISHED})]
    if "image" not in entry.kind and entry.kind != "text":
        raise AskNextError(f"'{name}' is a table, which needs no encoder; use it as it is.")
    first = None if number is None else numbered(source, entry.load, number)["first"]
    items = entry.items(first)
    called = entry.called(first)
    if entry.kind == "text":
        texts = items.values.tolist()
        return Encodable(called, "text", texts, texts, np.arange(len(texts)), items.y, test=items.test)
    return replace(_images(called, items.values, items.y), test=items.test, source=source)


def _images(name: str, images: Array, y: Array | None) -> Encodable:
    if images.ndim == 3:
        images = np.repeat(images[..., None], 3, axis=3)
    images = np.ascontiguousarray(images)
    return Encodable(name, "image", images, images, np.arange(len(images)), y)


def _arrays(path: Path) -> tuple[Array, Array | None]:
    """Images, and labels where there are any."""
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                images, y = found, None
            else:
                images, y = found["X"], found["y"] if "y" in found.files else None
    except Exception as error:  # a damaged file may fail in any way
        why = str(error).split("\n")[0]
        raise AskNextError(f"{path} cannot be read as an array of images ({why}).") from error
    colours = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if images.dtype != np.uint8 or not colours or not len(images):
        shape = " × ".join(map(str, images.shape))
        raise AskNextError(
            f"{path.name} holds {images.dtype} of shape {shape}; images are bytes, n × height × width × 3."
        )
    if y is not None and (y.ndim != 1 or len(y) != len(images)):
        raise AskNextError(f"{path.name}: X has {len(images)} images, so y must hold as many labels.")
    return images, y
