"""How a publisher's files are found and read, with a clear word where they are absent or damaged."""

from __future__ import annotations

import gzip
import inspect
import io
import lzma
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, TypeVar

import numpy as np

from asknext.datasets.album import album, state
from asknext.datasets.base import Dataset
from asknext.datasets.items import ItemKind, Items, dataset
from asknext.datasets.places import VARIABLE, cache_dir, data_file
from asknext.errors import AbsentDataError, AskNextError
from asknext.types import Array, Ids

T = TypeVar("T")
Read = Callable[[Sequence[Path]], Items]
"""Makes items of the paths of a publisher's files."""
_DAMAGED = (
    OSError, EOFError, ValueError, TypeError, LookupError, zlib.error, lzma.LZMAError, tarfile.TarError,
    zipfile.BadZipFile,
)  # fmt: skip
_UNPACK = {".gz": gzip.decompress, ".xz": lzma.decompress}


class Form(NamedTuple):
    """One of the forms in which a data set is published: files, below a folder of data, and their reader."""

    files: tuple[str, ...]
    read: Read


@dataclass(frozen=True)
class Published:
    """A data set that the user has to fetch, and what can be said of it without reading it.

    Parameters
    ----------
    name : what it is called here.
    source : where the data are from, one sentence.
    kind : what its items are.
    files : what it is made of, files or folders of such, below a folder of data.
    read : makes items of the paths of the files.
    n, d, classes : items, features, and how many classes; images and texts are reduced to d features.
    sorted : its items are sorted by class, so that the first so many are taken from all classes, in
        proportion to their sizes.
    otherwise : other forms that will do, the best first, where the files are absent.
    side : where above 0, the reader gives paths of photographs, which are decoded to squares of so many
        pixels; else it gives what they hold.
    """

    name: str
    source: str
    kind: ItemKind
    files: tuple[str, ...]
    read: Read
    n: int
    d: int
    classes: int
    sorted: bool = False
    otherwise: tuple[Form, ...] = ()
    side: int = 0

    @property
    def present(self) -> bool:
        """True where all files of one of its forms are there."""
        return all(map(data_file, self.form.files))

    @property
    def form(self) -> Form:
        """The first of its forms that is there; where there is none, the first."""
        forms = (Form(self.files, self.read), *self.otherwise)
        return next((form for form in forms if all(map(data_file, form.files))), forms[0])

    def paths(self) -> list[Path]:
        """Where its files are.

        Raises
        ------
        AskNextError : one is absent.
        """
        return [_found(self.name, file) for file in self.form.files]

    def items(self, first: int | None = None) -> Items:
        """The raw items, or the first so many of them.

        Raises
        ------
        AskNextError : a file is absent or damaged.
        """
        items = self._listed(first)
        if not self.side:
            return items
        return replace(items, values=album(self.called(first), items.values.tolist(), self.side))

    def _listed(self, first: int | None) -> Items:
        """The same, of photographs that are to be decoded with their paths as values."""
        items = self.form.read(self.paths())
        if first is None:
            return items
        order = in_proportion(items.y) if self.sorted else np.arange(len(items.y))
        return items.take(np.sort(order[:first]))

    def load(self, first: int | None = None) -> Dataset:
        """The data set, or its first rows.

        Parameters
        ----------
        first : take only this many rows; None: all.

        Raises
        ------
        AskNextError : see `items`.
        """
        name, kind = self.called(first), self.kind
        return dataset(name, kind, self.d, lambda: self.items(first), lambda: self.made_of(first))

    def called(self, first: int | None) -> str:
        """The name of the data set, or of its first rows."""
        return self.name if first is None else f"{self.name}-{first}"

    def made_of(self, first: int | None = None) -> tuple[Any, ...]:
        """All that its items depend on: how many are taken, the files' content, the code that reads them.

        Files in folders are not read; their sizes and the times of their last change tell enough.
        """
        paths = self.paths()
        content: list[Any] = [np.fromfile(path, np.uint8) for path in paths if path.is_file()]
        told = self._listed(first).values.tolist() if self.side else _within(paths)
        content.append((self.side, state(told)))
        code = [inspect.getsource(sys.modules[name]) for name in (self.form.read.__module__, __name__)]
        return first, content, code


def in_proportion(y: Array) -> Ids:
    """An order in which any first items hold the classes in proportion to their sizes.

    Parameters
    ----------
    y : (n,) labels.

    Returns
    -------
    (n,) positions; those of a class in their order.
    """
    classes, labels = np.unique(y, return_inverse=True)
    share = np.empty(len(y))
    for label in range(len(classes)):
        ids = np.flatnonzero(labels == label)
        share[ids] = (np.arange(len(ids)) + 0.5) / len(ids)
    return np.argsort(share, kind="stable")


def _found(name: str, file: str) -> Path:
    """The path of a publisher's file.

    Raises
    ------
    AbsentDataError : it is absent.
    """
    path = data_file(file)
    if path is None:
        raise AbsentDataError(
            f"the data set '{name}' is not here: put the publisher's file at {file} in a folder "
            f"and name the folder in the environment variable {VARIABLE}, or in {cache_dir() / 'data'}."
        )
    return path


def parsed(path: Path, parse: Callable[[bytes], T]) -> T:
    """What the parser makes of a file's content, decompressed where its name ends in .gz or .xz.

    Raises
    ------
    AskNextError : the content cannot be parsed.
    """
    with sound(path):
        content = path.read_bytes()
        unpack = _UNPACK.get(path.suffix)
        return parse(unpack(content) if unpack else content)


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """Say of a file or folder that it is not the publisher's where the body cannot read it.

    Raises
    ------
    AskNextError : the body raised what damaged files cause.
    """
    try:
        yield
    except AskNextError:
        raise
    except _DAMAGED as error:
        what = "folder" if path.is_dir() else "file"
        raise AskNextError(f"{path} is not the publisher's {what} ({error}); get it again.") from error


def archived(content: bytes) -> dict[str, bytes]:
    """The content of each file of a tar archive, by its path in there."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {member.name: file.read() for member in archive if (file := archive.extractfile(member))}


def unpacked(path: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Files of an archive (.tar.gz), or of the folder that it unpacks to, by their own names.

    Raises
    ------
    ValueError : one of them is not in it.
    OSError, … : it is no archive; see `sound`.
    """
    found: dict[str, bytes] = {}
    if path.is_dir():
        found = {name: (path / name).read_bytes() for name in names if (path / name).is_file()}
    else:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if name in names and (file := archive.extractfile(member)):
                    found[name] = file.read()
    if absent := [name for name in names if name not in found]:
        raise ValueError(f"there is no {absent[0]} in it")
    return found


def _within(paths: Sequence[Path]) -> list[str]:
    """All files of those paths that are folders, and of the folders within."""
    found = (file for path in paths if path.is_dir() for file in path.rglob("*"))
    return sorted(str(file) for file in found if file.is_file())
