"""The fit / select_samples face that users of query samplers know."""

from __future__ import annotations

from typing import Any, Self

import narwhals as nw
import numpy as np
from scipy import sparse

from asknext import rows, strategies
from asknext.errors import AskNextError
from asknext.learners import Learner, Precomputed, as_learner
from asknext.learners.fitting import Fitting, Table
from asknext.pool import Pool
from asknext.randomness import spawn, spawn_seed
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Strategy
from asknext.types import Array, Ids


class Sampler:
    """A strategy with the two methods of a sampler: learn from labelled rows, pick rows of a pool.

    The classifier is cloned, never changed. Each `fit` counts as the start of a new round, so the same
    sequence of calls gives the same picks.

    Parameters
    ----------
    strategy : a name or a strategy object.
    classifier : a scikit-learn classifier, a learner or the name of one; 'precomputed' where the rows given
        to `select_samples` are class probabilities; None where the strategy needs no model.
    batch_size : rows to pick.
    assume_fitted : use the classifier as it is instead of fitting a clone.
    seed : the only source of randomness.

    Attributes
    ----------
    sample_scores_ : scores of the picked rows in the order of the picks, or None where the method has none.

    Raises
    ------
    AskNextError : unknown strategy, batch size below 1, a classifier that cannot be used.
    """

    def __init__(
        self,
        strategy: str | Strategy,
        classifier: Any = None,
        batch_size: int = 10,
        *,
        assume_fitted: bool = False,
        seed: int = 0,
    ) -> None:
        if batch_size < 1:
            raise AskNextError(f"batch_size is {batch_size}; it must be at least 1.")
        self.strategy = strategies.get(strategy)
        self.classifier = classifier
        self.batch_size = batch_size
        self.assume_fitted = assume_fitted
        self.seed = seed
        self.sample_scores_: Array | None = None
        self._learner: Learner | None = None if classifier is None else as_learner(classifier)
        self._labelled: tuple[Any, Array] | None = None
        self._round = -1

    def fit(self, X: Any, y: Any = None) -> Self:
        """Take in the labelled rows X (l, …) and their labels y (l,); both may be empty.

        Raises
        ------
        AskNextError : X and y differ in length.
        """
        X, labels = rows.load(X), np.asarray([] if y is None else y)
        if rows.count(X) != len(labels) and y is not None:
            raise AskNextError(f"X has {rows.count(X)} rows and y has {len(labels)} labels.")
        self._labelled = (X, labels)
        self._round += 1
        return self

    def select_samples(self, X: Any) -> Ids:
        """Positions in X (u, …) of the rows to label next, best first; min(batch_size, u) of them.

        Raises
        ------
        AskNextError : not fitted yet, or the strategy needs a signal that is not there.
        """
        if self._labelled is None:
            raise AskNextError("this sampler has seen no labels; call fit(X_labelled, y) first.")
        known, labels = self._labelled
        X = rows.load(X)
        u = rows.count(X)
        if isinstance(self._learner, Precomputed):
            labels = labels[:0]  # the rows are probabilities: nothing is learnt from labels
        table = Table(_stack(X, known) if len(labels) else X)
        classes, positions = np.unique(labels, return_inverse=True)
        pool = Pool.fresh(len(table), classes.tolist())
        pool.state[u:] = positions
        index = self._round
        view = Round.of(pool, Signals(len(table), self._sources(table, pool)), self.strategy.needs, index)
        selection = strategies.choose(self.strategy, view, self.batch_size, spawn(self.seed, index, "select"))
        self.sample_scores_ = selection.scores
        return selection.ids

    def _sources(self, table: Table, pool: Pool) -> dict[str, Any]:
        sources: dict[str, Any] = {}
        features = rows.matrix(table.X)
        if features is not None:
            sources["embedding"] = features
        if self.assume_fitted:
            sources["proba"] = lambda ids: self.classifier.predict_proba(rows.take(table.X, ids))
        elif isinstance(self._learner, Precomputed):
            sources["proba"] = self._learner.fit(table.X, pool.y, 0).signal("proba", table.X)
        elif self._learner is not None:
            fitting = Fitting(self._learner, table, pool, spawn_seed(self.seed, self._round, "fit"))
            sources.update(fitting.sources())
        return sources


def _stack(pool: Any, labelled: Any) -> Any:
    """The pool's rows with the labelled rows behind them."""
    if sparse.issparse(pool):
        return sparse.vstack([pool, labelled], format="csr")
    if isinstance(pool, np.ndarray):
        return np.concatenate([pool, labelled])
    return nw.to_native(nw.concat([nw.from_native(pool), nw.from_native(labelled)]))
