"""Squared Euclidean distances, computed in blocks, without a table of all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from asknext import rows
from asknext.errors import AskNextError
from asknext.types import Floats, Ids

BLOCK = 1 << 22  # numbers in a block of distances: 32 MB in double precision
CACHED = 16  # so many times smaller where a block is read more than once
ROUNDING = 32  # a distance below this many units of rounding of the row's norm is no distance


def as_points(X: Any) -> Any:
    """Rows to measure distances between: float32 or float64, (n, d), dense or CSR.

    Parameters
    ----------
    X : (n, …) numbers, dense or sparse; half precision is widened to single, whole numbers to double.

    Raises
    ------
    AskNextError : the rows hold something other than numbers.
    """
    points = rows.matrix(X.tocsr() if sparse.issparse(X) else np.asarray(X))
    if points is None:
        raise AskNextError("distances need numbers, but these rows hold something else; encode them first.")
    if points.dtype in (np.float32, np.float64):
        return points
    return points.astype(np.float32 if points.dtype == np.float16 else np.float64)


def centred(X: Any, *others: Any) -> tuple[Any, ...]:
    """X and the others shifted so that the mean of X is the origin; sparse rows are left as they are.

    Distances stay the same, but |x|² + |y|² - 2<x, y> loses no digits to a common offset.
    """
    if sparse.issparse(X):
        return (X, *others)
    shift = X.mean(axis=0, dtype=np.float64).astype(X.dtype)
    return tuple(points - shift for points in (X, *others))


def blocks(n: int, width: int) -> Iterator[slice]:
    """Slices of n rows, so few at a time that rows × width numbers stay within a block."""
    step = max(1, BLOCK // max(1, width))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def squared_norms(X: Any) -> Floats:
    """|x|² of each row; (n,)."""
    if sparse.issparse(X):
        return np.asarray(X.multiply(X).sum(axis=1)).ravel()
    return np.einsum("ij,ij->i", X, X)


def unit(X: Any) -> Any:
    """Rows divided by their length, dense or CSR; rows of zeros stay."""
    length = np.sqrt(squared_norms(X))
    scale = (1.0 / np.where(length > 0, length, 1.0)).astype(X.dtype)
    return (sparse.diags_array(scale) @ X).tocsr() if sparse.issparse(X) else X * scale[:, None]


def products(X: Any, row: int) -> Floats:
    """Inner products of all rows with one of them; (n,)."""
    other = X[[row]].toarray().ravel() if sparse.issparse(X) else X[row]
    return X @ other


def squared_distances(X: Any, Y: Any, x_norms: Floats, y_norms: Floats) -> Floats:
    """|x - y|² of each row of X (n, d) to each row of Y (m, d), at least 0; the caller gives blocks.

    Returns
    -------
    (n, m) dense array.
    """
    inner = X @ Y.T
    table = inner.toarray() if sparse.issparse(inner) else inner
    table *= -2.0
    table += x_norms[:, None]
    table += y_norms
    return np.clip(table, 0.0, np.inf, out=table)  # several times as fast as np.maximum with a number


def without_rounding(squared: Floats, norms: Floats) -> Floats:
    """Squared distances with those that are mere rounding of |x|² + |y|² - 2<x, y> set to 0, in place.

    Parameters
    ----------
    squared : (n,) squared distances of rows to something.
    norms : (n,) |x|² of these rows.
    """
    squared[squared <= ROUNDING * np.finfo(squared.dtype).eps * norms] = 0.0
    return squared


def to_nearest(X: Any, centres: Any, x_norms: Floats | None = None) -> Floats:
    """Squared distance of each row to the nearest centre.

    |x|² is added once, after the least of |c|² - 2<c, x> is found; and blocks are small enough to stay in the
    processor's own memory.

    Parameters
    ----------
    X : (n, d) points; centres : (m, d) points, m at least 1.
    x_norms : (n,) |x|² of each row, where they are known already.

    Returns
    -------
    (n,) numbers, at least 0.
    """
    if x_norms is None:
        x_norms = squared_norms(X)
    c_norms, scaled = squared_norms(centres)[:, None], centres * X.dtype.type(-2)
    least = np.empty(X.shape[0], dtype=x_norms.dtype)
    for part in blocks(X.shape[0], CACHED * centres.shape[0]):
        inner = scaled @ X[part].T
        table = inner.toarray() if sparse.issparse(inner) else inner
        table += c_norms
        least[part] = table.min(axis=0)
    least += x_norms
    return without_rounding(np.clip(least, 0.0, np.inf, out=least), x_norms)


def nearest(X: Any, centres: Any) -> Ids:
    """Which centre is nearest to each row; the first of those at the same distance.

    Parameters
    ----------
    X : (n, d) points; centres : (m, d) points, m at least 1.

    Returns
    -------
    (n,) positions in `centres`.
    """
    x_norms, c_norms = squared_norms(X), squared_norms(centres)
    near = np.empty(X.shape[0], dtype=np.intp)
    for part in blocks(X.shape[0], centres.shape[0]):
        near[part] = squared_distances(X[part], centres, x_norms[part], c_norms).argmin(axis=1)
    return near
