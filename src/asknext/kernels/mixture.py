"""A mixture of two Gaussians on one axis: the low numbers and the high ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from asknext.types import Array, Floats

STEPS = 100
TOLERANCE = 1e-3  # least gain of mean log-likelihood that makes another step
FLOOR = 1e-6  # added to variances, so that equal numbers have one


@dataclass(frozen=True)
class TwoGaussians:
    """A fitted mixture. `weights`, `means`, `variances` : (2,), the component of the lower mean first."""

    weights: Floats
    means: Floats
    variances: Floats

    def posterior(self, values: Array, monotone: bool = False) -> Floats:
        """Probability that each number comes from the component of the higher mean.

        Parameters
        ----------
        values : (n,) numbers.
        monotone : where the variances differ, the wider component takes both tails, so that the posterior
            turns back beyond one of the means; numbers beyond that point then count as the point itself.

        Returns
        -------
        (n,) numbers in [0, 1]; the weight of the higher component where both are the same.
        """
        values = np.asarray(values, dtype=np.float64)
        if monotone:
            values = self._clipped(values)
        low, high = self._logs(values)
        return expit(high - low)

    def _clipped(self, values: Floats) -> Floats:
        low, high = 1.0 / self.variances
        if low == high:
            return values
        turn = (low * self.means[0] - high * self.means[1]) / (low - high)
        return np.maximum(values, turn) if low > high else np.minimum(values, turn)

    def _logs(self, values: Floats) -> Floats:
        """log(weight · density) of each component; (2, n)."""
        squares = (values - self.means[:, None]) ** 2 / self.variances[:, None]
        scale = np.log(self.weights) - 0.5 * np.log(2.0 * np.pi * self.variances)
        return scale[:, None] - 0.5 * squares


def two_gaussians(
    values: Array, *, steps: int = STEPS, tolerance: float = TOLERANCE, floor: float = FLOOR
) -> TwoGaussians:
    """Fit two Gaussians to numbers by expectation maximisation, from the best split into low and high.

    Nothing is drawn: the start is the split with the least squared error, found exactly.

    Parameters
    ----------
    values : (n,) finite numbers, at least one.
    steps : rounds of expectation maximisation at most.
    tolerance : it ends when mean log-likelihood gains less than this.
    floor : added to each variance.

    Returns
    -------
    The mixture. Numbers that are all equal give two equal components of weight ½.

    Source
    ------
    Dempster, Laird & Rubin 1977; the same steps as scikit-learn's GaussianMixture, whose start by k-means
    depends on a seed.
    """
    values = np.sort(np.asarray(values, dtype=np.float64))
    if values[0] == values[-1]:
        return TwoGaussians(np.full(2, 0.5), np.full(2, values[0]), np.full(2, floor))
    high = (np.arange(len(values)) >= _best_split(values)).astype(np.float64)
    before = -np.inf
    for _ in range(steps):
        found = _weighted(values, high, floor)
        logs = found._logs(values)
        likelihood = float(np.logaddexp(*logs).mean())
        high = expit(logs[1] - logs[0])
        if abs(likelihood - before) < tolerance:
            break
        before = likelihood
    found = _weighted(values, high, floor)
    order = np.argsort(found.means, kind="stable")
    return TwoGaussians(found.weights[order], found.means[order], found.variances[order])


def _best_split(values: Floats) -> int:
    """How many of ascending numbers are low, so that squared distances to the two means are least."""
    n = np.arange(1, len(values))
    shifted = values - values.mean()  # so that sums of squares lose no digits
    below = np.cumsum(shifted)[:-1]
    between = below**2 * (1.0 / n + 1.0 / (len(values) - n))  # all others sum to -below
    return int(between.argmax()) + 1


def _weighted(values: Floats, high: Floats, floor: float) -> TwoGaussians:
    """The components whose members count by weight: 1 - high for the low one, `high` for the high one."""
    shares = np.stack([1.0 - high, high])
    totals = shares.sum(axis=1) + 10.0 * np.finfo(np.float64).eps
    means = shares @ values / totals
    variances = (shares * (values - means[:, None]) ** 2).sum(axis=1) / totals + floor
    return TwoGaussians(totals / totals.sum(), means, variances)
