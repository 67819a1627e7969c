"""What differences between strategies are worth: intervals, rank tests and labels saved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from asknext.types import Array

RESAMPLES = 2000
_TIE = 1e-12  # accuracies closer than this are equal: sums of the same terms differ by rounding


class Interval(NamedTuple):
    """A mean and where it may lie; without ends where one value tells nothing of the spread."""

    mean: float
    low: float | None
    high: float | None


class RankTest(NamedTuple):
    """Friedman's test: do the mean ranks differ by more than chance?"""

    statistic: float
    p: float


class Saved(NamedTuple):
    """Labels that a strategy spares to reach random's final accuracy.

    `needed` and `n` are None where the strategy never reaches it; an end of the interval is None where
    the resampled curves do not reach it either.
    """

    needed: float | None
    n: float | None
    low: float | None
    high: float | None


def t_interval(values: Array, comparisons: int = 1, level: float = 0.95) -> Interval:
    """Student's interval of a mean.

    Parameters
    ----------
    values : (r,) independent values, one a seed.
    comparisons : how many intervals shall hold together (Bonferroni); 1 for one alone.
    level : the confidence.

    Returns
    -------
    mean, low, high; no ends for a single value.
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, None, None)
    tail = (1 - level) / (2 * comparisons)
    half = float(stats.t.isf(tail, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half)


def mean_ranks(scores: Array) -> Array:
    """Mean rank of each column over the rows, 1 for the largest score, ties averaged.

    Parameters
    ----------
    scores : (r, s) one row a seed, one column a strategy.

    Returns
    -------
    (s,) ranks between 1 and s.
    """
    return _ranks(scores).mean(axis=0)


def friedman(scores: Array) -> RankTest | None:
    """Friedman's test over seeds as blocks; None with fewer than three strategies or two seeds.

    Where all scores of every seed are equal there is nothing to test: statistic 0, p 1.

    Parameters
    ----------
    scores : (r, s) one row a seed, one column a strategy.

    Source
    ------
    Friedman 1937; scipy.stats.friedmanchisquare, which corrects for ties (Demšar 2006, eq. 6, does not).
    """
    seeds, strategies = scores.shape
    if strategies < 3 or seeds < 2:
        return None
    ranks = _ranks(scores)
    if np.ptp(ranks, axis=1).max() == 0:
        return RankTest(0.0, 1.0)
    result = stats.friedmanchisquare(*ranks.T)
    return RankTest(float(result.statistic), float(result.pvalue))


def nemenyi(ranks: Array, blocks: int) -> Array:
    """Two-sided p values of all pairs of mean ranks, corrected for the number of pairs.

    Parameters
    ----------
    ranks : (s,) mean ranks.
    blocks : number of seeds that they are means over.

    Returns
    -------
    (s, s) symmetric, 1 on the diagonal.

    Source
    ------
    Nemenyi 1963; Demšar 2006, section 3.2.2: the difference of ranks over sqrt(s(s+1)/(6r)), times sqrt 2,
    against the studentized range of s groups with infinite degrees of freedom.
    """
    apart = np.abs(ranks[:, None] - ranks[None, :]) / _rank_error(len(ranks), blocks)
    p: Array = stats.studentized_range.sf(apart * np.sqrt(2), len(ranks), np.inf)
    return np.clip(p, 0.0, 1.0)


def critical_difference(strategies: int, blocks: int, level: float = 0.95) -> float:
    """How far two mean ranks must lie apart to be separated by Nemenyi's test."""
    range_ = stats.studentized_range.ppf(level, strategies, np.inf)
    return float(range_ / np.sqrt(2) * _rank_error(strategies, blocks))


def labels_needed(n_labelled: Array, curves: Array, target: Array) -> Array:
    """Where curves first reach a target, on straight lines between the points.

    Parameters
    ----------
    n_labelled : (p,) ascending label counts.
    curves : (…, p) accuracies.
    target : (…) the accuracy to reach.

    Returns
    -------
    (…) numbers of labels; infinity where the target is not reached.
    """
    reached = curves >= target[..., None] - _TIE
    last = np.argmax(reached, axis=-1)
    first = np.maximum(last - 1, 0)
    y0 = np.take_along_axis(curves, first[..., None], -1)[..., 0]
    y1 = np.take_along_axis(curves, last[..., None], -1)[..., 0]
    x0, x1 = n_labelled[first], n_labelled[last]
    share = np.divide(target - y0, y1 - y0, out=np.zeros_like(y0), where=y1 > y0)
    needed = x0 + np.clip(share, 0, 1) * (x1 - x0)
    return np.where(reached.any(axis=-1), needed, np.inf)


def resamples(seeds: int, seed: int = 0) -> Array:
    """Bootstrap over seeds: (RESAMPLES, seeds) the weight of each seed in each resample, rows of sum 1."""
    return np.random.default_rng(seed).multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES) / seeds


def labels_saved(n_labelled: Array, curves: Array, baseline: Array, seed: int = 0) -> Saved:
    """Labels spared on the way to the baseline's mean final accuracy, with a bootstrap interval over seeds.

    Both mean curves are asked where they first reach the level, so that a baseline which gets there
    before its budget is spent does not make others look thrifty. Each resample draws seeds, the same for
    both curves, and does it all again. With few seeds a bootstrap interval is too narrow.

    Parameters
    ----------
    n_labelled : (p,) ascending label counts.
    curves, baseline : (r, p) accuracies of the same seeds.
    seed : of the resampling.

    Returns
    -------
    labels needed, labels saved, 95 % interval of the labels saved (no ends with one seed).
    """
    needed, budget = _needed_both(n_labelled, curves.mean(axis=0), baseline.mean(axis=0))
    if not np.isfinite(needed):
        return Saved(None, None, None, None)
    low = high = None
    seeds = len(curves)
    if seeds > 1:
        weights = resamples(seeds, seed)
        drawn = np.sort(np.subtract(*_needed_both(n_labelled, weights @ curves, weights @ baseline)[::-1]))
        low = _finite(drawn[int(0.025 * (RESAMPLES - 1))])
        high = _finite(drawn[-1 - int(0.025 * (RESAMPLES - 1))])
    return Saved(float(needed), float(budget - needed), low, high)


def _needed_both(n_labelled: Array, curves: Array, baseline: Array) -> tuple[Array, Array]:
    target = baseline[..., -1]
    return labels_needed(n_labelled, curves, target), labels_needed(n_labelled, baseline, target)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ranks(scores: Array) -> Array:
    return stats.rankdata(-np.round(scores, 12), axis=1)


def _rank_error(strategies: int, blocks: int) -> float:
    return float(np.sqrt(strategies * (strategies + 1) / (6 * blocks)))
