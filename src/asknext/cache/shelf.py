"""The shelf: the files of one run, in which every variable of every iteration has its place."""

from __future__ import annotations

import io
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any

from asknext.cache.names import safe_name
from asknext.cache.values import SUFFIXES, decode, encode, fingerprint
from asknext.errors import AskNextError
from asknext.files import replacing


class Shelf:
    """The values of a run: `initial/<variable>.*` and `iterations/<iteration>/<variable>.*`.

    A value is turned into bytes the moment it is put here, and every read turns bytes into a fresh value:
    nothing that happens to an object later reaches what is kept.

    Parameters
    ----------
    folder : the folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: set[str] = set()
        self._initial: dict[str, tuple[str, bytes]] = {}
        self._put: dict[str, tuple[str, bytes]] = {}
        self.running: int | None = None
        """The iteration at work; None outside the loop."""

    def add(self, name: str, initial: Any, started: bool) -> None:
        """Make room for a variable, and keep its initial value or check that it is the one kept.

        Parameters
        ----------
        name : the variable.
        initial : its value before the first iteration.
        started : whether the run has finished iterations, which the initial value must then agree with.

        Raises
        ------
        AskNextError : the name is taken, the value cannot be stored, or another initial value was kept.
        """
        if not isinstance(name, str) or not name:
            raise AskNextError(f"a variable has the name {name!r}; give a text, its files are called by it.")
        if name.casefold() in self._names:  # some file systems do not tell upper from lower case
            raise AskNextError(f"the variable '{name}' exists already, in this or another case; rename one.")
        what = f"the initial value of '{name}'"
        suffix, content = encode(initial, what)
        kept = self._find(self._folder / "initial", name)
        if kept is None or not started:
            if kept is not None:
                kept.unlink()
            _write(self._folder / "initial", {name: (suffix, content)})
        elif fingerprint(_load(kept), what) != fingerprint(initial, what):
            raise AskNextError(
                f"{what} is not the one that the run in {self._folder} was started with; give the same (seed "
                "it if it is drawn at random), or use another folder."
            )
        self._names.add(name.casefold())
        self._initial[name] = suffix, content

    def begin(self, iteration: int) -> None:
        """Start an iteration, with no value put yet."""
        self.running = iteration

    def put(self, name: str, value: Any) -> None:
        """Take the value of a variable at the running iteration; the last one put counts."""
        if self.running is None:
            raise AskNextError(f"the variable '{name}' is set outside cache.iter; set it inside the loop.")
        self._put[name] = encode(value, f"the variable '{name}'")

    def write(self) -> None:
        """Write all values of the running iteration to the disk.

        Raises
        ------
        AskNextError : a variable has not been set.
        """
        for name in self._initial:
            if name not in self._put:
                raise AskNextError(
                    f"the variable '{name}' was not set in iteration {self.running}; call its set() in every "
                    "iteration, with the previous value where it stays the same."
                )
        folder = self._at(self.running)
        if folder.exists():  # left by an attempt that did not finish
            shutil.rmtree(folder)
        _write(folder, self._put)

    def end(self) -> None:
        """Leave the iteration; what was put and not written is dropped."""
        self.running = None
        self._put = {}

    def read(self, name: str, iteration: int) -> Any:
        """A fresh copy of the value of a variable; the initial one before iteration 0.

        Raises
        ------
        AskNextError : there is no such value, or its file is damaged.
        """
        if iteration < 0:
            suffix, content = self._initial[name]
            return decode(suffix, io.BytesIO(content))
        path = self._find(self._at(iteration), name)
        if path is None:
            raise AskNextError(
                f"the variable '{name}' has no value at iteration {iteration} in {self._folder}: it was "
                "added later, or the value is not kept any more; start again in another folder."
            )
        return _load(path)

    def last(self) -> int:
        """The last iteration with values on the disk; -1 where there is none."""
        return max((iteration for iteration, _ in self._kept()), default=-1)

    def prune(self, first: int) -> None:
        """Remove the values of the iterations before `first`."""
        for iteration, folder in self._kept():
            if iteration < first:
                shutil.rmtree(folder)

    def _kept(self) -> list[tuple[int, Path]]:
        folders = (self._folder / "iterations").glob("*")
        return [(int(folder.name), folder) for folder in folders if folder.name.isdigit()]

    def _at(self, iteration: int | None) -> Path:
        return self._folder / "iterations" / str(iteration)

    @staticmethod
    def _find(folder: Path, name: str) -> Path | None:
        paths = (folder / f"{safe_name(name)}{suffix}" for suffix in SUFFIXES)
        return next((path for path in paths if path.exists()), None)


def _write(folder: Path, values: dict[str, tuple[str, bytes]]) -> None:
    """Write values into a folder, and wait until they and their names are on the disk."""
    for name, (suffix, content) in values.items():
        with replacing(folder / f"{safe_name(name)}{suffix}", durable=True) as file:
            file.write(content)


def _load(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return decode(path.suffix, file)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as fault:
        raise AskNextError(
            f"{path} cannot be read ({fault}); remove the folder of its run to start again."
        ) from fault
