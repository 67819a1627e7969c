"""Openness: how much of what is asked is in scope, and how many of the classes have been found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from asknext.types import Ids


class Discovery(NamedTuple):
    """How many classes have been seen, and their share of all classes, None where these are not known."""

    number: int
    share: float | None


def query_precision(in_scope: NDArray[np.bool_], batch: Ids) -> float | None:
    """Share of a batch that belongs to a class. Needs no labels but the answers to the batch.

    Parameters
    ----------
    in_scope : (n,) which items of the pool belong to some class; only those of the batch are read.
    batch : (b,) positions of the items asked; those without a verdict, unsure or skipped, are left out.

    Returns
    -------
    A number in [0, 1]; None for an empty batch.

    Source
    ------
    Ning et al. 2022, "Active learning for open-set annotation".
    """
    return float(np.mean(in_scope[batch])) if len(batch) else None


def query_recall(in_scope: NDArray[np.bool_], total: int) -> float | None:
    """Share of the pool's items in scope that were asked. Needs the truth.

    Parameters
    ----------
    in_scope : (a,) which of the items asked so far, first labels among them, belong to some class.
    total : items of the pool that do.

    Returns
    -------
    A number in [0, 1]; None where no item is in scope.

    Source
    ------
    Ning et al. 2022, "Active learning for open-set annotation".
    """
    return float(in_scope.sum() / total) if total else None


def novelty_ratio(labels: Ids, known: Ids) -> float | None:
    """Share of a batch that belongs to classes unknown before. Needs no labels but the answers to it.

    Parameters
    ----------
    labels : (b,) class positions of the items of the batch; negative out of scope, which is no new class.
    known : class positions known before.

    Returns
    -------
    A number in [0, 1]; None for an empty batch.

    Source
    ------
    Ma et al. 2024, "Active generalized category discovery", there the novel ratio.
    """
    return float(np.mean((labels >= 0) & ~np.isin(labels, known))) if len(labels) else None


def contamination(in_scope: NDArray[np.bool_], remaining: Ids) -> float | None:
    """Share of the items not asked yet that belong to no class. Needs the truth.

    Parameters
    ----------
    in_scope : (n,) which items of the pool belong to some class.
    remaining : (u,) positions of the items that may still be asked.

    Returns
    -------
    A number in [0, 1]; None where no item is left. The query precision of a random batch is 1 less this, on
    average.

    Source
    ------
    Openness or noise ratio of the pool in Park et al. 2022, "Meta-Query-Net", there of the pool at the start.
    """
    return float(np.mean(~in_scope[remaining])) if len(remaining) else None


def discovered(labels: Ids, k: int | None = None) -> Discovery:
    """Number and share of the classes of which some item is labelled. The share needs the truth.

    Parameters
    ----------
    labels : (l,) class positions of the labelled items.
    k : classes that there are; unknown in a live project.

    Returns
    -------
    A number from 0 to k, and the share in [0, 1], None where k is not known or 0.
    """
    number = len(np.unique(labels))
    return Discovery(number, number / k if k else None)


def class_balance(labels: Ids, k: int) -> float | None:
    """Evenness of the labelled classes, -Σ q log q / log k with shares q. Needs no labels but those given.

    Parameters
    ----------
    labels : (l,) class positions of the labelled items.
    k : classes to balance, with those of which no item is labelled.

    Returns
    -------
    A number in [0, 1]: 1 where all k are equally frequent, 0 where there is only one. None without a labelled
    item, or with fewer than two classes.

    Source
    ------
    Pielou 1966, "The measurement of diversity in different types of biological collections".
    """
    if not len(labels) or k < 2:
        return None
    shares = np.bincount(labels, minlength=k) / len(labels)
    return float(entr(shares).sum() / np.log(k))
