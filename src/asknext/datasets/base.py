"""What a data set is: numeric rows, labels, and a word on how the rows were made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asknext.types import Array, Label


@dataclass(frozen=True)
class Dataset:
    """Rows that any classifier and any distance can use, with the label of each.

    Parameters
    ----------
    name : what the user called it, or the file's name without its ending.
    X : (n, d) finite features, dense, in row order.
    y : (n,) labels: text, whole numbers, true/false, or numbers where the labels are fractions; a value
        that is not in `classes` for rows out of scope.
    classes : the distinct labels of rows in scope, sorted.
    notes : what was done to the columns, one sentence a kind of column.
    noisy : (n,) which rows have a label that their features do not give away; None where nobody knows.
    out_of_scope : (n,) which rows belong to no class; None where all belong to one.
    raw : what the rows were made of, where a learner is to see that: images, (n, h, w, 3) or (n, h, w) bytes,
        or (n,) texts.
    test : how many of the last rows are the publisher's own test part; 0 where he has none.
    """

    name: str
    X: NDArray[np.float64]
    y: Array
    classes: tuple[Label, ...]
    notes: tuple[str, ...]
    noisy: NDArray[np.bool_] | None = None
    out_of_scope: NDArray[np.bool_] | None = None
    raw: Array | None = None
    test: int = 0

    @property
    def seen(self) -> Array:
        """What a learner sees: the raw items where they are to be seen, else the features."""
        return self.X if self.raw is None else self.raw
