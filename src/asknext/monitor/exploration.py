"""Exploration: how far items lie from what is labelled, and how much nearer a batch brings it.

All distances are Euclidean, so the caller brings features to comparable scales. Infinity stands for the
distance to nothing, where no item is labelled yet.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.kernels.distances import as_points, centred, to_nearest
from asknext.types import Array, Floats, Ids


def nearest_labelled(X: Any, known: Any) -> Floats:
    """Distance of each item to the nearest labelled one: d(x, L). Needs no labels.

    Parameters
    ----------
    X : (m, d) features of the items; known : (l, d) those of the labelled items; both dense or both CSR.

    Returns
    -------
    (m,) numbers, at least 0; infinite without labelled items.
    """
    if not (X.shape[0] and known.shape[0]):
        return np.full(X.shape[0], np.inf)
    items, centres = centred(as_points(X), as_points(known))
    return np.sqrt(to_nearest(items, centres))


def closer(distances: Floats, X: Any, new: Any) -> Floats:
    """The distances to the nearest labelled item once more items are labelled. Needs no labels.

    Parameters
    ----------
    distances : (m,) distances before.
    X : (m, d) features of the items; new : (b, d) those of the items labelled since.

    Returns
    -------
    (m,) numbers, none larger than before: the distances to all labelled items, up to rounding.
    """
    return np.minimum(distances, nearest_labelled(X, new))


def gap(before: Floats, after: Floats) -> float | None:
    """Exploration gap: mean over items of d(x, L_{t-1}) - d(x, L_t). Needs no labels.

    Parameters
    ----------
    before, after : (m,) distances of the same items to the nearest labelled one in two rounds, the later ones
        from `closer`, so that none has grown by rounding.

    Returns
    -------
    A number from 0 to the mean distance before; None without an item, or where nothing was labelled before.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2020, "Rebuilding trust in active learning with actionable metrics": a sum over
    the items there, a mean in its authors' code (`top_exploration`) and here.
    """
    if not (_defined(before) and _defined(after)):
        return None
    return float(np.mean(before - after, dtype=np.float64))


def gap_of_batch(distances: Floats, X: Any, batch: Any) -> float | None:
    """The exploration gap that a batch would have if it were labelled now. Needs no labels.

    Parameters
    ----------
    distances : (m,) distances of the items to the nearest labelled one now.
    X : (m, d) features of the items; batch : (b, d) those of the would-be batch.

    Returns
    -------
    As `gap`; 0 for an empty batch.
    """
    return gap(distances, closer(distances, X, batch))


def nearest_by_class(X: Any, known: Any, labels: Ids, k: int) -> Floats:
    """Distance of each item to the nearest labelled one of each class. Needs no labels but those given.

    Parameters
    ----------
    X : (m, d) features of the items; known : (l, d) those of the labelled items.
    labels : (l,) their class positions. The published metrics take the class that the model predicts for a
        labelled item instead of its label: hand in these for the published values.
    k : classes.

    Returns
    -------
    (m, k) numbers, at least 0; infinite in the column of a class without labelled items.
    """
    table = np.full((X.shape[0], k), np.inf)
    for position in np.unique(labels):
        table[:, position] = nearest_labelled(X, known[np.flatnonzero(labels == position)])
    return table


def hard(before: Floats, after: Floats) -> float | None:
    """Share of items whose nearest class is still the same: low while much is explored. Needs no labels.

    Parameters
    ----------
    before, after : (m, k) distances from `nearest_by_class` in two rounds. A class without labelled items is
        nearest to none.

    Returns
    -------
    A number in [0, 1]; None without an item, or where nothing was labelled in one of the rounds. Of equally
    near classes the first counts.

    Source
    ------
    Hard exploration in the code of Abraham & Dreyfus-Schmidt (OpenAL, 2022), where a class without labelled
    items is set at the largest distance of all instead, and so can be nearest.
    """
    if not (_defined(before.min(axis=1, initial=np.inf)) and _defined(after.min(axis=1, initial=np.inf))):
        return None
    return float(np.mean(before.argmin(axis=1) == after.argmin(axis=1)))


def soft(before: Floats, after: Floats) -> float | None:
    """Mean change of the distances to the nearest item of each class, |after - before|. Needs no labels.

    Parameters
    ----------
    before, after : (m, k) distances from `nearest_by_class` in two rounds.

    Returns
    -------
    A number, at least 0, in units of the features: the mean over items and those classes that had labelled
    items in both rounds. None without such a class or an item.

    Source
    ------
    Soft exploration in the code of Abraham & Dreyfus-Schmidt (OpenAL, 2022). There a class without labelled
    items is set at the largest distance of all, so that finding a class shows as a jump that depends on the
    farthest item.
    """
    both = np.isfinite(before) & np.isfinite(after)
    return float(np.mean(np.abs(after[both] - before[both]), dtype=np.float64)) if both.any() else None


def coverage(distances: Floats, radius: float) -> float | None:
    """Share of items that have a labelled one within a radius. Needs no labels.

    Parameters
    ----------
    distances : (m,) distances to the nearest labelled item.
    radius : in units of the features; an item just at it is covered.

    Returns
    -------
    A number in [0, 1], 0 without labelled items; None without an item.

    Source
    ------
    Yehuda et al. 2022, "Active learning through a covering lens".
    """
    return float(np.mean(distances <= radius)) if len(distances) else None


def coverage_radius(distances: Floats) -> float | None:
    """The largest distance of an item to the nearest labelled one. Needs no labels.

    Parameters
    ----------
    distances : (m,) distances to the nearest labelled item.

    Returns
    -------
    A number, at least 0; None without an item, or where nothing is labelled.

    Source
    ------
    Sener & Savarese 2018, "Active learning for convolutional neural networks: a core-set approach".
    """
    return float(distances.max()) if _defined(distances) else None


def mean_distance(distances: Floats) -> float | None:
    """Mean distance of an item to the nearest labelled one. Needs no labels.

    Parameters
    ----------
    distances : (m,) distances to the nearest labelled item.

    Returns
    -------
    A number from 0 to the coverage radius; None without an item, or where nothing is labelled.
    """
    return float(np.mean(distances, dtype=np.float64)) if _defined(distances) else None


def _defined(distances: Array) -> bool:
    """Whether there are items, and labelled ones to be near to."""
    return len(distances) > 0 and bool(np.isfinite(distances).all())
