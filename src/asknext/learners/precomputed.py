"""A learner that learns nothing: X already holds the class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from asknext import rows
from asknext.errors import AskNextError
from asknext.types import Array


@dataclass(frozen=True)
class Precomputed:
    """Takes each row of X as the class probabilities of that item, whatever the labels are.

    Column j of X belongs to the j-th class that the pool knows: declare the classes in that order.
    """

    needs_labels: ClassVar[bool] = False

    @property
    def provides(self) -> frozenset[str]:
        """`proba`."""
        return frozenset({"proba"})

    @property
    def key(self) -> str:
        """The name: there are no parameters."""
        return "precomputed"

    def fit(self, X: Any, y: NDArray[np.int32], seed: int) -> PrecomputedModel:  # noqa: ARG002
        """Nothing is fitted; the columns of X are the classes."""
        if len(X.shape) != 2:
            raise AskNextError("precomputed: X must have a row for each item and a column for each class.")
        return PrecomputedModel(np.arange(X.shape[1], dtype=np.int32))


@dataclass(frozen=True)
class PrecomputedModel:
    """Hands the rows back as probabilities. `classes` : one position a column."""

    classes: NDArray[np.int32]

    def signal(self, name: str, X: Any) -> Array:  # noqa: ARG002
        """The rows themselves.

        Raises
        ------
        AskNextError : X holds something other than numbers.
        """
        table: Any = rows.matrix(X)
        if table is None:
            raise AskNextError("precomputed: each row of X must be class probabilities that add up to 1.")
        return table.toarray() if sparse.issparse(table) else table
