"""Strategies of small-text: `query(clf, dataset, indices_unlabeled, indices_labeled, y, n)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from small_text import query_strategies

from asknext.strategies.peers.peer import COMMITTEE, MODEL, PLAIN, Peer
from asknext.strategies.peers.view import View
from asknext.types import Array, Ids

_FITS = "it fits models of its own, and in a comparison all strategies share one learner"
_WRAPS = "it wraps another strategy"
_TORCH = "it needs a PyTorch classifier of small-text"


class Known:
    """Our model as one of their classifiers; a data set is an array of rows of the view."""

    def __init__(self, view: View) -> None:
        self.view = view

    def predict_proba(self, dataset: Ids, dropout_sampling: int = 1) -> Array:
        """Class probabilities; with more than one dropout sample, those of each draw of the learner."""
        model = self.view.model
        assert model is not None
        return model.draws[dataset] if dropout_sampling > 1 else model.draws[dataset].mean(axis=1)

    def embed(self, dataset: Ids, return_proba: bool = False, **_: Any) -> Any:
        """The features as embeddings, and if wanted the probabilities."""
        X = self.view.X[dataset]
        return (X, self.predict_proba(dataset)) if return_proba and self.view.model else (X, None)


class SmallText(Peer):
    """A query strategy of small-text, such as BreakingTies; its batches are in no order.

    Source
    ------
    Schröder et al. 2023, "Small-Text: Active Learning for Text Classification in Python".
    """

    package = "small-text"
    refused: ClassVar[Mapping[str, str]] = {
        "DiscriminativeActiveLearning": _FITS,
        **dict.fromkeys(["SEALS", "SubsamplingQueryStrategy", "AnchorSubsampling"], _WRAPS),
        "CategoryVectorInconsistencyAndRanking": "it is for several labels an item",
        **dict.fromkeys(["BADGE", "ExpectedGradientLength", "DiscriminativeRepresentationLearning"], _TORCH),
    }

    @classmethod
    def offered(cls) -> Mapping[str, frozenset[str]]:
        """Those that need no PyTorch."""
        return {
            "RandomSampling": PLAIN,
            "BreakingTies": MODEL,
            "LeastConfidence": MODEL,
            "PredictionEntropy": MODEL,
            "BALD": COMMITTEE,
            "EmbeddingKMeans": PLAIN,
            "GreedyCoreset": PLAIN,
            "LightweightCoreset": PLAIN,
            "ContrastiveActiveLearning": MODEL,
        }

    def query(self, view: View, n: int, seed: int) -> Any:  # noqa: ARG002 (they draw from the global generator)
        """Their indices are rows of the view."""
        strategy = getattr(query_strategies, self.theirs)(**self.parameters)
        dataset = np.arange(len(view.X))
        return strategy.query(Known(view), dataset, view.candidates, view.labelled, view.y, n=n)
