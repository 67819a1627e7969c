"""How far a row is from every known class, in closed form from what a classifier says; larger is farther.

With a single class the scores from probabilities are the same for all rows; with none, all scores are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp

from asknext.types import Array, Floats


def msp(proba: Array) -> Floats:
    """-max p: how little the classifier believes in the class it names.

    Parameters
    ----------
    proba : (n, k) class probabilities.

    Returns
    -------
    (n,) numbers in [-1, 0].

    Source
    ------
    Hendrycks & Gimpel 2017, the maximum softmax probability.
    """
    return -proba.max(axis=1, initial=0.0)


def max_logit(logits: Array) -> Floats:
    """-max f: how little speaks for the class that the classifier names, whatever speaks for others.

    Parameters
    ----------
    logits : (n, k) logits.

    Returns
    -------
    (n,) numbers.

    Source
    ------
    Hendrycks et al. 2022, "Scaling Out-of-Distribution Detection for Real-World Settings".
    """
    return -logits.max(axis=1) if logits.shape[1] else np.zeros(len(logits))


def energy(logits: Array, temperature: float = 1.0) -> Floats:
    """-T log Σ exp(f / T), the free energy of the logits f at the temperature T.

    Parameters
    ----------
    logits : (n, k) logits.
    temperature : T > 0; near 0 this is `max_logit`.

    Returns
    -------
    (n,) numbers.

    Source
    ------
    Liu et al. 2020, "Energy-based Out-of-distribution Detection", equation 4.
    """
    if not logits.shape[1]:
        return np.zeros(len(logits))
    return -temperature * logsumexp(logits / temperature, axis=1)


def gradnorm(proba: Array, Z: Any, temperature: float = 1.0) -> Floats:
    """-‖∂ KL(u ‖ softmax(W z / T)) / ∂W‖₁ = -(1 / (k T)) ‖z‖₁ Σ |k p - 1|, with u uniform over k classes.

    The gradient is the outer product of (p - u) / T and z, so that its norm needs no differentiation. The
    published code differentiates row by row.

    Parameters
    ----------
    proba : (n, k) class probabilities p, the softmax of the logits / T.
    Z : (n, d) what the last layer sees, dense or CSR.
    temperature : T > 0; another one changes the scale, and p.

    Returns
    -------
    (n,) numbers, at most 0; 0 for equal probabilities.

    Source
    ------
    Huang, Geng & Li 2021, "On the Importance of Gradients for Detecting Distributional Shifts in the Wild".
    """
    k = max(1, proba.shape[1])
    length = np.asarray(abs(Z).sum(axis=1)).ravel()
    return -length * np.abs(proba - 1.0 / k).sum(axis=1) / temperature
