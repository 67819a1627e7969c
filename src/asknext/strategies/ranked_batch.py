"""Ranked batch mode: uncertain items that are unlike those asked, the more so the fewer labels there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.kernels.distances import (
    as_points,
    centred,
    products,
    squared_norms,
    to_nearest,
    without_rounding,
)
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Score, Selection, Strategy
from asknext.strategies.combine import Combination, seen_by
from asknext.strategies.least_confidence import LeastConfidence


@dataclass(frozen=True)
class RankedBatch(Combination):
    """Ask, one by one, the item of the largest a · (1 - s) + (1 - a) · uncertainty.

    s = 1 / (1 + d), with d the distance to the nearest item asked so far, this batch included;
    a = u / (u + l), with u candidates left and l items asked, so that unlike items come first while there are
    few labels.
    Labelled, pending and out-of-scope items all count as asked. Before anything is asked, the first item
    goes by its uncertainty alone. Distances should be of the order of 1, as between rows scaled to
    unit length.

    Parameters
    ----------
    strategy : gives the uncertainty, which should lie in [0, 1].

    Paper
    -----
    Cardoso et al. 2017, "Ranked batch-mode active learning". Well-known code lets picked rows compete on, so
    that equal rows come twice; here they leave the competition.
    """

    name = "ranked-batch"
    family = "hybrid"
    paper = "Cardoso et al. 2017"
    cost = "N C + N (L + B) d"
    aliases = ("ranked-batch-mode",)

    strategy: Score = LeastConfidence()  # noqa: RUF009 (frozen)

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that gives the uncertainty."""
        return {"strategy": self.strategy}

    @property
    def reads(self) -> frozenset[str]:
        """The embedding."""
        return frozenset({"embedding"})

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the score of each is the criterion when it was chosen."""
        doubt = self.strategy.scores(seen_by(self.strategy, round))
        asked = as_points(round.read("embedding", round.asked))
        X, asked = centred(as_points(round.read("embedding")), asked)
        norms, u, known = squared_norms(X), len(doubt), asked.shape[0]
        gap = to_nearest(X, asked) if known else np.full(u, np.inf, dtype=norms.dtype)
        left = np.ones(u, dtype=bool)
        rows, scores, unlike = np.empty(n, dtype=np.intp), np.empty(n), np.empty(n)
        for step in range(n):
            share = (u - step) / (u + known) if known + step else 0.0
            novelty = 1.0 - 1.0 / (1.0 + np.sqrt(gap))
            total = np.where(left, share * novelty + (1.0 - share) * doubt, -np.inf)
            row = int(top_n(total, 1, rng)[0])
            rows[step], scores[step], unlike[step] = row, total[row], novelty[row]
            left[row] = False
            fresh = without_rounding(norms + norms[row] - 2.0 * products(X, row), norms)
            np.minimum(gap, fresh, out=gap)
        parts = {"uncertainty": doubt[rows], "novelty": unlike}
        return Selection(round.candidates[rows], scores, parts)
