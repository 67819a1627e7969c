"""Robust k-center: the batch that covers all items but a few outliers within the least distance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, nearest
from asknext.kernels.robust_kcenter import robust_k_center
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.k_center import KCenter


@dataclass(frozen=True)
class RobustKCenter(Strategy):
    """Ask n items such that, with those asked before, they are close to all candidates but a few outliers.

    The largest distance from a candidate to the nearest asked item is made as small as a mixed-integer
    program allows, with the farthest few left out; `KCenter` only comes within twice of it and runs after
    outliers. Labelled, pending and out-of-scope items cover what is around them. The program takes minutes
    for a thousand candidates, so a uniform sample stands for a larger pool: items are chosen from it, and
    it is what they cover. To ask as many items as the sample has, k-center takes over. The parts say which:
    `proven` is 1 where the program was solved to the end, on the sample at least.

    Parameters
    ----------
    outliers : share of the candidates that need not be covered, in [0, 1).
    sample : candidates in the program at most.

    Raises
    ------
    AskNextError : a share of outliers outside [0, 1), or a sample below 1.

    Paper
    -----
    Sener & Savarese 2018, "Active Learning for Convolutional Neural Networks: A Core-Set Approach",
    algorithm 2. They leave out 1e-4 of the pool, which would be no item at all in a sample.
    """

    name = "robust-k-center"
    family = "diversity"
    paper = "Sener & Savarese 2018"
    cost = "a mixed-integer program over a sample; minutes for 1000 items"
    aliases = ("robust-coreset", "k-center-robust")
    needs = frozenset({"embedding"})
    stochastic = True

    outliers: float = 0.01
    sample: int = 300

    def __post_init__(self) -> None:
        if not 0 <= self.outliers < 1:
            raise AskNextError(f"the share of outliers is {self.outliers}; it must be in [0, 1).")
        as_whole("the sample", self.sample, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, those with the most candidates of the program around them first."""
        ids = round.candidates
        if n >= self.sample and len(ids) > self.sample:
            greedy = KCenter().select(round, n, rng)
            return replace(greedy, parts={**greedy.parts, "proven": np.zeros(n, dtype=np.intp)})
        if len(ids) > self.sample:
            ids = np.sort(rng.choice(ids, size=self.sample, replace=False))
        X, centres = as_points(round.read("embedding", ids)), round.read("embedding", round.asked)
        rows, radius, proven = robust_k_center(X, n, rng, centres, int(self.outliers * len(ids)))
        covers = np.bincount(nearest(X, X[rows]), minlength=n)
        first = np.argsort(-covers, kind="stable")
        parts = {
            "covers": covers[first],
            "radius": np.full(n, radius),
            "proven": np.full(n, int(proven)),
        }
        return Selection(ids[rows[first]], parts=parts)
