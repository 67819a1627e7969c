"""Auto: the detector that does best on the user's own labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.detectors.audit import rank_detectors
from asknext.detectors.base import Detector, scores
from asknext.detectors.registry import get
from asknext.round import Round
from asknext.types import Array, Ids

FALLBACK = "knn-contrast"
WITHOUT_EMBEDDING = "msp"
ENOUGH = 4  # labels a class, on average, from which on the audit is believed
SURE = 2.0  # standard errors by which the best one must be ahead


def choose(round: Round) -> Detector:
    """The detector to use in a round.

    It is `knn-contrast`, unless there are four labels a class and the audit (see `rank_detectors`) finds one
    that is better by more than twice the standard error of the difference. Without an embedding there is no
    audit, and it is `msp`. On letters, news and digits with few labels this gained up to 0.08 AUROC where
    `knn-contrast` is weak, and lost 0.01 at most where it is the best; see benchmarks/bench_detectors.py.

    Parameters
    ----------
    round : the view; detectors that need a signal that it has not are left out.
    """
    if "embedding" not in round.signals:
        return get(WITHOUT_EMBEDDING if "proba" in round.signals else FALLBACK)
    enough = len(round.labelled) >= ENOUGH * len(np.unique(round.y))
    ranked = rank_detectors(round) if enough else []
    if not ranked:
        return get(FALLBACK)
    usual = next(result for result in ranked if result.detector.name == FALLBACK)
    lead, error = ranked[0].lead(usual)
    return ranked[0].detector if lead > SURE * error else usual.detector


@dataclass(frozen=True)
class Auto(Detector):
    """The detector that an audit finds best on the labels of the round, or `knn-contrast` if none is.

    It reads whatever the one chosen reads. The audit takes seconds, once a round.

    Paper
    -----
    Our own; that no detector is best everywhere is the finding of every comparison, such as Yang et al. 2022,
    "OpenOOD: Benchmarking Generalized Out-of-Distribution Detection".
    """

    name = "auto"
    paper = "our own"

    def needed(self, round: Round) -> frozenset[str]:
        """The embedding, or where there is none, the probabilities."""
        bare = "embedding" not in round.signals and "proba" in round.signals
        return frozenset({"proba" if bare else "embedding"})

    def settled(self, round: Round) -> Detector:
        """The one that is chosen in this round."""
        return choose(round)

    def score(self, round: Round, ids: Ids) -> Array:
        """Scores of the one that is chosen."""
        return scores(choose(round), round, ids)
