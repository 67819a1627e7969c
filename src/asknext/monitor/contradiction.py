"""Contradiction: how far the model of this round disagrees with the one of the round before."""

from __future__ import annotations

import numpy as np

from asknext.types import Array


def hard(proba: Array, previous: Array | None) -> float | None:
    """Share of items whose likeliest class has changed: C(t) = mean 1[h_{t-1}(x) ≠ h_t(x)]. Needs no labels.

    Parameters
    ----------
    proba : (m, k) class probabilities of the items by the model now.
    previous : (m, k) the same by the model of the round before; a class unknown then has a column of zeros.

    Returns
    -------
    A number in [0, 1]; None without a model before, an item or a class. Of equally likely classes the first
    counts.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2020, "Rebuilding trust in active learning with actionable metrics". The
    results that its authors published hold 1 - C(t) under the name hard contradiction.
    """
    if previous is None or not (proba.size and previous.size):
        return None
    return float(np.mean(proba.argmax(axis=1) != previous.argmax(axis=1)))


def soft(proba: Array, previous: Array | None) -> float | None:
    """Mean over items of the summed change of class probabilities: Σ|p_t - p_{t-1}| / m. Needs no labels.

    Parameters
    ----------
    proba, previous : as for `hard`.

    Returns
    -------
    A number in [0, 2], twice the mean total variation distance; None as for `hard`.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2020. The `ContradictionMonitor` of their package cardinal keeps the sum, not
    divided by m.
    """
    if previous is None or not (proba.size and previous.size):
        return None
    return float(np.sum(np.abs(proba - previous), dtype=np.float64) / len(proba))


def top(proba: Array, previous: Array | None) -> float | None:
    """Mean fall of the largest probability: Σ(max p_{t-1} - max p_t) / m. Needs no labels.

    Parameters
    ----------
    proba, previous : as for `hard`.

    Returns
    -------
    A number in (-1, 1), above 0 where confidence fell, and in size at most half of `soft`: rises and falls
    cancel. None as for `hard`.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2020, with the sign of their code.
    """
    if previous is None or not (proba.size and previous.size):
        return None
    return float(np.mean(previous.max(axis=1) - proba.max(axis=1), dtype=np.float64))


def floor(proba: Array, refit: Array | None) -> float | None:
    """Hard contradiction that the seed alone brings about: the noise floor of `hard`. Needs no labels.

    A C(t) that has come down to its floor cannot fall any further, however many labels are added.

    Parameters
    ----------
    proba : (m, k) class probabilities of the items by the model now.
    refit : (m, k) the same by a model fitted to the very same labels with another seed.

    Returns
    -------
    A number in [0, 1]: 0 for a learner without randomness. None without a refit, an item or a class.

    Source
    ------
    Ours.
    """
    return hard(proba, refit)
