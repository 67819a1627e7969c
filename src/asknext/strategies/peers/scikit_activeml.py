"""Strategies of scikit-activeml: `query(X, y, clf, fit_clf=False, candidates=…, batch_size=…)`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from inspect import isclass, signature
from typing import Any, ClassVar

import numpy as np
from skactiveml import pool
from skactiveml.base import SkactivemlClassifier

from asknext.strategies.peers.peer import COMMITTEE, MODEL, PLAIN, Peer
from asknext.strategies.peers.view import Model, View
from asknext.types import Array

_MODELS = {"clf": MODEL, "estimator": MODEL, "ensemble": COMMITTEE}
"""The arguments by which their strategies take a model or several, and what they need then."""

_FITS = "it fits models of its own, and in a comparison all strategies share one learner"
_MORE = "it reads more of a model than class probabilities"
_REFUSED_ARGUMENTS = {
    "reg": "it is for regression",
    "discriminator": _FITS,
    "query_kwargs": "it wraps another strategy",
}


class Known(SkactivemlClassifier):  # type: ignore[misc]  # untyped
    """Our model as one of their classifiers, fitted."""

    def __init__(self, model: Model) -> None:
        super().__init__(classes=model.classes_)
        self.model = model
        self._validate_data(np.zeros((1, model.X.shape[1])), np.zeros(1))  # sets what fitting sets

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> None:
        """Refuse."""
        self.model.fit(X, y, sample_weight)

    def predict_proba(self, X: Any, **_: Any) -> Array:
        """Class probabilities of known rows."""
        return self.model.predict_proba(X)


class ScikitActiveML(Peer):
    """A pool-based strategy of scikit-activeml, such as Badge or UncertaintySampling.

    Source
    ------
    Kottke et al. 2021, "scikit-activeml: A Library and Toolbox for Active Learning Algorithms".
    """

    package = "scikit-activeml"
    refused: ClassVar[Mapping[str, str]] = {
        "DropQuery": "it asks the model about rows that are changed at random",
        **dict.fromkeys(["ExpectedErrorReduction", "MonteCarloEER", "ValueOfInformationEER"], _FITS),
        **dict.fromkeys(["EpistemicUncertaintySampling", "FourDs", "ProbabilisticAL"], _MORE),
    }

    @classmethod
    @cache
    def offered(cls) -> Mapping[str, frozenset[str]]:
        """All that want a classifier, a committee or no model."""
        found = {}
        for name in pool.__all__:
            kind = getattr(pool, name)
            if name in cls.refused or not (isclass(kind) and hasattr(kind, "query")):
                continue
            arguments = signature(kind.query).parameters
            if not _REFUSED_ARGUMENTS.keys() & arguments.keys():
                needs = [signals for argument, signals in _MODELS.items() if argument in arguments]
                found[name] = needs[0] if needs else PLAIN
        return found

    def query(self, view: View, n: int, seed: int) -> Any:
        """Their indices are rows of the view."""
        kind = getattr(pool, self.theirs)
        given = {"random_state": seed, **self.parameters}
        for argument, value in (("classes", np.arange(view.classes)), ("n_classes", view.classes)):
            if argument in signature(kind).parameters:
                given.setdefault(argument, value)
        y = np.full(len(view.X), np.nan)
        y[view.labelled] = view.y
        return kind(**given).query(
            view.X, y, candidates=view.candidates, batch_size=n, **self._model(kind, view.model)
        )

    @staticmethod
    def _model(kind: Any, model: Model | None) -> dict[str, Any]:
        argument = next((name for name in _MODELS if name in signature(kind.query).parameters), None)
        if argument is None or model is None:
            return {}
        value = [Known(member) for member in model] if argument == "ensemble" else Known(model)
        return {argument: value, f"fit_{argument}": False}
