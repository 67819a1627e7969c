"""Uncertainty: how the doubt of the model is spread over a batch, a pool or a test set."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asknext.strategies.entropy import entropy as shannon
from asknext.strategies.least_confidence import doubt
from asknext.strategies.margin import closeness
from asknext.types import Array

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


class Spread(NamedTuple):
    """Mean, variance (of these items, divided by their number) and the quantiles `QUANTILES` of numbers."""

    mean: float
    variance: float
    quantiles: tuple[float, ...]


def least_confidence(proba: Array) -> Spread | None:
    """Spread of 1 - p1 over items, with p1 the largest probability of each. Needs no labels.

    Parameters
    ----------
    proba : (m, k) class probabilities of the items.

    Returns
    -------
    The spread of numbers in [0, 1 - 1/k]; None without an item or a class.

    Source
    ------
    Lewis & Gale 1994; its variance is the stopping signal of Ghayoomi 2010.
    """
    return _spread(doubt(proba)) if proba.size else None


def margin(proba: Array) -> Spread | None:
    """Spread of 1 - (p1 - p2) over items, with p1 and p2 the two largest of each. Needs no labels.

    Parameters
    ----------
    proba : (m, k) class probabilities of the items.

    Returns
    -------
    The spread of numbers in [0, 1], 1 where two classes are equally likely; None without an item or a class.

    Source
    ------
    Scheffer, Decomain & Wrobel 2001.
    """
    return _spread(closeness(proba)) if proba.size else None


def entropy(proba: Array, normalised: bool = True) -> Spread | None:
    """Spread of -Σ p log p over items, as a share of log k or in nats. Needs no labels.

    Parameters
    ----------
    proba : (m, k) class probabilities of the items.
    normalised : divide by log k, so that numbers compare while classes are still being found.

    Returns
    -------
    The spread of numbers in [0, 1], or [0, log k] in nats; 0 with one class. None without an item or a class.

    Source
    ------
    Shannon 1948; its mean and maximum over the pool are the stopping signals overall uncertainty and maximum
    uncertainty of Zhu, Wang & Hovy 2008.
    """
    if not proba.size:
        return None
    scale = np.log(proba.shape[1]) if normalised and proba.shape[1] > 1 else 1.0
    return _spread(shannon(proba) / scale)


def _spread(values: Array) -> Spread:
    values = values.astype(np.float64)
    quantiles = tuple(float(value) for value in np.quantile(values, QUANTILES))
    return Spread(float(values.mean()), float(values.var()), quantiles)
