"""How well rows are covered by those taken, and what each further row would add: kept up to date lazily."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np

from asknext.kernels.distances import as_points, centred, squared_distances, squared_norms, to_nearest
from asknext.types import Array, Floats, Ids

Kernel = Literal["rbf", "ball", "linear"]
"""How much a row covers another at distance t · width: exp(-t²); 1 where t < 1, else 0; max(0, 1 - t)."""

TILE = 1024  # rows on each side of a table of similarities
FIRST = 64  # rows whose gain is brought up to date at first, where the best row is not known
HISTORY = 1 << 25  # numbers kept of earlier covers: 128 MB in single precision
SMALL = 4096  # rows up to which single precision would save nothing worth while


def similarity(squared: Floats, kernel: Kernel) -> Floats:
    """How much rows cover others at these squared distances.

    Parameters
    ----------
    squared : t² = r² / width², at least 0, of any shape; overwritten.
    kernel : "rbf" for exp(-t²), "ball" for 1 where t < 1 and else 0, "linear" for max(0, 1 - t).

    Returns
    -------
    Numbers in [0, 1] of the same shape.
    """
    if kernel == "ball":
        return (squared < 1.0).astype(squared.dtype)
    if kernel == "linear":
        np.subtract(1.0, np.sqrt(squared, out=squared), out=squared)
        return _positive(squared)
    np.negative(squared, out=squared)
    return np.exp(squared, out=squared)


def scaled(width: float, *points: Any) -> tuple[Any, ...]:
    """Rows in units of the width, the mean of the first set at the origin, in a precision that suffices.

    Single precision is used for many rows, where its rounding of |x|² + |y|² - 2<x, y> is far below the
    width. Sparse rows stay where they are.

    Parameters
    ----------
    width : the unit of length, above 0.
    points : sets of rows (m, d), dense or CSR.
    """
    shifted = [rows * rows.dtype.type(1.0 / width) for rows in centred(*(as_points(rows) for rows in points))]
    largest = max(float(squared_norms(rows).max(initial=0.0)) for rows in shifted)
    single = shifted[0].shape[0] > SMALL and largest * np.finfo(np.float32).eps < 1e-4
    return tuple(rows.astype(np.float32 if single else np.float64) for rows in shifted)


class Similarity(Protocol):
    """How much rows cover others.

    Parameters
    ----------
    m : number of rows.
    dtype : of the tables.
    symmetric : whether a row covers another as much as the other covers it.
    """

    m: int
    dtype: Any
    symmetric: bool

    def table(self, rows: Any, to: Any) -> Floats:
        """How much rows cover others, in [0, 1]: a dense table; both are slices or positions."""
        ...


class Reach:
    """Rows cover each other by their distance alone, in the same measure everywhere.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR, in units of the width; see `scaled`.
    kernel : how similarity falls with distance.
    """

    symmetric = True

    def __init__(self, X: Any, kernel: Kernel) -> None:
        self.m = X.shape[0]
        self._X, self._kernel, self._norms = X, kernel, squared_norms(X)
        self.dtype = self._norms.dtype

    def table(self, rows: Any, to: Any) -> Floats:
        """How much rows cover others; see `Similarity`."""
        X, norms = self._X, self._norms
        return similarity(squared_distances(X[rows], X[to], norms[rows], norms[to]), self._kernel)


class Coverage:
    """The running state of greedy facility location.

    Row i is covered to the degree m_i by the rows taken so far; taking row c would add
    gain(c) = Σ_i w_i max(0, k(i, c) - m_i), summed over all rows or over some reference rows.
    Gains only ever fall, so one computed earlier is an upper bound. It is brought up to date only when
    asked for, and only by the rows whose cover has changed since: Σ_i w_i clip(k(i, c) - m_i', 0, m_i - m_i')
    is what is lost, with m' the cover of that time. No table of all pairs is kept.

    Parameters
    ----------
    similar : how much rows cover others, such as `Reach`.
    weights : (m,) weight of each row to cover, not negative; all 1 where not given.
    covered : (m,) how far each row is covered at the start; 0 where not given.
    reference : positions of the rows to cover; all where not given.
    """

    def __init__(
        self,
        similar: Similarity,
        weights: Array | None = None,
        covered: Array | None = None,
        reference: Ids | None = None,
    ) -> None:
        m, dtype = similar.m, similar.dtype
        self._similar, self._reference = similar, reference
        every = slice(None) if reference is None else reference
        self._weights = (np.ones(m) if weights is None else np.asarray(weights))[every].astype(dtype)
        self.covered: Floats = (np.zeros(m) if covered is None else np.asarray(covered))[every].astype(dtype)
        depth = max(2, HISTORY // len(self.covered))
        self._history: list[Floats] = [self.covered]  # the cover at each time since the last full update
        self._depth = depth
        self._seen = np.zeros(m, dtype=np.intp)  # the time of which a gain tells
        self.taken = np.zeros(m, dtype=bool)
        halves = reference is None and similar.symmetric
        self.gains: Floats = self._first_by_halves() if halves else self._first()

    def update(self, rows: Ids) -> None:
        """Bring the gains of these rows up to date."""
        now = len(self._history) - 1
        rows = rows[self._seen[rows] < now]
        for time in np.unique(self._seen[rows]):
            self._lower(rows[self._seen[rows] == time], self._history[time])
        self._seen[rows] = now

    def best(self, rng: np.random.Generator) -> int:
        """The row, not taken yet, of the largest gain; ties at random."""
        open_gains = np.where(self.taken, -1.0, self.gains)
        now, size = len(self._history) - 1, FIRST
        while True:
            known = self._seen == now
            least = open_gains[known].max(initial=-1.0)
            doubtful = np.flatnonzero(~known & (open_gains >= least) & ~self.taken)
            if not len(doubtful):
                ties = np.flatnonzero(open_gains == least)
                return int(ties[0] if len(ties) == 1 else rng.choice(ties))
            if len(doubtful) > size:
                doubtful = doubtful[np.argpartition(-open_gains[doubtful], size)[:size]]
            self.update(doubtful)
            open_gains[doubtful] = self.gains[doubtful]
            size *= 2

    def take(self, row: int) -> None:
        """Cover what the row covers; it is not taken again."""
        fresh = self._table(slice(row, row + 1), slice(None))[0]
        self.taken[row] = True
        if len(self._history) == self._depth:
            self.update(np.flatnonzero(~self.taken))
            self._seen[:] = 0
            del self._history[:-1]
        self.covered = np.maximum(self.covered, fresh)
        self._history.append(self.covered)

    def greedy(self, n: int, rng: np.random.Generator, first: Ids | tuple[()] = ()) -> tuple[Ids, Floats]:
        """Take n rows, those given first and then the best each time: their positions, and their gains."""
        rows, gains = np.empty(n, dtype=np.intp), np.empty(n)
        rows[: len(first)] = first
        for step in range(n):
            if step < len(first):
                self.update(rows[[step]])
            else:
                rows[step] = self.best(rng)
            gains[step] = self.gains[rows[step]]
            self.take(int(rows[step]))
        return rows, gains

    def _lower(self, rows: Ids, before: Floats) -> None:
        """Take from gains, told when the cover was `before`, what has been covered since."""
        moved = np.flatnonzero(self.covered > before)
        for part in _tiles(len(rows)):
            lost = np.zeros(len(rows[part]))
            for piece in _tiles(len(moved)):
                to = moved[piece]
                table = self._table(rows[part], to)
                table -= before[to]
                np.minimum(table, self.covered[to] - before[to], out=table)
                lost += _positive(table) @ self._weights[to]
            self.gains[rows[part]] = np.clip(self.gains[rows[part]] - lost, 0.0, None)

    def _first(self) -> Floats:
        """The gains at the start."""
        gains = np.zeros(self._similar.m)
        for part in _tiles(len(gains)):
            for to in _tiles(len(self.covered)):
                table = self._table(part, to)
                table -= self.covered[to]
                gains[part] += _positive(table) @ self._weights[to]
        return gains

    def _first_by_halves(self) -> Floats:
        """The gains at the start where each row is both to take and to cover: each pair is measured once."""
        gains = np.zeros(len(self.covered))
        for part in _tiles(len(gains)):
            for to in _tiles(len(gains), part.start):
                table = self._table(part, to)
                if to.start > part.start:
                    gains[to] += self._weights[part] @ _positive(table - self.covered[part, None])
                table -= self.covered[to]
                gains[part] += _positive(table) @ self._weights[to]
        return gains

    def _table(self, rows: Any, to: Any) -> Floats:
        """How much rows cover those to cover; a dense table."""
        return self._similar.table(rows, to if self._reference is None else self._reference[to])


def cover_by(X: Any, centres: Any, kernel: Kernel) -> Floats:
    """How far rows are covered by centres that are there already; all in units of the width; (m,)."""
    if not centres.shape[0]:
        return np.zeros(X.shape[0], dtype=X.dtype)
    return similarity(to_nearest(X, centres), kernel)


def gathered(similar: Similarity, rows: Ids, how: np.ufunc) -> Floats:
    """How much each row is covered by some rows together: `np.maximum` by the best of them, `np.add` by all.

    Returns
    -------
    (m,) numbers; zeros where no rows are given.
    """
    found = np.zeros(similar.m, dtype=similar.dtype)
    for part in _tiles(len(rows)):
        for to in _tiles(similar.m):
            found[to] = how(found[to], how.reduce(similar.table(rows[part], to), axis=0))
    return found


def _positive(table: Floats) -> Floats:
    return np.clip(table, 0.0, np.inf, out=table)


def _tiles(n: int, start: int = 0) -> list[slice]:
    return [slice(i, min(i + TILE, n)) for i in range(start, n, TILE)]
