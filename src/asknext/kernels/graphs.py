"""Neighbour graphs: for each row its nearest rows, as a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from asknext.kernels.assign import nearest_rows
from asknext.kernels.kmeans import k_means
from asknext.types import Ids

EXACT = 1 << 31  # pairs of rows up to which all are measured
CELL = 1000  # rows in a cell on average, beyond that
PROBES = 4  # cells searched for the neighbours of the rows of one cell, itself included
SAMPLE = 64  # rows a cell that the cells are learnt from
BLOCK = 1024  # rows whose neighbours are sought together


def nearest_graph(X: Any, k: int, rng: np.random.Generator, exact: int = EXACT) -> sparse.csr_matrix:
    """The k nearest rows of each row, itself among them.

    With more than `exact` pairs of rows, the rows are split into k-means cells of about 1000, and neighbours
    are sought in the four cells whose centres are nearest: some true neighbours across the border of a cell
    are missed. Memory is 8 bytes a neighbour and a block.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR, the mean of them near the origin.
    k : neighbours, at most m.
    rng : seeds the cells; not used where all pairs are measured.
    exact : pairs up to which all are measured.

    Returns
    -------
    (m, m) CSR matrix of single precision, k entries a row, the distances; an entry of 0 is stored too.
    """
    m = X.shape[0]
    columns, distances = np.empty((m, k), dtype=np.int32), np.empty((m, k), dtype=np.float32)
    places = [(np.arange(m), np.arange(m))] if m * m <= exact else _places(X, k, rng)
    for rows, around in places:
        near = X[around]
        for start in range(0, len(rows), BLOCK):
            part = rows[start : start + BLOCK]
            found, away = nearest_rows(near, X[part], k)
            columns[part], distances[part] = around[found], away
    pointers = np.arange(0, m * k + 1, k, dtype=np.int32 if m * k < 2**31 else np.int64)
    return sparse.csr_matrix((distances.ravel(), columns.ravel(), pointers), shape=(m, m))


def _places(X: Any, k: int, rng: np.random.Generator) -> list[tuple[Ids, Ids]]:
    """For each cell its rows, and the rows among which their neighbours are sought: at least k."""
    m = X.shape[0]
    cells = -(-m // CELL)
    sample = np.sort(rng.choice(m, size=min(m, SAMPLE * cells), replace=False))
    centres = k_means(X[sample], cells, rng).centres.astype(X.dtype)
    cell = np.empty(m, dtype=np.intp)
    for start in range(0, m, BLOCK):
        cell[start : start + BLOCK] = nearest_rows(centres, X[start : start + BLOCK], 1)[0][:, 0]
    members = np.split(np.argsort(cell, kind="stable"), np.cumsum(np.bincount(cell, minlength=cells))[:-1])
    found, away = nearest_rows(centres, centres, cells)
    order = np.take_along_axis(found, np.argsort(away, axis=1), axis=1)
    places = []
    for own, near in zip(members, order, strict=True):
        last = min(PROBES, cells)
        while sum(len(members[i]) for i in near[:last]) < k:
            last += 1
        if len(own):
            places.append((own, np.concatenate([members[i] for i in near[:last]])))
    return places
