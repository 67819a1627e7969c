"""How good predictions are, where the truth is known."""

from __future__ import annotations

import numpy as np

from asknext.types import Array, Ids


def confusion(proba: Array, y: Ids) -> Array:
    """(k, k) counts: true class by row, likeliest class by column. Needs the truth."""
    k = proba.shape[1]
    cells = np.bincount(y * k + proba.argmax(axis=1), minlength=k * k)
    return cells.reshape(k, k)


def accuracy(proba: Array, y: Ids) -> float:
    """Share of items whose likeliest class is the true one. Needs the truth."""
    return float(np.mean(proba.argmax(axis=1) == y))


def balanced_accuracy(proba: Array, y: Ids) -> float:
    """Mean over the classes present of the share of their items that are got right. Needs the truth."""
    table = confusion(proba, y)
    present = table.sum(axis=1) > 0
    return float(np.mean(table.diagonal()[present] / table.sum(axis=1)[present]))


def f1_macro(proba: Array, y: Ids) -> float:
    """Mean F1 over the classes that are present or predicted. Needs the truth."""
    table = confusion(proba, y)
    union = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2 * table.diagonal()[union > 0] / union[union > 0]))


def log_loss(proba: Array, y: Ids) -> float:
    """Mean -ln p of the true class, p clipped at 1e-15, in nats. Needs the truth."""
    p = proba[np.arange(len(y)), y]
    return float(-np.mean(np.log(np.maximum(p, 1e-15))))


def brier(proba: Array, y: Ids) -> float:
    """Mean squared distance between the probabilities and the truth, in [0, 2]. Needs the truth."""
    gap = proba.copy()
    gap[np.arange(len(y)), y] -= 1
    return float(np.mean(np.sum(gap**2, axis=1)))
