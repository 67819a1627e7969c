"""The column cache: arrays under the hash of what they were computed from, as sealed .npy files."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import numpy as np

from asknext.errors import AskNextError
from asknext.files import replacing
from asknext.types import Array


class ColumnStore:
    """Arrays by key in a directory that several processes may share.

    A key is a fingerprint of everything the array depends on, so an array never changes and may be written
    twice without harm. Behind the array stands a seal, a hash of key and content, which other readers of
    .npy files pass over: a file that was cut short, changed or exchanged counts as absent.

    Parameters
    ----------
    root : the directory; made with the first array.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Where the array of a key lives."""
        return self.root / f"{key}.npy"

    def get(self, key: str) -> Array | None:
        """The array of a key, or None."""
        try:
            with self.path(key).open("rb") as file:
                values = np.lib.format.read_array(file, allow_pickle=False)
                return values if file.read() == _seal(key, values) else None
        except (OSError, ValueError, MemoryError):  # a damaged header may name any shape
            return None

    def put(self, key: str, values: Array) -> None:
        """Store an array: written beside, then renamed, so that no reader meets half of it.

        Windows renames onto no file that another process reads; the array is there already then.

        Raises
        ------
        AskNextError : the array holds Python objects.
        """
        if values.dtype.hasobject:
            raise AskNextError("a column of Python objects cannot be stored; make it numeric.")
        try:
            with replacing(self.path(key)) as file:
                # by its parts: numpy's own shortcut for files hides why a write failed
                values = np.ascontiguousarray(values)
                header = np.lib.format.header_data_from_array_1_0(values)
                np.lib.format.write_array_header_1_0(file, header)
                file.write(values.data)
                file.write(_seal(key, values))
        except PermissionError:
            if self.get(key) is None:
                raise


def _seal(key: str, values: Array) -> bytes:
    digest = blake2b(f"{key} {values.dtype.str} {values.shape}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(values).data)
    return digest.digest()
