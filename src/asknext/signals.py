"""Signals: named columns over the pool, computed when first read, each row once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from scipy import sparse

from asknext import rows
from asknext.errors import AskNextError, MissingSignalError
from asknext.types import Array, Ids

Source = Callable[[Ids], Array]
"""Computes the given rows of a column."""


def softmax(logits: Array) -> Array:
    """Probabilities (n, k) from logits (n, k); a class at -inf gets 0."""
    top = np.max(logits, axis=1, keepdims=True, initial=-np.inf)
    odds = np.exp(logits - np.where(np.isfinite(top), top, 0.0))
    total = odds.sum(axis=1, keepdims=True)
    return np.divide(odds, total, out=np.zeros_like(odds), where=total > 0)


DERIVED: dict[str, list[tuple[str, Callable[[Array], Array]]]] = {
    "proba": [("logits", softmax), ("samples", lambda draws: draws.mean(axis=1))],
}
"""What follows from what: each signal with the signals that it can be computed from, the best first."""


def given_columns(X: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are there without a learner, brought into one form.

    Parameters
    ----------
    X : (n, …) the pool's rows; they serve as `embedding` where they are numeric.
    given : further columns (n, …) by name, in any form that `asknext.rows.load` takes.

    Returns
    -------
    Columns of numbers by name.

    Raises
    ------
    AskNextError : a given column is not numeric.
    """
    features = rows.matrix(X)
    columns = {} if features is None else {"embedding": features}
    for name, values in given.items():
        read = rows.matrix if name == "embedding" else rows.numbers
        columns[name] = read(rows.load(values))
        if columns[name] is None:
            raise AskNextError(f"the signal '{name}' is not numeric; give numbers, a row for each item.")
    return columns


class Signals:
    """The columns that a round can read.

    Parameters
    ----------
    n : items in the pool.
    sources : for each signal, the whole column (n, …) or a function that computes given rows of it.
    """

    def __init__(self, n: int, sources: Mapping[str, Any]) -> None:
        self._n = n
        self._sources = dict(sources)
        self._columns: dict[str, Any] = {}
        self._known: dict[str, Array] = {}
        for name, source in sources.items():
            if not callable(source) and source.shape[0] != n:
                raise AskNextError(
                    f"the signal '{name}' has {source.shape[0]} rows, but the pool has {n} items; "
                    "give one row for each pool item."
                )

    def __contains__(self, name: object) -> bool:
        return name in self._sources or any(base in self for base, _ in DERIVED.get(str(name), []))

    @property
    def names(self) -> list[str]:
        """Every signal that can be read, also the derived ones."""
        return sorted({*self._sources, *(name for name in DERIVED if name in self)})

    def require(self, names: Iterable[str], reader: str) -> None:
        """Check before a label is spent that everything a reader needs is there.

        Raises
        ------
        MissingSignalError : a signal is missing; the message names it, the reader and what there is.
        """
        missing = sorted(name for name in names if name not in self)
        if missing:
            has = ", ".join(self.names) or "none"
            raise MissingSignalError(
                f"{reader} needs the signal '{missing[0]}', which nobody provides here (there is: {has}); "
                + _HINTS.get(missing[0], "choose another strategy or learner.")
            )

    def read(self, name: str, ids: Ids) -> Array:
        """The given rows of a column, checked to be finite.

        Parameters
        ----------
        name : the signal.
        ids : (m,) positions in the pool.

        Returns
        -------
        (m, …) array, or a CSR matrix where the source is sparse.

        Raises
        ------
        MissingSignalError : nobody provides this signal.
        AskNextError : a value is NaN or infinite.
        """
        source = self._sources.get(name)
        if source is None:
            return self._derive(name, ids)
        if not callable(source):
            values = source[ids]
            rows.check_finite(f"the signal '{name}'", values, ids)
            return values
        known = self._known.setdefault(name, np.zeros(self._n, dtype=bool))
        wanted = ids[~known[ids]]
        if name not in self._columns and not len(wanted):
            wanted = np.arange(1)  # no rows are wanted, but one tells their shape
        if len(wanted):
            self._store(name, wanted, source(wanted))
        return self._columns[name][ids]

    def _store(self, name: str, ids: Ids, values: Array) -> None:
        if sparse.issparse(values):
            raise AskNextError(f"the signal '{name}' came out sparse; only given columns may be sparse.")
        rows.check_finite(f"the signal '{name}'", values, ids)
        if name not in self._columns:
            self._columns[name] = np.empty((self._n, *values.shape[1:]), dtype=values.dtype)
        self._columns[name][ids] = values
        self._known[name][ids] = True

    def _derive(self, name: str, ids: Ids) -> Array:
        for base, how in DERIVED.get(name, []):
            if base in self:
                return how(self.read(base, ids))
        self.require([name], "this")
        raise AssertionError("unreachable")


_HINTS = {
    "proba": "give proba= or a learner with class probabilities.",
    "embedding": "give embedding=, a numeric matrix with a row for each item.",
    "samples": "choose a learner that draws several predictions, such as a random forest.",
    "truth": "only a benchmark knows the true classes beforehand, so choose another strategy.",
    "reference_proba": "only a benchmark has a reference model, so choose another strategy.",
}
