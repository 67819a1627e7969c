"""Difficulty: are the items asked such that a well taught model gets them right?

The reference model is fitted to labelled items that are none of the pool's, and it must never have seen the
pool: otherwise every item looks easy. These functions see its probabilities only, so the caller proves it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asknext.types import Array, Ids


def easiness(reference: Array, y: Ids) -> float | None:
    """Share of items that the reference model gets right. Needs the truth.

    Parameters
    ----------
    reference : (m, k) class probabilities of the items by a model that has never seen the pool.
    y : (m,) true class positions.

    Returns
    -------
    A number in [0, 1]; None without an item or a class. Of equally likely classes the first counts.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2020, "Rebuilding trust in active learning with actionable metrics"; reverse
    batch accuracy in their "Sample noise impact on active learning", 2021. In half of the published runs the
    reference model was fitted to the pool, so those numbers are too high.
    """
    if not reference.size:
        return None
    return float(np.mean(reference.argmax(axis=1) == y))


def mean_difficulty(reference: Array, y: Ids) -> float | None:
    """Mean over items of 1 - p_ref(y*), the doubt of the reference model in the true class. Needs the truth.

    Parameters
    ----------
    reference : (m, k) class probabilities of the items by a model that has never seen the pool.
    y : (m,) true class positions, from 0 on: items that belong to no class are left out.

    Returns
    -------
    A number in [0, 1]; None without an item or a class.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2021, whose noisy samples of real data are those of a low p_ref(y*).
    """
    if not reference.size:
        return None
    return float(np.mean(1.0 - reference[np.arange(len(y)), y], dtype=np.float64))


def noisy_ratio(noisy: NDArray[np.bool_]) -> float | None:
    """Share of items that are known to be noisy; of the labelled items at the end, this is NSR.

    Parameters
    ----------
    noisy : (m,) which items are noisy, as the generator of the data knows.

    Returns
    -------
    A number in [0, 1]; None without an item.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2021, table 1, of the final labelled set.
    """
    return float(np.mean(noisy)) if len(noisy) else None
