"""A stand-in for the model, refitted in closed form, for strategies that ask what a label would change.

A strategy sees no model and can refit none. The stand-in is kernel ridge regression on one column a class, in
a Gaussian kernel over the embedding as wide as the median distance of two items divided by √2. It agrees with
the user's model only as far as both find the classes in the embedding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.coverage import scaled
from asknext.kernels.ridge import NOISE, Ridge
from asknext.kernels.scale import spread
from asknext.round import Round
from asknext.types import Array, Floats, Ids

MOST_ASKED = 2000  # items asked so far up to which the stand-in is fitted: it solves a system of that size
SPREAD_ROWS = 512  # rows whose distances give the width of the kernel


class Rows(NamedTuple):
    """The embedding of a round's items in units of the kernel's width; `reference` are candidates too."""

    labelled: Any
    asked: Any
    candidates: Any
    reference: Any


def scaled_rows(round: Round, reference: Ids) -> Rows:
    """What the stand-in works on.

    Raises
    ------
    AskNextError : too many items have been asked to fit the stand-in on.
    """
    if len(round.asked) > MOST_ASKED:
        raise AskNextError(
            f"{len(round.asked)} items have been asked, but this strategy refits a stand-in model on at most "
            f"{MOST_ASKED}; choose a strategy for large numbers of labels, such as 'margin'."
        )
    groups = (round.candidates, round.labelled, round.asked, reference)
    first, *rest = (round.read("embedding", ids) for ids in groups)
    candidates, labelled, asked, sample = scaled(spread(rest[-1][:SPREAD_ROWS]), first, *rest)
    return Rows(labelled, asked, candidates, sample)


def targets(y: Array, k: int) -> Floats:
    """One column a class: 1 for the item's own, 0 for the others, less 1 / k; (m, k)."""
    return np.eye(k)[y] - 1.0 / max(1, k)


def shares(values: Array) -> Floats:
    """Class probabilities from the values of a regression on `targets`: negative ones are cut off; (…, k)."""
    k = values.shape[-1]
    positive = np.maximum(values + 1.0 / max(1, k), 0.0)
    total = positive.sum(axis=-1, keepdims=True)
    return np.divide(positive, total, out=np.full_like(positive, 1.0 / max(1, k)), where=total > 0)


def fitted(rows: Rows, round: Round) -> Ridge:
    """The stand-in as the labels have it."""
    return Ridge(rows.labelled, targets(round.y, len(round.classes)))


class Effects:
    """What an answer about each candidate would change, kept up to date as items are taken.

    An item that is taken is thought to be answered as expected: values stay, covariances shrink. Pending and
    out-of-scope items are treated in the same way.

    Parameters
    ----------
    rows : of the round.
    """

    def __init__(self, rows: Rows) -> None:
        self._ridge = Ridge(rows.asked, np.zeros((rows.asked.shape[0], 0)))
        self._rows = rows.candidates
        self._taken: list[Floats] = []
        self._shared = self._ridge.covariance(rows.candidates, rows.reference).T
        self._variance = self._ridge.variance(rows.candidates)

    @property
    def pull(self) -> Floats:
        """(r, c) how far the value of each reference row follows a surprise of 1 at each candidate."""
        return self._shared / (self._variance + NOISE)

    @property
    def gain(self) -> Floats:
        """(c,) by how much an answer about each candidate lowers the mean variance of the reference rows."""
        return np.square(self._shared).mean(axis=0) / (self._variance + NOISE)

    def take(self, row: int) -> None:
        """Think the candidate at this position answered."""
        column = self._ridge.covariance(self._rows, self._rows[[row]]).ravel()
        for earlier in self._taken:
            column -= earlier[row] * earlier
        scale = np.sqrt(self._variance[row] + NOISE)
        column /= scale
        self._taken.append(column)
        self._shared -= np.outer(self._shared[:, row] / scale, column)
        self._variance = np.maximum(self._variance - column**2, 0.0)
