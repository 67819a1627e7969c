"""A learning curve a + s n^-c through the rounds so far, and where it goes next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from asknext.monitor.stopping.verdict import History, known

LEAST = 5  # known values for three parameters and a variance
EXPONENTS = np.linspace(0.1, 2.0, 39)


class Next(NamedTuple):
    """The fitted value now, the one after the next batch, their difference, and the high ends of both."""

    now: float
    next: float
    next_high: float
    gain: float
    gain_high: float


def extrapolate(history: History, initial: int, batch: int, level: float) -> Next | None:
    """Fit a + s n^-c by least squares over n = initial + batch · round, and look one batch ahead.

    a and s are linear given c, which is searched on a grid. A high end is the largest over those c that the
    data do not reject (profile likelihood: residual sum of squares within t² of the least), of the estimate
    plus t standard errors. Values that are not known are left out.

    Parameters
    ----------
    history : one value a round.
    initial, batch : labels at the first value, and labels from one to the next; the sum is at least 1.
    level : one-sided confidence of the high ends.

    Returns
    -------
    The extrapolation; None with fewer than five known values or where the last one is not known.

    Source
    ------
    Cortes et al. 1994, "Learning Curves: Asymptotic Values and Rate of Convergence".
    """
    points = known(history)
    if len(points) < LEAST or points[-1][0] != len(history) - 1:
        return None
    rounds, y = np.array(points, dtype=float).T
    n = initial + batch * rounds
    if n[0] <= 0:
        n = n + batch  # a first model without labels: the curve has a pole at 0
    scale = n[-1]
    ahead = (scale + batch) / scale
    fits = [_line((n / scale) ** -c, y, ahead**-c) for c in EXPONENTS]
    squares = np.array([fit[0] for fit in fits])
    free = len(y) - 3
    t = float(stdtrit(free, level))
    variance = squares.min() / free
    kept = [fit for fit in fits if fit[0] <= squares.min() + t * t * variance + 1e-12]
    best = fits[int(squares.argmin())]
    error = t * np.sqrt(variance)
    return Next(
        now=best[1],
        next=best[1] + best[2],
        next_high=max(now + gain + error * next_error for _, now, gain, next_error, _ in kept),
        gain=best[2],
        gain_high=max(gain + error * gain_error for _, _, gain, _, gain_error in kept),
    )


def _line(x: np.ndarray, y: np.ndarray, ahead: float) -> tuple[float, float, float, float, float]:
    """Residual sum of squares, value at x = 1, change from there to `ahead`, and their unit errors."""
    middle = x.mean()
    spread = float(((x - middle) ** 2).sum())
    slope = float((x - middle) @ y) / spread
    level = float(y.mean())
    rest = y - level - slope * (x - middle)
    at_next = np.sqrt(1 / len(x) + (ahead - middle) ** 2 / spread)
    at_gain = abs(ahead - 1) / np.sqrt(spread)
    now = level + slope * (1 - middle)
    return float(rest @ rest), now, slope * (ahead - 1), float(at_next), float(at_gain)
