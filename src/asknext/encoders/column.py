"""A column of embeddings on the disk, in half precision, which goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap

from asknext.encoders.base import Encoder
from asknext.errors import AskNextError
from asknext.files import read_json, write_json
from asknext.types import Array

BATCH = 64


def encode_column(
    path: Path,
    encoder: Encoder,
    items: Sequence[Any],
    made_of: str,
    *,
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> Array:
    """The embeddings of items, from the disk as far as they are there, and computed and put there otherwise.

    What was done is noted in a file beside it after each batch, and batches begin at the same items on each
    run, so that a run that was killed and went on leaves the same bytes as one that was not.

    Parameters
    ----------
    path : a .npy file, made if need be.
    encoder : makes the rows.
    items : n of them, at least one; slices of it are handed to the encoder.
    made_of : a fingerprint of the items.
    batch : items at a time.
    progress : called with the items done and how many there are.

    Returns
    -------
    (n, d) float16, a memory map that cannot be written.

    Raises
    ------
    AskNextError : the file holds the column of other items or of another encoder, or a value is too large for
        half precision, or not finite.
    """
    n, notes = len(items), path.with_suffix(".json")
    identity = {"encoder": encoder.name, "fingerprint": encoder.fingerprint, "items": made_of, "batch": batch}
    done = _done(path, notes, identity)
    column = open_memmap(path, mode="r+") if done else None
    for start in range(done, n, batch):
        rows = encoder.encode(items[start : start + batch])
        half = np.asarray(rows).astype(np.float16)
        if not np.isfinite(half).all():
            raise AskNextError(
                f"the encoder '{encoder.name}' gives numbers that are not finite, or beyond 65504, among "
                f"items {start} to {min(start + batch, n) - 1}; look at these items."
            )
        if column is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            column = open_memmap(path, mode="w+", dtype=np.float16, shape=(n, half.shape[1]))
        column[start : start + batch] = half
        column.flush()
        write_json(notes, {**identity, "done": min(start + batch, n)})
        if progress is not None:
            progress(min(start + batch, n), n)
    return np.load(path, mmap_mode="r")


def _done(path: Path, notes: Path, identity: dict[str, Any]) -> int:
    """How many rows are there already."""
    if not (path.exists() and notes.exists()):
        return 0
    known = read_json(notes)
    for name, value in identity.items():
        if known.get(name) != value:
            raise AskNextError(
                f"{path} holds the embeddings of another run (its {name} differs); remove it, or choose "
                "another place."
            )
    return int(known["done"])
