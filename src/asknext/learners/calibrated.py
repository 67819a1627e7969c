"""A linear support vector machine with probabilities that can be trusted, also on a handful of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import LinearSVC

from asknext.learners.sklearn import decision_proba
from asknext.types import Array


class CalibratedLinearSVC(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Linear SVM, calibrated by cross-validated sigmoids where each class has labels enough to split.

    Parameters
    ----------
    C : inverse strength of the regularisation.
    folds : most folds of the cross-validation; with fewer labels in the rarest class, that many; with one,
        the decision values go through a softmax instead.
    random_state : seeds the solver.
    """

    def __init__(self, C: float = 1.0, folds: int = 3, random_state: int | None = None) -> None:
        self.C = C
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: Any, y: Array) -> CalibratedLinearSVC:
        """Fit on rows X (l, d) with classes y (l,)."""
        svm = LinearSVC(C=self.C, random_state=self.random_state)
        folds = min(self.folds, int(np.unique(y, return_counts=True)[1].min()))
        self.model_ = CalibratedClassifierCV(svm, cv=folds) if folds > 1 else svm
        self.model_.fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: Any) -> Array:
        """Class probabilities (m, k)."""
        if hasattr(self.model_, "predict_proba"):
            return np.asarray(self.model_.predict_proba(X))
        return decision_proba(self.model_.decision_function(X))

    def predict(self, X: Any) -> Array:
        """The likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
