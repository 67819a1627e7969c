"""How a publisher's files are found and read, with a clear word where they are absent or damaged."""

from __future__ import annotations

import gzip
import inspect
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from asknext.datasets.base import Dataset
from asknext.datasets.items import ItemKind, Items, dataset
from asknext.datasets.places import VARIABLE, cache_dir, data_file
from asknext.errors import AskNextError

T = TypeVar("T")
_DAMAGED = (
    OSError, EOFError, ValueError, LookupError, zlib.error, lzma.LZMAError, tarfile.TarError,
    zipfile.BadZipFile,
)  # fmt: skip
_UNPACK = {".gz": gzip.decompress, ".xz": lzma.decompress}


@dataclass(frozen=True)
class Published:
    """A data set that the user has to fetch, and what can be said of it without reading it.

    Parameters
    ----------
    name : what it is called here.
    source : where the data are from, one sentence.
    kind : what its items are.
    files : what it is made of, below a folder of data files.
    read : makes items of the paths of the files.
    n, d, classes : items, features, and how many classes.
    whole : it can only be taken whole, because its first rows are all of one class.
    """

    name: str
    source: str
    kind: ItemKind
    files: tuple[str, ...]
    read: Callable[[Sequence[Path]], Items]
    n: int
    d: int
    classes: int
    whole: bool = False

    @property
    def present(self) -> bool:
        """True where all its files are there."""
        return all(map(data_file, self.files))

    def paths(self) -> list[Path]:
        """Where its files are.

        Raises
        ------
        AskNextError : one is absent.
        """
        return [_found(self.name, file) for file in self.files]

    def items(self, first: int | None = None) -> Items:
        """The raw items, or the first so many of them.

        Raises
        ------
        AskNextError : a file is absent or damaged, or the data set must be taken whole.
        """
        if first is not None and self.whole:
            raise AskNextError(f"'{self.name}' is sorted by class and so taken whole; leave the number out.")
        return self.read(self.paths()).first(first)

    def load(self, first: int | None = None) -> Dataset:
        """The data set, or its first rows.

        Parameters
        ----------
        first : take only this many rows, in the publisher's order; None: all.

        Raises
        ------
        AskNextError : see `items`.
        """
        name = self.name if first is None else f"{self.name}-{first}"
        return dataset(name, self.kind, lambda: self.items(first), lambda: self.made_of(first))

    def made_of(self, first: int | None = None) -> tuple[Any, ...]:
        """All that its items depend on: how many are taken, the files' content, the code that reads them."""
        content = [np.frombuffer(path.read_bytes(), np.uint8) for path in self.paths()]
        return first, content, inspect.getsource(inspect.getmodule(self.read) or self.read)


def _found(name: str, file: str) -> Path:
    """The path of a publisher's file.

    Raises
    ------
    AskNextError : it is absent.
    """
    path = data_file(file)
    if path is None:
        raise AskNextError(
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
    try:
        content = path.read_bytes()
        unpack = _UNPACK.get(path.suffix)
        return parse(unpack(content) if unpack else content)
    except _DAMAGED as error:
        raise AskNextError(f"{path} is not the publisher's file ({error}); get it again.") from error

