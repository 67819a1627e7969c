"""Samplers of cardinal: `fit(X, y)`, then `select_samples(X)`."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any, ClassVar

import numpy as np

from asknext.strategies.margin import closeness
from asknext.strategies.peers.peer import MODEL, PLAIN, Peer, module_of
from asknext.strategies.peers.view import View
from asknext.types import Array

_TWO_STEP = 10  # times as many uncertain items as are asked, as in the authors' study

_OFFERED = {
    "Random": ("random.RandomSampler", PLAIN),
    "Confidence": ("uncertainty.ConfidenceSampler", MODEL),
    "Margin": ("uncertainty.MarginSampler", MODEL),
    "Entropy": ("uncertainty.EntropySampler", MODEL),
    "KMeans": ("clustering.KMeansSampler", PLAIN),
    "MiniBatchKMeans": ("clustering.MiniBatchKMeansSampler", PLAIN),
    "GMM": ("clustering.GMMSampler", PLAIN),
    "KCenterGreedy": ("clustering.KCenterGreedy", PLAIN),
    "TwoStepKMeans": ("zhdanov2019.TwoStepKMeansSampler", MODEL),
    "WKMeans": ("zhdanov2019.TwoStepKMeansSampler", MODEL),
    "TwoStepGMM": ("clustering.TwoStepGMMSampler", MODEL),
    "RankedBatch": ("batch.RankedBatchSampler", MODEL),
}
"""Where each sampler is, and what it needs."""

_OLD = "its k-means does not run on current scikit-learn"


class Cardinal(Peer):
    """A sampler of cardinal, such as Margin, with or without "Sampler" at its end.

    TwoStepKMeans clusters the most uncertain candidates; WKMeans is the same with their margin as weight, as
    the authors use it. RankedBatch gets 1 - p of the likeliest class as uncertainty.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2022, "Cardinal, a metric-based Active Learning framework".
    """

    package = "cardinal"
    refused: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ["IncrementalMiniBatchKMeans", "IWKMeans", "TwoStepIWKMeans"], _OLD
    ) | {"Submodular": "it calls apricot in a way that apricot no longer knows"}

    @classmethod
    def offered(cls) -> Mapping[str, frozenset[str]]:
        """All that run on current versions of NumPy and scikit-learn."""
        return {name: needs for name, (_, needs) in _OFFERED.items()}

    def __post_init__(self) -> None:
        object.__setattr__(self, "theirs", self.theirs.removesuffix("Sampler"))
        super().__post_init__()
        self._kind()  # some of its modules want packages of their own

    def query(self, view: View, n: int, seed: int) -> Any:
        """Their indices count the candidates."""
        kind = self._kind()
        usual = {
            "beta": _TWO_STEP,
            "classifier": view.model,
            "assume_fitted": True,
            "embedding_fun": lambda X: X,
            "random_state": seed,
        }
        takes = signature(kind).parameters
        given = {key: value for key, value in usual.items() if key in takes}
        if any(one.kind is Parameter.VAR_KEYWORD for one in takes.values()):  # goes on to the clustering
            given["random_state"] = seed
        sampler = kind(batch_size=n, **{**given, **self.parameters})
        sampler.fit(view.X[view.labelled], view.y)
        X = view.X[view.candidates]
        return view.candidates[sampler.select_samples(X, **self._weights(view, X))]

    def _kind(self) -> Any:
        module, name = _OFFERED[self.theirs][0].split(".")
        return getattr(module_of(self.package, f"cardinal.{module}"), name)

    def _weights(self, view: View, X: Array) -> dict[str, Array]:
        if view.model is None or self.theirs not in ("WKMeans", "RankedBatch"):
            return {}
        proba = view.model.predict_proba(X)
        if self.theirs == "WKMeans":
            weights = closeness(proba)
            return {"sample_weight": weights} if weights.any() else {}
        return {"samples_weights": 1 - np.max(proba, axis=1)}
