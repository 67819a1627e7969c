"""Where a share may truly lie when only some of the items were looked at."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from scipy.special import betaincinv, ndtri

EXACT_BELOW = 40  # fewer items than this take the exact interval


class Interval(NamedTuple):
    """An estimated share, the ends of its interval, and the number of items behind it.

    `n` is the effective number, and need not be whole, where the items have unequal weights.
    """

    estimate: float
    low: float
    high: float
    n: float


def wilson(successes: float, n: float, level: float = 0.95) -> Interval | None:
    """Wilson's score interval of a share: all values that a normal test does not reject.

    With z the normal quantile of (1 + level) / 2 and p = successes / n, the interval is
    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n). It lies in [0, 1], holds p, and covers the truth
    in `level` of the samples on average over the truth, though not at every value of it.

    Parameters
    ----------
    successes : number of items for which it holds, in [0, n]; fractions are taken as they are.
    n : number of items.
    level : the confidence, in (0, 1).

    Returns
    -------
    The interval, or None without items.

    Source
    ------
    Wilson 1927; Brown, Cai & DasGupta 2001.
    """
    if n <= 0:
        return None
    share = successes / n
    z2 = float(ndtri((1 + level) / 2)) ** 2
    middle = share + z2 / (2 * n)
    half = sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n)))
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    return Interval(share, min(max(low, 0.0), share), max(min(high, 1.0), share), n)


def clopper_pearson(successes: float, n: float, level: float = 0.95) -> Interval | None:
    """Clopper and Pearson's exact interval of a share: it covers in at least `level` of the samples.

    Its ends are quantiles of beta distributions: (1 - level)/2 of B(s, n - s + 1), and (1 + level)/2 of
    B(s + 1, n - s), with s the successes. It errs to the wide side, the more so the fewer items there are.

    Parameters
    ----------
    successes : number of items for which it holds, in [0, n]; fractions are taken as they are.
    n : number of items.
    level : the confidence, in (0, 1).

    Returns
    -------
    The interval, or None without items.

    Source
    ------
    Clopper & Pearson 1934.
    """
    if n <= 0:
        return None
    failures = n - successes
    low = 0.0 if successes <= 0 else float(betaincinv(successes, failures + 1, (1 - level) / 2))
    high = 1.0 if failures <= 0 else float(betaincinv(successes + 1, failures, (1 + level) / 2))
    share = successes / n
    return Interval(share, min(low, share), max(high, share), n)  # against rounding


def proportion(successes: float, n: float, level: float = 0.95) -> Interval | None:
    """The interval to show: Clopper–Pearson under 40 items, Wilson from 40 on, None without items."""
    return (clopper_pearson if n < EXACT_BELOW else wilson)(successes, n, level)
