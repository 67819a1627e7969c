"""Nearest neighbours: how far they are, of which class, which points the same way, and which are copies."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from asknext.kernels.distances import as_points, blocks, centred, squared_distances, squared_norms
from asknext.types import Array, Floats, Ids


def mean_distance(X: Any, k: int, squared: bool = False) -> Floats:
    """Mean distance of each row to the k nearest other rows.

    A row is left out of its own neighbours by its position, so that a copy of it counts as a neighbour at
    distance 0. All pairs are measured, O(m² d) time, but in blocks.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    k : neighbours, at least 1; with fewer other rows, all of them.
    squared : average squared distances instead.

    Returns
    -------
    (m,) numbers; infinite for a row without others.
    """
    (X,) = centred(as_points(X))
    norms = squared_norms(X)
    m = len(norms)
    k = min(k, m - 1)
    if k == 0:
        return np.full(m, np.inf)
    mean = np.empty(m)
    for part in blocks(m, m):
        table = squared_distances(X[part], X, norms[part], norms)
        mine = np.arange(part.start, part.stop)
        table[mine - part.start, mine] = np.inf
        near = np.partition(table, k - 1, axis=1)[:, :k]
        mean[part] = (near if squared else np.sqrt(near)).mean(axis=1)
    return mean


def kth_distance(X: Any, others: Any, k: int, own: Array | None = None) -> Floats:
    """Distance of each row to the k-th nearest of other rows.

    Parameters
    ----------
    X : (n, d) rows; others : (m, d) rows; dense or CSR.
    k : which one, at least 1; with fewer other rows, the farthest of them.
    own : (n,) position in `others` of the row itself, which does not count then, or -1 where it is not there.

    Returns
    -------
    (n,) numbers; 0 where there is nothing to measure to.
    """
    m = others.shape[0]
    if m == 0:
        return np.zeros(X.shape[0])
    others, X = centred(as_points(others), as_points(X))
    x_norms, norms = squared_norms(X), squared_norms(others)
    found = np.empty(X.shape[0])
    for part in blocks(X.shape[0], m):
        table = squared_distances(X[part], others, x_norms[part], norms)
        mine = np.full(len(table), -1) if own is None else own[part]
        inside = np.flatnonzero(mine >= 0)
        table[inside, mine[inside]] = np.inf
        wanted = np.minimum(k, m - (mine >= 0))  # rows that are among the others have one fewer
        if k == 1:
            near = table.min(axis=1)
        else:
            table.partition(np.unique(np.maximum(wanted, 1) - 1), axis=1)
            near = table[np.arange(len(table)), np.maximum(wanted, 1) - 1]
        found[part] = np.where(wanted > 0, near, 0.0)
    return np.sqrt(found)


def leave_one_out(X: Any, y: Array, k: int) -> float:
    """How often the classes of the k nearest other rows name the class of a row, by majority.

    Parameters
    ----------
    X : (n, d) rows, dense or CSR; at least k + 1 of them.
    y : (n,) classes, as positions from 0; where several are as frequent, the first one is named.
    k : neighbours, at least 1.

    Returns
    -------
    A share from 0 to 1.
    """
    (X,) = centred(as_points(X))
    norms, classes = squared_norms(X), int(y.max()) + 1
    right = 0
    for part in blocks(len(norms), len(norms)):
        table = squared_distances(X[part], X, norms[part], norms)
        mine = np.arange(part.start, part.stop)
        table[mine - part.start, mine] = np.inf
        near = y[np.argpartition(table, k - 1, axis=1)[:, :k]]
        votes = np.stack([(near == c).sum(axis=1) for c in range(classes)], axis=1)
        right += int((votes.argmax(axis=1) == y[part]).sum())
    return right / len(norms)


def most_alike(X: Any, others: Any, own: Array | None = None) -> tuple[Ids, Floats]:
    """Which of other rows has the largest cosine with each row, and this cosine.

    Parameters
    ----------
    X : (n, d) rows; others : (m, d) rows; dense or CSR, of length 1, or 0, which has the cosine 0 with all.
    own : (n,) position in `others` of the row itself, which does not count then, or -1 where it is not there.

    Returns
    -------
    (n,) positions, and (n,) cosines; position 0 and cosine -1 where there is nothing to compare with.
    """
    found, cosine = np.zeros(X.shape[0], dtype=np.intp), np.full(X.shape[0], -1.0)
    for part in blocks(X.shape[0], others.shape[0]) if others.shape[0] else ():
        inner = X[part] @ others.T
        table = inner.toarray() if sparse.issparse(inner) else inner
        if own is not None:
            mine = np.flatnonzero(own[part] >= 0)
            table[mine, own[part][mine]] = -np.inf
        found[part] = table.argmax(axis=1)
        cosine[part] = np.maximum(table[np.arange(len(table)), found[part]], -1.0)
    return found, cosine


def distinct(X: Any) -> Ids:
    """Position of the first of each group of identical rows, ascending; X is (m, d), dense or CSR."""
    if sparse.issparse(X):
        cuts = list(zip(X.indptr[:-1], X.indptr[1:], strict=True))
        keys = [(X.indices[i:j].tobytes(), X.data[i:j].tobytes()) for i, j in cuts]
    else:
        keys = [(row.tobytes(), b"") for row in X]
    first: dict[tuple[bytes, bytes], int] = {}
    for position, key in enumerate(keys):
        first.setdefault(key, position)
    return np.fromiter(first.values(), dtype=np.intp, count=len(first))
