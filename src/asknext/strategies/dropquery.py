"""DropQuery: central items among those whose prediction does not survive dropped features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, blocks, unit
from asknext.kernels.linear_head import log_odds, slopes
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.kmeans import central
from asknext.types import Array, Floats, Ids


@dataclass(frozen=True)
class DropQuery(Strategy):
    """Ask central items of n clusters of those whose predicted class changes when features are dropped.

    In each of a few passes every feature of every item is set to zero with probability `rate`, the others are
    scaled up by 1 / (1 - rate), and the item is predicted again. Items that change in more than half of the
    passes are taken; if there are fewer than `enough` · n, those that change at all; if there are fewer than
    n, all of these and others at random. K-means on their unit embeddings chooses among them. If nothing
    changes at all, as without a model, this is k-means sampling on unit embeddings, the method's own start.

    A strategy sees no head, only embeddings and probabilities. Its weights are recovered as the ridge
    regression of log-odds on the embedding, which is exact for a model linear in it and an approximation for
    any other; predictions themselves are the model's own, the map tells their change only.

    Parameters
    ----------
    passes : predictions with dropped features, at least 1.
    rate : share of features dropped, in (0, 1).
    enough : items wanted for each item asked before k-means chooses.

    Raises
    ------
    AskNextError : fewer than one pass, or a rate outside (0, 1).

    Paper
    -----
    Gupte et al. 2024, "Revisiting Active Learning in the Era of Vision Foundation Models". Well-known code
    does not scale up the features that stay, so that its model leans to its offset.
    """

    name = "dropquery"
    family = "low-budget"
    paper = "Gupte et al. 2024"
    cost = "passes N C d + N d², then k-means of the items that change"
    aliases = ("drop-query",)
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    passes: int = 3
    rate: float = 0.75
    enough: float = 25.0

    def __post_init__(self) -> None:
        as_whole("the number of passes", self.passes, 1)
        if not 0 < self.rate < 1:
            raise AskNextError(f"the dropout rate is {self.rate}; it must lie between 0 and 1.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items among those that change, those of the largest clusters first."""
        proba, X = round.read("proba"), as_points(round.read("embedding"))
        weights = slopes(X, proba, rng)
        changes = np.zeros(len(proba), dtype=np.intp)
        if np.any(weights):
            for _ in range(self.passes):
                changes += _changed(X, log_odds(proba), weights, self.rate, rng)
        kept = self._inconsistent(changes, n, rng)
        chosen = central(round.candidates[kept], unit(X[kept]), n, rng)
        rows = np.searchsorted(round.candidates, chosen.ids)
        return Selection(chosen.ids, chosen.scores, {**chosen.parts, "changes": changes[rows]})

    def _inconsistent(self, changes: NDArray[np.intp], n: int, rng: np.random.Generator) -> Ids:
        """The items among which to choose, at least n."""
        if not changes.any():
            return np.arange(len(changes))
        often = np.flatnonzero(changes > self.passes // 2)
        if len(often) >= self.enough * n:
            return often
        ever = np.flatnonzero(changes)
        return ever if len(ever) >= n else np.sort(top_n(np.sign(changes), n, rng))


def _changed(
    X: Any, logits: Floats, weights: Floats, rate: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Whether the predicted class of each row changes when its features are dropped."""
    changed = np.empty(len(logits), dtype=bool)
    for part in blocks(len(logits), X.shape[1]):
        moved = logits[part] + _shift(X[part], rate, rng) @ weights.T
        changed[part] = moved.argmax(axis=1) != logits[part].argmax(axis=1)
    return changed


def _shift(X: Any, rate: float, rng: np.random.Generator) -> Any:
    """What dropout adds to the rows: -x where a feature is dropped, x · rate / (1 - rate) where it stays."""
    values: Array = X.data if sparse.issparse(X) else X
    shift = values * np.where(rng.random(values.shape) < rate, -1.0, rate / (1.0 - rate))
    return sparse.csr_array((shift, X.indices, X.indptr), shape=X.shape) if sparse.issparse(X) else shift
