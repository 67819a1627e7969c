"""A small net that never falls in any of its inputs, trained to rank rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from asknext.kernels.distances import blocks
from asknext.kernels.threads import one_thread
from asknext.types import Floats, Ids

STEPS, RATE, PAIRS = 200, 0.03, 2048  # of Adam; pairs drawn a step
BATCH, SLOW_STEPS, SLOW_RATE = 64, 11_200, 1e-3  # of plain descent, as published


class MonotoneNet(NamedTuple):
    """sigmoid(x W + b) w, with W (d, h) and w (h,) not negative: at least as large in every input, at least
    as large a score."""

    W: Floats
    b: Floats
    w: Floats

    def scores(self, X: Floats) -> Floats:
        """The score of each row; (m,)."""
        out = np.empty(len(X))
        for part in blocks(len(X), len(self.b)):
            out[part] = expit(X[part] @ self.W + self.b) @ self.w
        return out

    def slopes(self, X: Floats, by_score: Floats) -> tuple[Floats, Floats, Floats]:
        """What a loss with these derivatives by the scores (m,) has as derivatives by W, b and w."""
        hidden = expit(X @ self.W + self.b)
        back = np.outer(by_score, self.w) * hidden * (1.0 - hidden)
        return X.T @ back, back.sum(axis=0), hidden.T @ by_score


def fit_ranker(X: Floats, targets: Floats, rng: np.random.Generator, units: int = 16) -> MonotoneNet:
    """The net that orders pairs of rows by their targets, large gaps more dearly than small ones.

    The loss is the mean of gap · log(1 + exp(-(score of the larger - score of the smaller))) over pairs drawn
    anew each step; equal targets have no gap and no say. Weights are softplus of free numbers, so that none
    is stuck at 0; the descent is Adam.

    Parameters
    ----------
    X : (m, d) rows; targets : (m,), not all equal.
    rng : the start and the pairs.
    units : hidden units.

    Source
    ------
    Burges et al. 2005, "Learning to Rank using Gradient Descent", for the loss; Kingma & Ba 2015, Adam.
    """
    scale = np.ptp(targets)
    free: list[Floats] = [rng.normal(size=shape) for shape in ((X.shape[1], units), units, units)]
    free = [free[0], 2.0 * free[1], free[2] - 2.0]
    first, second = ([np.zeros_like(part) for part in free] for _ in range(2))
    with one_thread():
        for step in range(1, STEPS + 1):
            net = _positive(free)
            left, right = rng.integers(len(X), size=(2, PAIRS))
            gap = (targets[left] - targets[right]) / scale
            above, below = np.where(gap > 0, (left, right), (right, left))
            score = net.scores(X)
            pull = np.abs(gap) * expit(score[below] - score[above]) / (np.abs(gap).sum() or 1.0)
            by_W, by_b, by_w = net.slopes(X, _summed(len(X), below, pull) - _summed(len(X), above, pull))
            for i, slope in enumerate((by_W * expit(free[0]), by_b, by_w * expit(free[2]))):
                first[i] = 0.9 * first[i] + 0.1 * slope
                second[i] = 0.999 * second[i] + 0.001 * slope**2
                pace = np.sqrt(second[i] / (1.0 - 0.999**step)) + 1e-8
                free[i] = free[i] - RATE * first[i] / (1.0 - 0.9**step) / pace
    return _positive(free)


def fit_ranker_published(
    X: Floats, targets: Floats, rng: np.random.Generator, ties: bool = False, units: int = 64
) -> MonotoneNet:
    """The same kind of net, trained as MQ-Net's authors do.

    Weights start uniform in [0, 1) and count as 0 below 0, where they stay for ever. Batches of 64 rows are
    paired first with last; the loss is max(0, 1 - difference of scores) in the right direction, lowered by
    plain descent in 11,200 steps, of which the second half is ten times smaller.

    Parameters
    ----------
    X : (m, d) rows; targets : (m,).
    rng : the start and the order of rows.
    ties : push pairs of equal targets apart, the first down, as the released code does.
    units : hidden units.

    Source
    ------
    Park et al. 2022, MQ-Net, section 4, and the released code.
    """
    free: list[Floats] = [rng.random((X.shape[1], units)), rng.random(units), rng.random(units)]
    half = min(BATCH, len(X)) // 2
    order: Ids = np.zeros(0, dtype=np.intp)
    with one_thread():
        for step in range(SLOW_STEPS if half else 0):
            if len(order) < 2 * half:
                order = rng.permutation(len(X))
            batch, order = order[: 2 * half], order[2 * half :]
            net = _cut(free)
            left, right = batch[:half], batch[::-1][:half]
            sign = np.sign(targets[left] - targets[right])
            if ties:
                sign = np.where(sign > 0, 1.0, -1.0)
            pair = np.concatenate([left, right])
            score = net.scores(X[pair])
            push = -sign * (sign * (score[:half] - score[half:]) < 1.0) / half
            by_W, by_b, by_w = net.slopes(X[pair], np.concatenate([push, -push]))
            rate = SLOW_RATE * (1.0 if 2 * step < SLOW_STEPS else 0.1)
            for i, slope in enumerate((by_W * (free[0] > 0), by_b, by_w * (free[2] > 0))):
                free[i] = free[i] - rate * slope
    return _cut(free)


def _positive(free: list[Floats]) -> MonotoneNet:
    return MonotoneNet(np.logaddexp(0.0, free[0]), free[1], np.logaddexp(0.0, free[2]))


def _cut(free: list[Floats]) -> MonotoneNet:
    return MonotoneNet(np.maximum(free[0], 0.0), free[1], np.maximum(free[2], 0.0))


def _summed(size: int, rows: Ids, values: Floats) -> Floats:
    return np.bincount(rows, values, minlength=size).astype(np.float64)
