"""Items that are the same, or as good as the same."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from asknext.types import Array, Floats

NEAR = 1e-3  # of the mean distance of items to their centre; closer ones are as good as the same
AHEAD = 8  # items next in line that each is compared with
MOST = 1000  # groups that are told


def duplicates(keys: Sequence[Hashable], embedding: Floats) -> list[list[int]]:
    """Groups of items with the same key, or with all but the same embedding, the largest first.

    The embedding is laid out along a random line, on which close items stand close, and each item is
    compared with those next to it. A near duplicate can be missed where many others stand in between.

    Parameters
    ----------
    keys : (n,) what is the same for items that are the same.
    embedding : (n, d).

    Returns
    -------
    At most 1000 groups of at least two items, each ascending.
    """
    pairs = [_same(keys), _near(embedding)]
    first, second = np.hstack(pairs)
    n = len(keys)
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    groups = connected_components(graph, directed=False)[1]
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    found = sorted((part.tolist() for part in parts if len(part) > 1), key=lambda ids: (-len(ids), ids))
    return found[:MOST]


def _same(keys: Sequence[Hashable]) -> Array:
    """(2, m) pairs of an item and the first one of its key."""
    first: dict[Hashable, int] = {}
    pairs = [(first.setdefault(key, item), item) for item, key in enumerate(keys)]
    found = np.array(pairs, dtype=np.intp).T
    return found[:, found[0] != found[1]]


def _near(X: Floats) -> Array:
    """(2, m) pairs of items whose embeddings are all but the same."""
    spread = np.sqrt(np.square(X - X.mean(axis=0)).sum(axis=1).mean())
    if not spread > 0:  # all are the same to the encoder, which says nothing of the items
        return np.empty((2, 0), dtype=np.intp)
    line = np.random.default_rng(0).normal(size=X.shape[1])
    order = np.argsort(X @ (line / np.linalg.norm(line)), kind="stable")
    found = []
    for step in range(1, min(AHEAD, len(X) - 1) + 1):
        one, other = order[:-step], order[step:]
        for start in range(0, len(one), 1 << 14):
            part = slice(start, start + (1 << 14))
            close = np.linalg.norm(X[one[part]] - X[other[part]], axis=1) <= NEAR * spread
            found.append(np.stack([one[part][close], other[part][close]]))
    return np.hstack(found) if found else np.empty((2, 0), dtype=np.intp)
