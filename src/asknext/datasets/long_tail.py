"""Long tails: few classes with many items, many classes with few."""

from __future__ import annotations

from typing import Literal

import numpy as np

from asknext.errors import AskNextError
from asknext.types import Array, Ids


def long_tail_counts(
    n_classes: int, n_max: int, alpha: float, exponent: Literal["C-1", "C"] = "C-1", start: int = 0
) -> Ids:
    """Items of each class, the most frequent first: n_max · alpha^(i / (C - 1)), cut to whole items.

    Parameters
    ----------
    n_classes : C.
    n_max : items of the most frequent class, at least 1.
    alpha : imbalance, the share of them that the rarest class keeps, in (0, 1].
    exponent : what i is divided by, C - 1 or C.
    start : of i, which then runs to start + C - 1.

    Returns
    -------
    (C,) counts, none below 1.

    Raises
    ------
    AskNextError : alpha is outside (0, 1].

    Source
    ------
    Cao et al. 2019, "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss": the code that
    was published with it divides by C - 1, from 0 on. The text on ALOE (2024) divides by C.
    """
    if not 0 < alpha <= 1:
        raise AskNextError(f"the imbalance of a long tail is {alpha}; it must lie above 0 and be at most 1.")
    steps = np.arange(start, start + n_classes) / max(1, n_classes - (exponent == "C-1"))
    return np.maximum(1, (n_max * alpha**steps).astype(np.intp))


def long_tail(y: Array, alpha: float, rng: np.random.Generator, shuffled: bool = True) -> Ids:
    """Rows that are left when a table is cut to a long tail.

    The most frequent class keeps all its rows; a class with fewer rows than its place in the tail allows
    keeps those that it has.

    Parameters
    ----------
    y : (n,) class positions.
    alpha : imbalance, see `long_tail_counts`.
    rng : draws the rows, and the order of the classes where it is shuffled.
    shuffled : the most frequent class and its successors are drawn by chance; else they are the first ones.

    Returns
    -------
    Positions, ascending.
    """
    sizes = np.bincount(y)
    order = rng.permutation(len(sizes)) if shuffled else np.arange(len(sizes))
    due = long_tail_counts(len(sizes), int(sizes.max()), alpha)
    kept = [
        rng.choice(np.flatnonzero(y == c), size=min(count, sizes[c]), replace=False)
        for c, count in zip(order, due, strict=True)
    ]
    return np.sort(np.concatenate(kept))
