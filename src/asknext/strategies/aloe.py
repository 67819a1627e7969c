"""ALOE: ask the item least like the known classes, in each of the clusters that hold most of such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import sparse

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, unit
from asknext.kernels.kmeans import k_means_of_sample
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.novelty import SCORES, check_score, limit, novelty
from asknext.strategies.typiclust import TypiClust
from asknext.types import Array, Floats, Ids

NORMS = ("none", "l2", "zscore")
RANKS = ("ratio_mean", "ratio", "mean")


@dataclass(frozen=True)
class Aloe(Strategy):
    """Ask one item in each of n clusters: those where most items are unlike the known classes come first.

    An item is flagged where its score exceeds that of nearly all labelled items. The candidates are split
    into a few times as many clusters as items to ask, or as classes found if these are more. Clusters are
    ranked by the share of flagged items in them; each of the first n gives its item of the largest score.
    Where there are fewer clusters, as with copies, the largest scores among the other items fill the batch.

    Where all scores are equal, as with no class or a single one, `TypiClust` chooses instead. The memory
    tells of the last round: the share of candidates `flagged`, the limit `tau` (null without labels), the
    clusters that hold flagged items (`ood_clusters`), and how many were `tied` at the edge of the batch, so
    that the share alone did not decide between them.

    Parameters
    ----------
    score : "msp" (minus the largest probability), "gradnorm", "energy" or "max-logit" (these two read
        `logits`), or "ood" for the signal of a detector.
    rank : "ratio_mean" puts the larger mean score first where shares are equal, then the larger cluster;
        "ratio" leaves equal shares to chance; "mean" looks at the mean score alone.
    multiplier : clusters for each item asked.
    quantile : share of the labelled items that must not be flagged.
    feature_norm : what is done to the embedding before it is clustered: "none" takes it as it is, "l2" gives
        all rows length 1, "zscore" all features deviation 1.

    Raises
    ------
    AskNextError : an unknown score, rank or norm, a quantile outside (0, 1], or a multiplier below 1.

    Paper
    -----
    Xie, Zhang, Bai & Nowak 2024, "Deep Active Learning in the Open World"; `published()` has the score and
    the rank of its second version, the first took "energy". No code of the authors is public, and their text
    leaves open what we set: the norm of the features, ties, and what happens where clusters or classes are
    too few. A large pool is clustered by a sample. Ties are the normal case: the limit is set on items that
    the model has learnt, many candidates lie above it, and whole clusters are flagged. Where chance decides
    between these, as in `published()`, fewer classes are found.
    """

    name = "aloe"
    family = "open-world"
    paper = "Xie et al. 2024"
    cost = "N C, and N B d a step"
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    score: str = "msp"
    rank: Literal["ratio_mean", "ratio", "mean"] = "ratio_mean"
    multiplier: int = 2
    quantile: float = 0.95
    feature_norm: Literal["none", "l2", "zscore"] = "none"

    def __post_init__(self) -> None:
        check_score(self.score, self.quantile)
        as_whole("multiplier", self.multiplier, 1)
        for parameter, known in (("rank", RANKS), ("feature_norm", NORMS)):
            if (given := getattr(self, parameter)) not in known:
                raise AskNextError(f"{parameter} is {given!r}; it is one of {', '.join(known)}.")
        object.__setattr__(self, "needs", frozenset({"embedding", *SCORES[self.score].needs}))

    @classmethod
    def published(cls) -> Aloe:
        """The score and the rank of the paper."""
        return cls(score="gradnorm", rank="ratio")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, those of the best clusters first."""
        scores = novelty(round, self.score, round.candidates)
        if np.ptp(scores) == 0:
            return TypiClust().select(round, n, rng)
        tau = limit(round, self.score, self.quantile)
        k = self.multiplier * max(n, len(np.unique(round.y)))
        clusters = _clusters(self._normed(round.read("embedding")), k, scores, tau, rng)
        order = self._ranked(clusters, rng)
        rows = _best_of_each(clusters.label, scores, rng)[order[:n]]
        if len(rows) < n:
            others = np.setdiff1d(np.arange(len(scores)), rows, assume_unique=True)
            rows = np.concatenate([rows, others[top_n(scores[others], n - len(rows), rng)]])
        label = clusters.label[rows]
        parts = {
            "cluster": label, "cluster_size": clusters.size[label], "ratio": clusters.ratio[label],
            "mean_score": clusters.mean[label], "score": scores[rows],
        }  # fmt: skip
        memory = {
            "flagged": float(np.mean(scores > tau)),
            "tau": tau if np.isfinite(tau) else None,
            "ood_clusters": int(np.count_nonzero(clusters.ratio)),
            "tied": _tied_at(clusters.ratio[order], n),
        }
        return Selection(round.candidates[rows], parts=parts, memory=memory)

    def _normed(self, X: Any) -> Any:
        X = as_points(X)
        if self.feature_norm == "zscore":
            from sklearn.preprocessing import StandardScaler

            return StandardScaler(with_mean=not sparse.issparse(X)).fit_transform(X)
        return unit(X) if self.feature_norm == "l2" else X

    def _ranked(self, clusters: _Clusters, rng: np.random.Generator) -> Ids:
        """The clusters that hold items, best first."""
        chance, ratio, mean = rng.random(len(clusters.size)), -clusters.ratio, -clusters.mean
        keys = {
            "ratio": (chance, ratio),
            "mean": (chance, -clusters.size, mean),
            "ratio_mean": (chance, -clusters.size, mean, ratio),
        }
        return np.lexsort(keys[self.rank])


class _Clusters(NamedTuple):
    """A clustering: the `label` of each item; `size`, share flagged and `mean` score of each cluster."""

    label: Ids
    size: Ids
    ratio: Floats
    mean: Floats


def _clusters(X: Any, k: int, scores: Floats, tau: float, rng: np.random.Generator) -> _Clusters:
    """K clusters, or fewer where some come out empty."""
    label = np.unique(k_means_of_sample(X, k, rng).labels, return_inverse=True)[1]
    size = np.bincount(label)
    ratio, mean = (np.bincount(label, values) / size for values in (scores > tau, scores))
    return _Clusters(label, size, ratio, mean)


def _best_of_each(label: Ids, scores: Floats, rng: np.random.Generator) -> Ids:
    """The row of the largest score in each cluster, ties at random."""
    order = np.lexsort((rng.random(len(scores)), -scores, label))
    return order[np.flatnonzero(np.diff(label[order], prepend=-1))]


def _tied_at(ratios: Array, n: int) -> int:
    """How many ranked clusters share the ratio of the n-th; 0 where all of these are among the first n."""
    if n >= len(ratios) or not np.any(ratios[n:] == ratios[n - 1]):
        return 0
    return int(np.count_nonzero(ratios == ratios[n - 1]))
