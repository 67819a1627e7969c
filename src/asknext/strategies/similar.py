"""SIMILAR: items that say much of the labelled ones and little of those out of scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import sparse

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.conditional import facility_gains, log_det_gains
from asknext.kernels.distances import as_points, unit
from asknext.kernels.neighbours import most_alike
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Floats

HAIR = 1e-9  # weight of chance where nothing else decides
MAX_FEATURES = 4096  # two d × d matrices of double precision: 256 MB


@dataclass(frozen=True)
class Similar(Strategy):
    """Ask the items that add most mutual information with the labelled ones, given those out of scope.

    Similarity is the cosine of embeddings. "logdet": the gain of an item is log var(item | asked and out of
    scope) - log var(the same, and labelled), of a Gaussian process with noise 1. "facility": the sum over a
    sample of candidates of max(min(similarity to the batch, to the labelled) - that to items out of scope,
    0); once nothing can be gained, items that are nearest to a labelled one and far from those out of scope.
    Pending items count as part of the batch. Before the first label items are asked at random.

    Parameters
    ----------
    function : "logdet" or "facility".
    sample : candidates over which "facility" sums, drawn at random.

    Raises
    ------
    AskNextError : an unknown function, a sample below 1, or, with "logdet", more than 4096 features.

    Paper
    -----
    Kothawade, Beck, Killamsetty & Iyer 2021, "SIMILAR: Submodular Information Measures Based Active Learning
    In Realistic Scenarios", LogDetCMI and FLCMI with weights of 1. There similarities are of loss gradients
    and a table of all pairs is held; here of embeddings, in memory of the size of the pool.
    """

    name = "similar"
    family = "open-set"
    paper = "Kothawade et al. 2021"
    cost = "N B d + N d² + d³; with facility N S d and few products a step, for a sample of S"
    needs = frozenset({"embedding"})
    stochastic = True

    function: Literal["logdet", "facility"] = "logdet"
    sample: int = 2000

    def __post_init__(self) -> None:
        if self.function not in ("logdet", "facility"):
            raise AskNextError(f"the function is {self.function!r}; choose 'logdet' or 'facility'.")
        as_whole("the sample", self.sample, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order of the greedy algorithm; the score is the gain."""
        X = unit(as_points(round.read("embedding")))
        labelled, outside, pending = (
            unit(as_points(round.read("embedding", ids)))
            for ids in (round.labelled, round.out_of_scope, round.pending)
        )
        if self.function == "logdet":
            if X.shape[1] > MAX_FEATURES:
                raise AskNextError(
                    f"similar keeps two matrices of features by features, and the embedding has {X.shape[1]} "
                    f"features; reduce it to at most {MAX_FEATURES}, or choose the function 'facility'."
                )
            given = (sparse.vstack if sparse.issparse(X) else np.concatenate)([outside, pending])
            rows, gains = log_det_gains(X, n, labelled, given, rng)
        else:
            size = min(self.sample, X.shape[0])
            marks = X[np.sort(rng.choice(X.shape[0], size=size, replace=False))]
            cap, floor, covered = (_largest(marks, others) for others in (labelled, outside, pending))
            nearer = _largest(X, labelled) - _largest(X, outside) + HAIR * rng.random(X.shape[0])
            rows, gains = facility_gains(X, n, marks, cap, floor, covered, nearer)
        return Selection(round.candidates[rows], gains)


def _largest(X: Any, others: Any) -> Floats:
    """The largest cosine of each row of X with one of the others, at least 0; (m,)."""
    return np.maximum(most_alike(X, others)[1], 0.0)
