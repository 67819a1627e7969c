"""What another package is told of a round: rows, labels, and a model that only answers what is known."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.types import Array, Floats, Ids


class Model:
    """A fitted classifier, or a committee of such, to other packages: what the learner said of known rows.

    It learns nothing: asked about any other row, or told to fit, it refuses.

    Parameters
    ----------
    X : (m, d) the rows.
    draws : (m, s, c) class probabilities of each row, by each of s draws of the learner.
    """

    def __init__(self, X: Floats, draws: Array) -> None:
        self.X, self.draws = X, draws
        self.classes_ = np.arange(draws.shape[2])

    def fit(self, *_: Any, **__: Any) -> None:
        """Refuse: rounds bring a model that is fitted already."""
        raise AskNextError("it fits models of its own, and in a comparison all strategies share one learner")

    def predict_proba(self, X: Any) -> Array:
        """(n, c) class probabilities."""
        return self.vote_proba(X).mean(axis=1)

    def predict(self, X: Any) -> Array:
        """(n,) the likeliest class."""
        return self.predict_proba(X).argmax(axis=1)

    def vote_proba(self, X: Any) -> Array:
        """(n, s, c) class probabilities by each member."""
        return self.draws[self._places(X)]

    def vote(self, X: Any) -> Array:
        """(n, s) the likeliest class by each member."""
        return self.vote_proba(X).argmax(axis=2)

    def __len__(self) -> int:
        return self.draws.shape[1]

    def __iter__(self) -> Iterator[Model]:
        """The members, each a model."""
        return (Model(self.X, self.draws[:, [s]]) for s in range(len(self)))

    def _places(self, X: Any) -> Ids:
        """Where rows stand, found by their content: equal rows are told alike."""
        if X is self.X:
            return np.arange(len(self.X))
        try:
            return np.array([self._by_content[row.tobytes()] for row in _plain(X)], dtype=np.intp)
        except KeyError:
            raise AskNextError("it asks the model about rows that are no items of the pool") from None

    @cached_property
    def _by_content(self) -> dict[bytes, int]:
        return {row.tobytes(): place for place, row in enumerate(_plain(self.X))}


@dataclass(frozen=True)
class View:
    """The labelled items and the candidates of a round as rows, the labelled ones first.

    Pending items and those out of scope are left out: other packages know no such thing.

    Parameters
    ----------
    X : (l + c, d) features.
    y : (l,) the class of each labelled row, from 0.
    classes : how many classes are known.
    model : what the learner says of the rows; None where the strategy does not need it.
    """

    X: Floats
    y: Array
    classes: int
    model: Model | None

    @property
    def labelled(self) -> Ids:
        """Rows with a label."""
        return np.arange(len(self.y))

    @property
    def candidates(self) -> Ids:
        """Rows that may be asked."""
        return np.arange(len(self.y), len(self.X))

    @classmethod
    def of(cls, round: Round, needs: Set[str]) -> View:
        """The view of a round, with a model if `proba` or `samples` are needed.

        Raises
        ------
        AskNextError : the embedding is sparse, or something needed may not be read.
        """
        ids = np.concatenate([round.labelled, round.candidates])
        X = round.read("embedding", ids)
        if sparse.issparse(X):
            raise AskNextError("the embedding is sparse, and strategies of other packages need a dense one.")
        X = np.ascontiguousarray(X, dtype=np.float64)
        draws = None
        if "samples" in needs:
            draws = round.read("samples", ids)
        elif "proba" in needs:
            draws = round.read("proba", ids)[:, None]
        model = None if draws is None else Model(X, draws)
        return cls(X, round.y.astype(np.intp), len(round.classes), model)


def _plain(X: Any) -> Floats:
    """Rows as bytes can tell them apart: double precision, no negative zero."""
    return np.ascontiguousarray(X, dtype=np.float64) + 0.0
