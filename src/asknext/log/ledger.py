"""The log together with the state that it adds up to, always in step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asknext.log.events import Event
from asknext.log.fold import State, fold
from asknext.log.store import EventLog


class Ledger:
    """A log, opened and folded; what the state refuses never gets into it.

    Parameters
    ----------
    path, wait : of the `EventLog`.

    Raises
    ------
    AskNextError : the log cannot be opened, see `EventLog`.
    DamagedLogError : its events do not fit together.
    """

    def __init__(self, path: Path | None, wait: float = 0.0) -> None:
        self.log = EventLog(path, wait)
        try:
            self.state: State = fold(self.log)
        except BaseException:
            self.log.close()
            raise

    def append(self, *events: Event) -> None:
        """Store events and let the state take them in, all or none; those stored before change nothing."""
        with self.transaction():
            for stored in self.log.append(*events):
                self.state.apply(stored)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside at once, at the end; after an exception none of it happened."""
        try:
            with self.log.transaction():
                yield
        except BaseException:
            self.state = fold(self.log)
            raise
