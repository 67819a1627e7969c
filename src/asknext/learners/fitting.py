"""A learner at one moment of a campaign: fitted when first needed, read from the cache when there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from asknext import rows
from asknext.errors import AskNextError
from asknext.learners.base import CLASS_AXIS, Learner, Model, OnePass, aligned
from asknext.learners.beside import answered, beside, names_read
from asknext.pool import Pool
from asknext.signals import Source, check_values
from asknext.types import Array, Ids

UNCACHED = frozenset({"samples"})
"""Signals that no cache keeps: a hundred draws of a prediction are a hundred times its size."""


MOST_KEPT = 1 << 30
"""Bytes of signals kept because they came of the pass of one that was wanted; more are computed again."""


class Columns(Protocol):
    """Where computed columns are kept: `asknext.log.ColumnStore`, or anything like it."""

    def get(self, key: str) -> Array | None:
        """The column of a key, or None."""
        ...

    def put(self, key: str, values: Array) -> None:
        """Keep a column."""
        ...


class Table:
    """The rows that a learner predicts on, with the fingerprint that names them in the cache.

    Parameters
    ----------
    X : (n, …) the pool, anything that `asknext.rows.load` takes.
    holdout : (h, …) rows outside the pool on which the model is watched, in the same form; or None.
    key : the fingerprint, where they are known by something else than their content.
    """

    def __init__(self, X: Any, holdout: Any = None, key: str = "") -> None:
        self.X = rows.load(X)
        self.holdout = None if holdout is None else rows.load(holdout)
        self._key = key

    @cached_property
    def key(self) -> str:
        """Fingerprint of the content."""
        return self._key or rows.fingerprint(self.X, *(() if self.holdout is None else (self.holdout,)))

    def __len__(self) -> int:
        return rows.count(self.X)


class Fitting:
    """A learner fitted on what is labelled in a pool.

    What it says is kept in single precision: half the memory, half the disk, and the same numbers whether
    they were just computed or read from the cache. Probabilities closer to 1 than 6e-8 count as 1.

    Before the first label there is no model, and every class is equally likely: strategies that live on
    probabilities then have nothing to go by and choose at random.

    Parameters
    ----------
    learner : what is fitted.
    table : the pool's rows.
    pool : which of them are labelled, and how.
    seed : all randomness of the fit.
    columns : cache of whole columns; None computes only the rows that are read.
    """

    def __init__(
        self, learner: Learner, table: Table, pool: Pool, seed: int, columns: Columns | None = None
    ) -> None:
        self.learner = learner
        self.table = table
        self.pool = pool
        self.seed = seed
        self.columns = columns
        self.seconds = {"fit": 0.0, "predict": 0.0}
        self._loaded: dict[str, Array] = {}
        self._passed: dict[str, tuple[Ids | None, dict[str, Array]]] = {}

    @cached_property
    def key(self) -> str:
        """Fingerprint of everything the model depends on."""
        ids, y = answered(self.learner, self.pool)
        learnt = (ids, y, np.array(len(self.pool.classes)), np.array(self.seed))
        names = names_read(self.learner, self.pool.classes)
        return rows.fingerprint(self.learner.key, self.table.key, *learnt, *names)

    @cached_property
    def model(self) -> Model | None:
        """The fitted model; None while there is nothing to learn from."""
        if len(self.pool.labelled) == 0 and self.learner.needs_labels:
            return None
        ids, y = answered(self.learner, self.pool)
        X, more = rows.take(self.table.X, ids), beside(self.learner, self.table.X, self.pool.classes)
        with self._timed("fit", X, ids):
            return self.learner.fit(X, y, self.seed, **more)

    def sources(self) -> Mapping[str, Source]:
        """The learner's signals as sources of columns over the pool."""
        return {name: self._source(name) for name in sorted(self.learner.provides)}

    def predicted(self, ids: Ids) -> Ids:
        """The likeliest class position of each given item."""
        return self._source("proba")(ids).argmax(axis=1)

    def column(self, name: str) -> Array:
        """A whole signal over the pool, followed by the hold-out, from the cache if it is kept there.

        Parameters
        ----------
        name : a signal that the learner provides.

        Returns
        -------
        (n + h, …) array.
        """
        if name not in self._loaded:
            store = self._store(name)
            values = None if store is None else store.get(self.column_key(name))
            if values is None:
                values = self._predict(name, "pool")
                if self.table.holdout is not None:
                    values = np.concatenate([values, self._predict(name, "holdout")])
                if store is not None:
                    store.put(self.column_key(name), values)
            self._loaded[name] = values
        return self._loaded[name]

    def column_key(self, name: str) -> str:
        """The name of a column in the cache."""
        return f"{self.key}-{name}"

    def _store(self, name: str) -> Columns | None:
        return None if name in UNCACHED else self.columns

    def _source(self, name: str) -> Source:
        def read(ids: Ids) -> Array:
            if self._store(name) is not None:
                return self.column(name)[ids]
            return self._predict(name, "rows", ids)

        return read

    def _predict(self, name: str, part: str, ids: Ids | None = None) -> Array:
        """A signal for the whole "pool", the "holdout", or the given "rows" of the pool.

        What comes of the same pass is kept for the next signal that is read of the same rows.
        """
        before, kept = self._passed.get(part, (None, {}))
        if name in kept and np.array_equal(before, ids):  # type: ignore[arg-type]
            return kept.pop(name)
        X = self.table.holdout if part == "holdout" else self.table.X
        X = X if ids is None else rows.take(X, ids)
        k = len(self.pool.classes)
        model = self.model
        if model is None:
            return _uninformed(name, rows.count(X), k)
        with self._timed("predict", X, ids):
            found = model.signals(name, X) if isinstance(model, OnePass) else {name: model.signal(name, X)}
            ready = {}
            for each, values in found.items():
                ready[each] = aligned(model, each, values, rows.count(X), k).astype(np.float32, copy=False)
                check_values(each, ready[each], ids)
            wanted = ready.pop(name)
            small = sum(values.nbytes for values in ready.values()) <= MOST_KEPT
            self._passed[part] = (ids, ready if small else {})
            return wanted

    @contextmanager
    def _timed(self, deed: str, X: Any, ids: Ids | None) -> Iterator[None]:
        """Adds to `seconds`; where the learner refuses rows with NaN or infinity, says which row it is."""
        start = perf_counter()
        try:
            yield
        except AskNextError:
            if (features := rows.matrix(X)) is not None:
                rows.check_finite("X", features, ids)
            raise
        finally:
            self.seconds[deed] += perf_counter() - start


def _uninformed(name: str, n: int, k: int) -> Array:
    """What a learner says before it has seen a label."""
    if name not in CLASS_AXIS:
        raise AskNextError(f"the signal '{name}' needs at least one labelled item; label a few first.")
    shape = (n, 1, k) if name == "samples" else (n, k)
    return np.full(shape, 0.0 if name == "logits" else 1 / max(1, k), dtype=np.float32)
