"""The cache of a hand-written loop: stop it anywhere and resume, replay it and compute new metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import get_ident
from typing import Any, Literal, Self

from filelock import FileLock, Timeout

from asknext import rows
from asknext.answers import as_text
from asknext.cache import valuelog
from asknext.cache.manifest import MANIFEST, is_new, settle_layout, settle_manifest
from asknext.cache.names import run_folder
from asknext.cache.shelf import Shelf
from asknext.cache.values import fingerprint, plain
from asknext.cache.variables import Reading, Variable
from asknext.errors import AskNextError

_RESERVED = {"iteration", "metric", "value"}  # columns of the log that a key would hide


class ReplayCache:
    """Keep all variables of all iterations of a loop, so that it can be stopped, resumed and replayed.

    An iteration is finished when the loop asks for the next one: then its variables are on the disk and
    its values in the log. An iteration that is left by an exception, `break`, or the end of the process is
    done again, from the start, when the loop runs next time. Variables are files under
    `<folder>/<key>=<value>/…/iterations/<iteration>/`; values are rows of the table `logged_value` in
    `<folder>/values.db` (SQLite; on a local disk, as SQLite's write-ahead log asks for).

    Runs with different keys may be written at the same time; one run has one writer, which is one thread. A
    cache is entered once; make a new one to go on.

    The calls are those of the cache in the package cardinal (Dataiku, 2019-2022); `decisions/0002` says
    where this one departs from it and why.

    Parameters
    ----------
    folder : the folder of the cache.
    keys : what tells this run from others, plain JSON values; all runs of a folder have the same key names.
    data : an array, sparse matrix or data frame, or a tuple of these, that the run is tied to.
    version : a text that the run is tied to; change it when the code of the loop changes.

    Raises
    ------
    AskNextError : the keys are not plain; on entering: the run was made with other data, another version or
        another class, the folder has other key names, the run has a writer already, a part of it is lost or
        damaged, or the folder cannot be written.

    Examples
    --------
    >>> with asknext.ReplayCache("./cache", keys={"method": "margin"}, data=(X, y)) as cache:
    ...     selected = cache.variable("selected", first)
    ...     for size, labelled in cache.iter([10, 10, 10], selected.previous()):
    ...         model.fit(X[labelled], y[labelled])
    ...         cache.log_value("accuracy", model.score(X_test, y_test))
    ...         selected.set(np.concatenate([labelled, pick(model, size)]))
    ...     cache.compute_metrics(contradictions, selected.previous(), selected.current())
    """

    def __init__(
        self,
        folder: str | Path,
        keys: Mapping[str, Any] | None = None,
        *,
        data: Any = None,
        version: str | None = None,
    ) -> None:
        self._root = Path(folder)
        if not isinstance(keys, Mapping | None):
            raise AskNextError(f"keys is {keys!r}; give a dict.")
        self._keys: dict[str, Any] = plain(keys or {}, "keys")
        taken = sorted(_RESERVED & self._keys.keys())
        if taken:
            raise AskNextError(f"the key '{taken[0]}' is a column of the log; rename it.")
        self._folder = run_folder(self._root, self._keys)
        self._stated = {
            "class": type(self).__name__,
            "keys": self._keys,
            "data": None if data is None else _data_fingerprint(data),
            "version": None if version is None else as_text("version", version),
        }
        self._held = ExitStack()
        self._open = self._used = False
        self._pending: list[valuelog.Entry] = []

    def __enter__(self) -> Self:
        if self._used:
            raise AskNextError("this cache has been entered before; make a new one, it goes on from there.")
        try:
            self._enter()
        except OSError as error:
            raise AskNextError(
                f"the cache {self._root} cannot be opened ({error}); mend that, or use another folder."
            ) from error
        self._thread = get_ident()
        self._open = self._used = True
        return self

    def _enter(self) -> None:
        database = self._root / valuelog.DATABASE
        self._root.mkdir(parents=True, exist_ok=True)
        with FileLock(self._root / ".setup.lock"):
            settle_layout(self._root, sorted(self._keys))
            valuelog.prepare(database)
        was_there = self._folder.exists()
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            try:
                held.enter_context(FileLock(self._folder / ".lock", timeout=0))
            except Timeout:
                raise AskNextError(
                    f"another process, or another cache in this one, is writing the run in {self._folder}; "
                    "wait until it ends, or give other keys (asknext.cache.read_values reads meanwhile)."
                ) from None
            self._log = valuelog.ValueLog(database, self._keys)
            self._shelf = Shelf(self._folder)
            self._check_whole(was_there)
            settle_manifest(self._folder, self._stated)
            self._held = held.pop_all()

    def _check_whole(self, was_there: bool) -> None:
        """A run whose whole folder was removed starts again; one that has lost a part of it does not."""
        finished, last = len(self._log.finished()), self._shelf.last()
        new = is_new(self._folder)
        if (new and was_there and (finished or last >= 0)) or last > finished:  # one may be half done
            lost = self._folder / MANIFEST if new else self._root / valuelog.DATABASE
            raise AskNextError(
                f"the run in {self._folder} is not whole: {lost} was removed or replaced; put it back, or "
                "remove the whole folder of the run to start again."
            )
        if new:
            self._log.clear()  # the values of the folder that was removed

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._held.close()

    def variable(self, name: str, initial: Any) -> Variable:
        """A variable of the loop.

        Parameters
        ----------
        name : its name, and that of its files.
        initial : its value before the first iteration; the same whenever the run is opened.
        """
        self._check_open()
        self._shelf.add(name, initial, started=bool(self._log.finished()))
        return Variable(name, self._shelf)

    persisted_value = variable  # the name that the older API has

    def iter(self, items: Iterable[Any], *readings: Reading) -> Iterator[tuple[Any, ...]]:
        """The iterations that are not finished yet: each item with the values that the loop starts from.

        Parameters
        ----------
        items : what to loop over. It may be longer than last time, but must start with the same items
            (this is checked for items that the cache could store).
        readings : past values of variables, `selected.previous()`.

        Yields
        ------
        (item, value, …), a value for each reading.

        Raises
        ------
        AskNextError : an item of a finished iteration has changed, or at the end of an iteration a variable
            has not been set.
        """
        self._check_readings(readings)
        for reading in readings:
            if reading.offset == 0:
                raise AskNextError(
                    f"'{reading.variable.name}' has no current value when an iteration starts; "
                    "give previous()."
                )
        finished = self._log.finished()
        for iteration, item in enumerate(items):
            mark = _mark(item)
            if iteration < len(finished):
                if None not in (mark, finished[iteration]) and mark != finished[iteration]:
                    raise AskNextError(
                        f"item {iteration} of the loop is {repr(item)[:60]}, not the one that this iteration "
                        "was run with; keep the first items as they were, or use another folder."
                    )
                continue
            if self._shelf.running is not None:
                raise AskNextError("another loop over this cache is at work; let it end first.")
            self._shelf.begin(iteration)
            try:
                yield (item, *(reading.at(iteration) for reading in readings))
                self._finish(iteration, mark)
            finally:
                self._shelf.end()
                self._pending = []

    def log_value(
        self, name: str, value: Any, iteration: int | Literal["auto"] | None = "auto", **extra: Any
    ) -> None:
        """Log a value; one of the same name, iteration and extra keys is replaced.

        Inside the loop it is written when the iteration is finished, with it; outside, at once.

        Parameters
        ----------
        name : the metric.
        value : a number, NaN and infinity among them, or any plain JSON value.
        iteration : "auto" for the one at work, or None outside the loop; None for the run as a whole.
        extra : further keys of the row, such as subset="test"; plain JSON values.

        Raises
        ------
        AskNextError : the value is not plain, or an extra key is also a key of the run.
        """
        self._check_open()
        taken = sorted((_RESERVED | self._keys.keys()) & extra.keys())
        if taken:
            raise AskNextError(f"the extra key '{taken[0]}' of '{name}' is a column already; rename it.")
        running = self._shelf.running
        row = valuelog.entry(name, value, running if iteration == "auto" else iteration, extra)
        if running is None:
            self._log.write([row])
        else:
            self._pending.append(row)

    def values(self, name: str | None = None) -> list[dict[str, Any]]:
        """What this run has logged; as `read_values`, which reads all runs of a folder.

        Values of the iteration at work are not among them yet.
        """
        self._check_open()
        return self._log.read(name)

    def compute_metric(self, name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Compute a metric for each finished iteration from what is kept, without running the loop.

        Parameters
        ----------
        name : the metric, under which the results are logged.
        function : gives the value of one iteration.
        args, kwargs : its arguments; `selected.previous()` and `selected.current()` stand for the values
            at each iteration.
        """
        self._check_readings([a for a in (*args, *kwargs.values()) if isinstance(a, Reading | Variable)])
        entries = []
        for i in range(len(self._log.finished())):
            given = [_at(i, a) for a in args]
            named = {key: _at(i, a) for key, a in kwargs.items()}
            entries.append(valuelog.entry(name, function(*given, **named), i, {}))
        self._log.write(entries)

    def compute_metrics(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """`compute_metric` under the name of the function itself."""
        name = getattr(function, "__name__", "<lambda>")
        if not name.isidentifier():
            raise AskNextError("this function has no name; call compute_metric(name, function, …).")
        self.compute_metric(name, function, *args, **kwargs)

    def _finish(self, iteration: int, mark: str | None) -> None:
        self._check_open()
        self._shelf.write()
        self._log.finish(iteration, mark, self._pending)

    def _check_open(self) -> None:
        if not self._open:
            raise AskNextError("the cache is closed; use it inside `with … as cache:`.")
        if get_ident() != self._thread:
            raise AskNextError(
                "a cache belongs to the thread that entered it; log values and read variables there, or give "
                "each thread a run of its own."
            )

    def _check_readings(self, readings: Iterable[Any]) -> None:
        self._check_open()
        for reading in readings:
            if not isinstance(reading, Reading):
                raise AskNextError(
                    f"{repr(reading)[:60]} is not a value of a variable at an iteration; give "
                    "variable.previous() or, for a metric, variable.current()."
                )
            if reading.variable.shelf is not self._shelf:
                raise AskNextError(
                    f"the variable '{reading.variable.name}' was made by another cache; make it with this "
                    "one's variable()."
                )


def _at(iteration: int, argument: Any) -> Any:
    """The value of a reading at an iteration; any other argument as it is."""
    return argument.at(iteration) if isinstance(argument, Reading) else argument


def _data_fingerprint(data: Any) -> str:
    parts = data if isinstance(data, tuple) else (data,)
    return rows.fingerprint(*(rows.load(part) for part in parts))


def _mark(item: Any) -> str | None:
    """Fingerprint of an item of the loop; None for an item that the cache could not store."""
    try:
        return fingerprint(item, "item")
    except AskNextError:
        return None
