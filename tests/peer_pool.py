"""A pool, its labels and a model, for asknext and for scikit-activeml."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

import asknext
from asknext.strategies import Selection, Strategy

LABELLED = 12


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


class Pool(NamedTuple):
    """Rows, of which the first ones carry the labels `y`, and what a fitted model says of them all."""

    X: np.ndarray
    y: np.ndarray
    proba: np.ndarray

    @property
    def partial(self) -> np.ndarray:
        """Labels as scikit-activeml has them: NaN where there is none."""
        return np.concatenate([self.y, np.full(len(self.X) - len(self.y), np.nan)])

    def ask(self, strategy: Strategy, n: int, **columns: Any) -> Selection:
        """Our picks."""
        known = np.arange(len(self.y))
        return asknext.select(
            self.X, n, strategy, labelled=known, y=self.y, proba=self.proba, signals=columns
        )


def pool_of(seed: int = 0, size: int = 80, classes: int = 3) -> Pool:
    """`LABELLED` rows with labels among `size`, and a logistic regression."""
    X = rng(seed).normal(size=(size, 4))
    y = np.arange(LABELLED) % classes
    X[:LABELLED] += y[:, None]
    return Pool(X, y, LogisticRegression(max_iter=1000).fit(X[:LABELLED], y).predict_proba(X))


def told(pool: Pool, rows: Any = slice(None)) -> Any:
    """The same model, as scikit-activeml wants it; it is fitted on some of the labelled rows."""
    from skactiveml.classifier import SklearnClassifier

    partial = np.full(len(pool.X), np.nan)
    partial[np.arange(LABELLED)[rows]] = pool.y[rows]
    classifier = SklearnClassifier(LogisticRegression(max_iter=1000), classes=np.unique(pool.y))
    return classifier.fit(pool.X, partial)
