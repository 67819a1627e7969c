"""From a folder of pictures, or a file of texts or rows, to items and their embedding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from asknext.datasets.picture_files import SIDE
from asknext.errors import AskNextError
from asknext.studio.duplicates import duplicates
from asknext.studio.encoding import encode, given
from asknext.studio.items import Content, Kind
from asknext.studio.raw import Raw, count
from asknext.studio.tables import read_lines, read_rows
from asknext.types import Array, Progress

FEWEST = 2


@dataclass(frozen=True)
class Source:
    """What was found at a path, ready to be kept.

    Parameters
    ----------
    kind, rows, root : for `Items.create`.
    embedding : (n, d) float32.
    encoder, note : what made the embedding, in a word and in a sentence on how far to trust it.
    notes : what was left out or chosen, one sentence each.
    labels : names of the classes that are known, by item.
    duplicates : groups of items that are the same, or nearly.
    """

    kind: Kind
    rows: Iterable[Content]
    root: Path | None
    embedding: Array
    encoder: str
    note: str
    notes: tuple[str, ...]
    labels: Mapping[int, str]
    duplicates: list[list[int]]


def read_source(
    path: Path,
    text: str | None = None,
    label: str | None = None,
    embedding: Path | None = None,
    progress: Progress | None = None,
) -> Source:
    """Items, their embedding and the labels that are known.

    Parameters
    ----------
    path : a folder of pictures (.jpg .png .gif .bmp .webp), a .txt file with a text a line, or a .csv, .tsv,
        .jsonl or .parquet file.
    text : the column of texts, see `tables.read_rows`.
    label : the column of known classes; of pictures "folder", see `pictures.read_folder`.
    embedding : a file with a row of numbers for each item, instead of one of our encoders.
    progress : told what is being done.

    Raises
    ------
    AskNextError : there is nothing at the path, or nothing that can be labelled; the message says why.
    """
    raw = read_raw(path, text, label, progress)
    if len(raw) < FEWEST:
        raise AskNextError(f"{path} holds a single item; give at least {FEWEST}.")
    tell = progress or (lambda *_: None)
    tell("Encoding", 0, len(raw))
    found = encode(raw) if embedding is None else given(embedding, raw)
    tell("Encoding", len(raw), len(raw))
    same = duplicates(raw.keys, found.embedding)
    notes = raw.notes
    if same:
        extra = sum(len(group) - 1 for group in same)
        notes = (*notes, f"{count(extra, 'item')} the same as another one, or nearly.")
    return Source(raw.kind, raw.rows(), raw.root, *found, notes, raw.labels, same)


def read_raw(
    path: Path,
    text: str | None = None,
    label: str | None = None,
    progress: Progress | None = None,
    side: int = SIDE,
) -> Raw:
    """Items as they are, and the labels that are known.

    Parameters
    ----------
    path, text, label, progress : as for `read_source`.
    side : pixels of the small squares that pictures are read as.

    Raises
    ------
    AskNextError : as for `read_source`.
    """
    if path.is_dir():
        from asknext.studio.pictures import read_folder

        if text is not None:
            raise AskNextError(f"{path} is a folder of pictures, which have no column '{text}'.")
        return read_folder(path, label, progress, side)
    if path.name.lower().endswith(".txt") and path.is_file():
        if text or label:
            raise AskNextError(f"{path.name} holds a text a line and has no columns; leave their names out.")
        return read_lines(path)
    return read_rows(path, text, label)
