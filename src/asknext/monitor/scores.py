"""How good predictions are, where the truth is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asknext.types import Array, Ids


def predicted(proba: Array) -> Ids:
    """(m,) the likeliest class of each item; -1 where no class has a chance, because none is known yet."""
    return np.where(proba.any(axis=1), proba.argmax(axis=1), -1)


def confusion(proba: Array, y: Ids) -> Array:
    """(k, k) counts: true class by row, likeliest class by column. Needs the truth."""
    k, guess = proba.shape[1], predicted(proba)
    told = guess >= 0
    cells = np.bincount(y[told] * k + guess[told], minlength=k * k)
    return cells.reshape(k, k)


def accuracy(proba: Array, y: Ids) -> float:
    """Share of items whose likeliest class is the true one. Needs the truth."""
    return float(np.mean(predicted(proba) == y))


def balanced_accuracy(proba: Array, y: Ids) -> float:
    """Mean over the classes present of the share of their items that are got right. Needs the truth.

    A class that the model does not know is never predicted, and counts 0.
    """
    sizes = np.bincount(y, minlength=proba.shape[1])
    present = sizes > 0
    return float(np.mean(confusion(proba, y).diagonal()[present] / sizes[present]))


def accuracy_within(proba: Array, y: Ids, classes: NDArray[np.bool_]) -> float | None:
    """Accuracy on the items of some classes, None without any. Needs the truth.

    Parameters
    ----------
    proba : (m, k) class probabilities; y : (m,) true class positions.
    classes : (k,) which classes count.
    """
    chosen = classes[y]
    return accuracy(proba[chosen], y[chosen]) if chosen.any() else None


def f1_macro(proba: Array, y: Ids) -> float:
    """Mean F1 over the classes that are present or predicted. Needs the truth."""
    table = confusion(proba, y)
    union = table.sum(axis=0) + np.bincount(y, minlength=proba.shape[1])
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
