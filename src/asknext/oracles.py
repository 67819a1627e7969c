"""Oracles: who answers in a benchmark. The truth, or the truth with mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from asknext.answers import sorted_classes
from asknext.errors import AskNextError
from asknext.pool import Answer
from asknext.types import Array, Ids, Label


class Oracle(Protocol):
    """Anything that answers questions about pool items."""

    def answer(self, ids: Ids) -> list[Label | Answer]:
        """One answer for each of the given items."""
        ...


@dataclass(frozen=True)
class TruthOracle:
    """Always right.

    Parameters
    ----------
    labels : (n,) the class of each pool item, or an `Answer` such as OUT_OF_SCOPE.
    """

    labels: Sequence[Label | Answer]

    def answer(self, ids: Ids) -> list[Label | Answer]:
        """The true label of each item."""
        return [self.labels[int(i)] for i in ids]


class NoisyOracle:
    """Sometimes wrong, but always the same about the same item, whoever asks and whenever.

    Parameters
    ----------
    labels : (n,) the class of each pool item; `Answer` values pass through unchanged.
    seed : fixes which items are answered wrongly.
    rate : chance of a wrong class, uniform over the other classes, in [0, 1].
    confusion : (k, k) row-stochastic matrix instead of a rate; entry (i, j) is the chance that class i is
        answered as class j, classes in the order of `classes`.
    classes : the k classes; default: those of `labels`, sorted.

    Raises
    ------
    AskNextError : a rate outside [0, 1], a confusion matrix of the wrong shape or whose rows do not add up
        to 1, neither or both of them, a label that is none of the classes, or texts among numbers.
    """

    def __init__(
        self,
        labels: Sequence[Label | Answer],
        seed: int,
        rate: float | None = None,
        confusion: Array | None = None,
        classes: Sequence[Label] | None = None,
    ) -> None:
        if (rate is None) == (confusion is None):
            raise AskNextError("a noisy oracle takes either a rate or a confusion matrix.")
        named = (label for label in labels if not isinstance(label, Answer))
        known = sorted_classes(named) if classes is None else classes
        k = len(known)
        table = _uniform_confusion(k, rate) if rate is not None else np.asarray(confusion, dtype=float)
        if table.shape != (k, k) or (table < 0).any() or not np.allclose(table.sum(axis=1), 1.0):
            raise AskNextError(
                f"the confusion matrix must be {k} × {k} for {k} classes, non-negative, each row adding up "
                f"to 1; it is {' × '.join(map(str, table.shape))}."
            )
        position = {label: j for j, label in enumerate(known)}
        strange = [label for label in labels if not isinstance(label, Answer) and label not in position]
        if strange:
            raise AskNextError(f"the label {strange[0]!r} is none of the classes of this noisy oracle.")
        draws = np.random.default_rng(seed).random(len(labels))
        steps = table.cumsum(axis=1)
        self.labels: list[Label | Answer] = [
            label if isinstance(label, Answer)
            else known[min(k - 1, int(np.searchsorted(steps[position[label]], u, side="right")))]
            for label, u in zip(labels, draws, strict=True)
        ]

    def answer(self, ids: Ids) -> list[Label | Answer]:
        """The label, right or wrong, of each item."""
        return [self.labels[int(i)] for i in ids]


def _uniform_confusion(k: int, rate: float) -> Array:
    if not 0 <= rate <= 1:
        raise AskNextError(f"the noise rate is {rate}; it must lie between 0 and 1.")
    if k < 2:
        return np.eye(k)
    table = np.full((k, k), rate / (k - 1))
    np.fill_diagonal(table, 1 - rate)
    return table
