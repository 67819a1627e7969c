"""Active outliers: ask where heads that know "out of scope" as a class disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import softmax

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.softmax_head import softmax_head
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.committee import TIE, votes
from asknext.strategies.entropy import entropy
from asknext.strategies.open_head import answered, logits
from asknext.types import Array, Floats, Ids


@dataclass(frozen=True)
class ActiveOutliers(Strategy):
    """Ask the items on which heads with a class for "out of scope" are most uncertain.

    Answers out of scope are a class like the others, so no detector is needed: what is clearly out of scope
    is certain, and is not asked. Each head is fitted to the embedding of a resample of the answers of each
    class. Without an answer all items are alike.

    Parameters
    ----------
    uncertainty : "variation-ratio": the share of heads that vote against the majority, ties decided by the
        entropy of the mean; "entropy": that entropy.
    members : heads.

    Raises
    ------
    AskNextError : an unknown uncertainty, or fewer than one member.

    Paper
    -----
    Stojnić et al. 2024, "Training Ensembles with Inliers and Outliers for Semi-supervised Active Learning".
    There networks are trained, with pseudo-labels for candidates; here heads, and no pseudo-labels.
    """

    name = "active-outliers"
    family = "open-set"
    paper = "Stojnić et al. 2024"
    cost = "N M C d, and M fits of a head to L items, for M members"
    needs = frozenset({"embedding"})
    stochastic = True

    uncertainty: Literal["variation-ratio", "entropy"] = "variation-ratio"
    members: int = 5

    def __post_init__(self) -> None:
        if self.uncertainty not in ("variation-ratio", "entropy"):
            raise AskNextError(f"uncertainty is {self.uncertainty!r}; choose 'variation-ratio' or 'entropy'.")
        as_whole("the number of members", self.members, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose the n most uncertain items; the part `purity` is the mean probability to be in scope."""
        ids, y = answered(round)
        k = len(round.classes) + 1
        total = np.zeros((len(round.candidates), k))
        ballots = np.zeros_like(total)
        if len(ids):
            X = round.read("embedding", ids)
            for _ in range(self.members):
                rows = _resampled(y, rng)
                proba = softmax(logits(round, softmax_head(X[rows], y[rows], k)), axis=1)
                total += proba / self.members
                ballots += votes(proba[:, None]) / self.members
        score = self._score(total, ballots)
        best = top_n(score, n, rng)
        parts = {"informativeness": score[best], "purity": 1.0 - total[best, -1]}
        return Selection(round.candidates[best], score[best], parts)

    def _score(self, mean: Floats, ballots: Floats) -> Floats:
        spread = entropy(mean)
        return spread if self.uncertainty == "entropy" else 1.0 - ballots.max(axis=1) + TIE * spread


def _resampled(y: Array, rng: np.random.Generator) -> Ids:
    """Rows drawn with replacement, as many of each class as it has."""
    groups = [np.flatnonzero(y == label) for label in np.unique(y)]
    return np.concatenate([rng.choice(rows, size=len(rows)) for rows in groups])
