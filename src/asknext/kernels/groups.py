"""Rows in groups: the mean of each group, and the place of each row within its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from asknext.types import Array, Floats, Ids


def group_means(X: Any, groups: Array) -> Floats:
    """The mean of the rows of each group.

    Parameters
    ----------
    X : (n, d) rows, dense or CSR.
    groups : (n,) group of each row, 0 … k-1, each of which has rows.

    Returns
    -------
    (k, d) dense array, double precision.
    """
    sums = sparse.csr_array((np.ones(len(groups)), (groups, np.arange(len(groups))))) @ X
    dense = sums.toarray() if sparse.issparse(sums) else sums
    return dense / np.bincount(groups)[:, None]


def place_in_group(groups: Ids, order: Ids | None = None) -> Ids:
    """For each entry, how many entries of its group come before it.

    Parameters
    ----------
    groups : (m,) group of each entry.
    order : (m,) positions, the first to come first; as they stand if there is none.
    """
    order = np.arange(len(groups)) if order is None else order
    ordered = order[np.argsort(groups[order], kind="stable")]
    size = np.bincount(groups)
    place = np.empty(len(groups), dtype=np.intp)
    place[ordered] = np.arange(len(groups)) - np.repeat(np.cumsum(size) - size, size)
    return place
