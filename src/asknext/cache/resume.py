"""The cache of a loop that only wants to be resumed: it keeps the last values and removes the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from asknext.answers import as_whole
from asknext.cache.replay import ReplayCache
from asknext.errors import AskNextError


class ResumeCache(ReplayCache):
    """A `ReplayCache` that keeps the values of the last iterations only: it resumes, it does not replay.

    Parameters
    ----------
    folder, keys, data, version : as in `ReplayCache`.
    lifetime : how many iterations a value stays on the disk, at least 1; `previous(-k)` needs k.
    """

    def __init__(
        self,
        folder: str | Path,
        keys: Mapping[str, Any] | None = None,
        *,
        data: Any = None,
        version: str | None = None,
        lifetime: int = 2,
    ) -> None:
        super().__init__(folder, keys, data=data, version=version)
        self._lifetime = as_whole("lifetime", lifetime, 1)

    def __enter__(self) -> Self:
        super().__enter__()
        self._prune()  # the last process may have ended before it did
        return self

    def compute_metric(self, name: str, /, *_: Any, **__: Any) -> None:
        """Refused: the values of earlier iterations are gone."""
        raise AskNextError(
            f"'{name}' cannot be computed now: a ResumeCache removes the values of earlier iterations; "
            "run the loop with ReplayCache, or log the value inside the loop."
        )

    def _check_readings(self, readings: Iterable[Any]) -> None:
        readings = list(readings)
        super()._check_readings(readings)
        for reading in readings:
            if -reading.offset > self._lifetime:
                raise AskNextError(
                    f"previous({reading.offset}) of '{reading.variable.name}' looks further back than the "
                    f"lifetime of {self._lifetime}; give lifetime={-reading.offset}."
                )

    def _finish(self, iteration: int, mark: str | None) -> None:
        super()._finish(iteration, mark)
        self._prune()

    def _prune(self) -> None:
        self._shelf.prune(len(self._log.finished()) - self._lifetime)
