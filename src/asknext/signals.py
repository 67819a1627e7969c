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
"""Computes the given rows of a column. It may say in `needs` what other signals it reads, as the `reader`,
and in `origin` who it was in the end."""


def softmax(logits: Array) -> Array:
    """Probabilities (n, k) from logits (n, k); a class at -inf gets 0."""
    top = np.max(logits, axis=1, keepdims=True, initial=-np.inf)
    odds = np.exp(logits - np.where(np.isfinite(top), top, 0.0))
    total = odds.sum(axis=1, keepdims=True)
    return np.divide(odds, total, out=np.zeros_like(odds), where=total > 0)


AXES = {
    "proba": ("items", "classes"),
    "logits": ("items", "classes"),
    "samples": ("items", "draws", "classes"),
    "reference_proba": ("items", "classes"),
}
"""The axes of the signals that speak of classes."""

PROBABILITIES = AXES.keys() - {"logits"}
_ROUNDING = 1e-3  # by which probabilities may miss a sum of 1

DERIVED: dict[str, list[tuple[str, Callable[[Array], Array]]]] = {
    "proba": [("logits", softmax), ("samples", lambda draws: draws.mean(axis=1))],
}
"""What follows from what: each signal with the signals that it can be computed from, the best first."""


def given_columns(X: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are there without a learner, brought into one form.

    Parameters
    ----------
    X : (n, …) the pool's rows; they serve as `embedding` where they are numeric. None where they are not to.
    given : further columns (n, …) by name, in any form that `asknext.rows.load` takes.

    Returns
    -------
    Columns of numbers by name.

    Raises
    ------
    AskNextError : a given column is not numeric, or an embedding has no columns.
    """
    features = None if X is None else rows.matrix(X)
    columns = {} if features is None or features.shape[1] == 0 else {"embedding": features}
    for name, values in given.items():
        read = rows.matrix if name == "embedding" else rows.numbers
        columns[name] = read(rows.load(values))
        if columns[name] is None:
            raise AskNextError(f"the signal '{name}' is not numeric; give numbers, a row for each item.")
    if "embedding" in columns and columns["embedding"].shape[1] == 0:
        raise AskNextError("the signal 'embedding' has no columns; give at least one number for each item.")
    return columns


def check_axes(name: str, values: Any) -> None:
    """Check that a column that speaks of classes has the axes that its name promises.

    Raises
    ------
    AskNextError : other axes, no draw, or a sparse matrix.
    """
    axes = AXES.get(name)
    if axes and (sparse.issparse(values) or len(values.shape) != len(axes) or 0 in values.shape[1:-1]):
        form = "sparse" if sparse.issparse(values) else f"of the shape {values.shape}"
        raise AskNextError(f"the signal '{name}' is {form}; give a dense array, {' × '.join(axes)}.")


def check_values(name: str, values: Any, ids: Ids | None = None) -> None:
    """Check rows of a column: finite numbers and, where these are probabilities, distributions.

    Raises
    ------
    AskNextError : a row is neither; the message names it by its position in `ids`.
    """
    rows.check_finite(f"the signal '{name}'", values, ids)
    if name not in PROBABILITIES or 0 in values.shape:  # no class is known yet, or no row wanted
        return
    bad = np.abs(values.sum(axis=-1, dtype=np.float64) - 1) > _ROUNDING
    if values.min() < 0:
        bad |= (values < 0).any(axis=-1)
    if bad.any():
        places = np.flatnonzero(bad.reshape(len(values), -1).any(axis=1))
        raise AskNextError(
            f"the signal '{name}' holds no probabilities, for instance in row "
            f"{places[0] if ids is None else ids[places[0]]}; they must be at least 0 and add up to 1."
        )


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
            if callable(source):
                continue
            if source.shape[0] != n:
                raise AskNextError(
                    f"the signal '{name}' has {source.shape[0]} rows, but the pool has {n} items; "
                    "give one row for each pool item."
                )
            check_axes(name, source)

    def __contains__(self, name: object) -> bool:
        return name in self._sources or any(base in self for base, _ in DERIVED.get(str(name), []))

    def add(self, name: str, source: Source) -> None:
        """One column more, computed when read; what is read of the others stays known.

        Raises
        ------
        AskNextError : there is such a column already.
        """
        if name in self:
            raise AskNextError(f"there is already a signal '{name}'; choose another name.")
        self._sources[name] = source

    @property
    def names(self) -> list[str]:
        """Every signal that can be read, also the derived ones."""
        return sorted({*self._sources, *(name for name in DERIVED if name in self)})

    @property
    def widths(self) -> dict[str, int]:
        """Class columns of each given signal that has such."""
        given = {name: self._sources[name] for name in AXES if name in self._sources}
        return {name: source.shape[-1] for name, source in given.items() if not callable(source)}

    @property
    def origins(self) -> dict[str, str]:
        """Who computed what was read so far, where a source says so in `origin`."""
        read = {name: getattr(self._sources[name], "origin", None) for name in self._known}
        return {name: origin for name, origin in read.items() if origin is not None}

    def require(self, names: Iterable[str], reader: str) -> None:
        """Check before a label is spent that everything a reader needs is there.

        Raises
        ------
        MissingSignalError : a signal is missing; the message names it, the reader and what there is.
        """
        names = set(names)
        missing = sorted(name for name in names if name not in self)
        if missing:
            has = ", ".join(self.names) or "none"
            raise MissingSignalError(
                f"{reader} needs the signal '{missing[0]}', which nobody provides here (there is: {has}); "
                + _HINTS.get(missing[0], "choose another strategy or learner.")
            )
        for source in (self._sources.get(name) for name in sorted(names)):
            if further := getattr(source, "needs", None):
                self.require(further, getattr(source, "reader", "this"))

    def read(self, name: str, ids: Ids) -> Array:
        """The given rows of a column, checked.

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
        AskNextError : a value is NaN, infinite or no probability.
        """
        source = self._sources.get(name)
        if source is None:
            return self._derive(name, ids)
        if not callable(source):
            values = rows.usual_precision(source[ids])
            check_values(name, values, ids)
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
        values = rows.usual_precision(values)
        check_values(name, values, ids)
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
    "logits": "give signals={\"logits\": …} or a learner that has them, such as logistic-regression or mlp, "
    "or choose what reads `proba`, such as the detector msp or score='msp'.",
    "samples": "choose a learner that draws several predictions, such as a random forest or mlp-head.",
    "predicted_loss": "give signals={\"predicted_loss\": …}, or choose a network that learns its loss, such "
    "as mlp-head(loss_module=True).",
    "truth": "only a benchmark knows the true classes beforehand, so choose another strategy.",
    "reference_proba": "only a benchmark has a reference model, so choose another strategy.",
}
