"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from asknext.errors import AskNextError

_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.tmp")
_STALE = 60.0  # seconds after which no writer is still at work on a temporary file


@contextmanager
def replacing(path: Path, *, durable: bool = False, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of `path` when the body ends well.

    A reader meets the old file or the new one, never half of it; after an exception nothing has changed.

    Parameters
    ----------
    path : the file; its directory is made if need be.
    durable : wait until the content is on the disk, its name too, so that it also survives a power cut.
    mode : who may read and write it, as far as the user's own mask allows; 0o600 for what is secret.
    """
    new = [] if path.parent.exists() else [folder for folder in path.parents if not folder.exists()]
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid4().hex}.tmp")
    try:
        temporary.touch(mode)
        with temporary.open("wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    else:
        if durable:  # a name is part of what its folder holds
            for folder in {path.parent, *(made.parent for made in new)}:
                sync(folder)


def occupied(place: Path) -> bool:
    """Whether anything is there, apart from temporary files of writers that were killed."""
    if not place.is_dir():
        return place.exists()
    return any(not _TEMPORARY.fullmatch(found.name) for found in place.iterdir())


def sweep(folder: Path) -> None:
    """Remove the temporary files of writers that were killed."""
    for found in folder.iterdir():
        if _TEMPORARY.fullmatch(found.name):
            with suppress(FileNotFoundError):
                if time.time() - found.stat().st_mtime > _STALE:
                    found.unlink()


def sync(folder: Path) -> None:
    """Wait until what a folder holds, names above all, is on the disk."""
    if os.name == "nt":  # Windows opens no folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str, mode: int = 0o666) -> None:
    """Write UTF-8 text, line ends as they are, and wait until it is on the disk."""
    with replacing(path, durable=True, mode=mode) as file:
        file.write(text.encode())


def write_json(path: Path, value: Any, mode: int = 0o666) -> None:
    """Write JSON that any reader accepts: no NaN; wait until it is on the disk."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", mode)


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises
    ------
    AskNextError : the file is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AskNextError(
            f"{path} is damaged and cannot be read; restore it from a copy, or start again elsewhere."
        ) from error
