"""The fit / select_samples face that users of query samplers know."""

from __future__ import annotations

from typing import Any, Self

import narwhals as nw
import numpy as np
from narwhals.exceptions import NarwhalsError
from scipy import sparse

from asknext import rows, strategies
from asknext.answers import as_classes, as_whole
from asknext.detectors import Detector, with_ood
from asknext.detectors import get as get_detector
from asknext.errors import AskNextError
from asknext.learners import Learner, Precomputed, SklearnLearner, as_learner
from asknext.learners.fitting import Fitting, Table
from asknext.pool import Pool
from asknext.randomness import spawn, spawn_seed
from asknext.round import Round
from asknext.signals import Signals, given_columns
from asknext.strategies import Strategy
from asknext.types import Array, Ids, Label


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
    detector : what computes the signal `ood` where the strategy needs it; a name or an object.
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
        detector: str | Detector = "auto",
        assume_fitted: bool = False,
        seed: int = 0,
    ) -> None:
        self.strategy = strategies.get(strategy)
        self.classifier = classifier
        self.batch_size = as_whole("batch_size", batch_size, 1)
        self.detector = get_detector(detector)
        self.assume_fitted = assume_fitted
        self.seed = as_whole("seed", seed)
        self.sample_scores_: Array | None = None
        self._learner: Learner | None
        if assume_fitted:
            self._learner = SklearnLearner(classifier, fitted=True)
        else:
            self._learner = None if classifier is None else as_learner(classifier)
        self._labelled: tuple[Any, list[Label], Ids] | None = None
        self._round = -1

    def fit(self, X: Any, y: Any = None) -> Self:
        """Take in the labelled rows X (l, …) and their labels y (l,); both may be empty.

        Raises
        ------
        AskNextError : X and y differ in length.
        """
        X = rows.load(X)
        self._labelled = (X, *as_classes([] if y is None else y, 0 if y is None else rows.count(X)))
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
        known, classes, places = self._labelled
        X = rows.load(X)
        if isinstance(self._learner, Precomputed):  # the columns are the classes, whatever the labels
            classes, places = list(range(X.shape[-1])), places[:0]
        elif self.assume_fitted:  # the classifier's columns come first
            own = self.classifier.classes_.tolist()
            own += [label for label in classes if label not in own]
            places = np.array([own.index(label) for label in classes], dtype=np.intp)[places]
            classes = own
        table = Table(_stack(X, known) if len(places) else X)
        pool = Pool.fresh(len(table), classes)
        pool.state[rows.count(X) :] = places

        columns = given_columns(table.X, {})
        if self._learner is not None:
            fitting = Fitting(self._learner, table, pool, spawn_seed(self.seed, self._round, "fit"))
            columns.update(fitting.sources())
        view = Round.of(pool, Signals(len(table), columns), self.strategy.needs, self._round)
        view = with_ood(view, self.detector)
        rng = spawn(self.seed, self._round, "select")
        selection = strategies.choose(self.strategy, view, self.batch_size, rng)
        self.sample_scores_ = selection.scores
        return selection.ids


def _stack(pool: Any, labelled: Any) -> Any:
    """The pool's rows with the labelled rows behind them."""
    try:
        if sparse.issparse(pool) or sparse.issparse(labelled):
            return sparse.vstack([pool, labelled], format="csr")
        if isinstance(pool, np.ndarray):
            return np.concatenate([pool, labelled])
        return nw.to_native(nw.concat([nw.from_native(pool), nw.from_native(labelled)]))
    except (ValueError, TypeError, NarwhalsError) as error:
        raise AskNextError(f"the pool's rows and the labelled rows do not fit together: {error}") from error
