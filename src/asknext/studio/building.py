"""Directories that appear whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from asknext.errors import AskNextError
from asknext.files import sync

_BUSY = ".building"


@contextmanager
def building(path: Path, forget: Callable[[Path], None] = lambda _: None) -> Iterator[Path]:
    """A folder to fill, which becomes `path` when the body ends well, and vanishes otherwise.

    It stands beside `path` under a hidden name. What a process that was killed left there is removed.

    Parameters
    ----------
    path : absolute; nothing is there, or a folder without anything worth keeping.
    forget : told of a folder that is going to vanish, to remove what belongs to it elsewhere.

    Raises
    ------
    AskNextError : another process is making the same directory, or it cannot be made.
    """
    folder = path.with_name(f".{path.name}.new")
    lock = FileLock(folder / _BUSY, timeout=0)
    try:
        if folder.exists():
            with lock:  # a folder that nobody holds is left over
                forget(folder)
                shutil.rmtree(folder)
        folder.mkdir(parents=True)
        lock.acquire()
    except (Timeout, FileExistsError) as error:
        raise AskNextError(f"another process is making {path} right now; wait until it is done.") from error
    except OSError as error:
        raise AskNextError(f"{path} cannot be made: {error.strerror}; choose another place.") from error
    try:
        yield folder
        lock.release()
        (folder / _BUSY).unlink(missing_ok=True)
        if path.exists():
            shutil.rmtree(path)
        folder.rename(path)
        sync(path.parent)
    except BaseException:
        lock.release()
        forget(folder)
        shutil.rmtree(folder, ignore_errors=True)
        raise
