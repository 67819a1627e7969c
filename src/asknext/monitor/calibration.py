"""Calibration: is the model right as often as it says?"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from asknext.types import Array, Floats, Ids

Binning = Literal["mass", "width"]
"""Bins of equally many items, or equally wide bins of confidence."""

BINS = 15  # Guo et al. 2017


class Reliability(NamedTuple):
    """The bins that hold items, by ascending confidence: how many, mean confidence, accuracy; (r,) each."""

    items: Ids
    confidence: Floats
    accuracy: Floats


def reliability(proba: Array, y: Ids, bins: int = BINS, binning: Binning = "mass") -> Reliability:
    """Mean confidence and accuracy in bins of similar confidence. Needs the truth.

    Parameters
    ----------
    proba : (m, k) class probabilities, k at least 1; the largest is the confidence.
    y : (m,) true class positions.
    bins : how many, at least 1; empty ones are left out.
    binning : "mass" for bins of equally many items: item x lies in bin ⌊bins · r / m⌋ with r items of less
        confidence, so equal confidences share a bin. "width" for the bins ((i - 1) / bins, i / bins].

    Source
    ------
    Guo et al. 2017, "On calibration of modern neural networks", for equal widths; Nguyen & O'Connor 2015,
    "Posterior calibration and exploratory analysis for natural language processing models", for equal mass.
    """
    confidence = proba.max(axis=1).astype(np.float64)
    if binning == "mass":
        place = np.searchsorted(np.sort(confidence), confidence) * bins // max(1, len(confidence))
    else:
        place = np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], confidence)
    items = np.bincount(place, minlength=bins)
    held = items > 0
    sure = np.bincount(place, weights=confidence, minlength=bins)
    right = np.bincount(place, weights=proba.argmax(axis=1) == y, minlength=bins)
    return Reliability(items[held], sure[held] / items[held], right[held] / items[held])


def expected_error(proba: Array, y: Ids, bins: int = BINS, binning: Binning = "mass") -> float | None:
    """Expected calibration error: Σ_bins |accuracy - confidence| · share of items. Needs the truth.

    With few items to a bin, chance alone makes it larger than 0, even for a model calibrated perfectly.

    Parameters
    ----------
    proba, y, bins, binning : as for `reliability`.

    Returns
    -------
    A number in [0, 1], at least |overconfidence| and at most the maximum error; None without an item or a
    class.

    Source
    ------
    Naeini, Cooper & Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning".
    """
    if not proba.size:
        return None
    items, confidence, accuracy = reliability(proba, y, bins, binning)
    return float(np.abs(accuracy - confidence) @ items / len(y))


def maximum_error(proba: Array, y: Ids, bins: int = BINS, binning: Binning = "mass") -> float | None:
    """Maximum calibration error: the largest |accuracy - confidence| of a bin. Needs the truth.

    Parameters
    ----------
    proba, y, bins, binning : as for `reliability`.

    Returns
    -------
    A number in [0, 1], at least the expected error; None without an item or a class.

    Source
    ------
    Naeini, Cooper & Hauskrecht 2015.
    """
    if not proba.size:
        return None
    _, confidence, accuracy = reliability(proba, y, bins, binning)
    return float(np.abs(accuracy - confidence).max())


def overconfidence(proba: Array, y: Ids) -> float | None:
    """Mean confidence - accuracy: above 0 the model promises too much, below 0 too little. Needs the truth.

    Parameters
    ----------
    proba : (m, k) class probabilities; the largest is the confidence.
    y : (m,) true class positions.

    Returns
    -------
    A number in [1/k - 1, 1]; None without an item or a class.
    """
    if not proba.size:
        return None
    return float(proba.max(axis=1).mean(dtype=np.float64) - np.mean(proba.argmax(axis=1) == y))
