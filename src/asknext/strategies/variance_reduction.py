"""Variance reduction: ask what makes the predictions of all items surest, whatever the answers are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.combine import sampled
from asknext.strategies.surrogate import Effects, scaled_rows


@dataclass(frozen=True)
class VarianceReduction(Strategy):
    """Ask, one by one, the item whose answer lowers the mean variance of the predictions most.

    The variance is that of a stand-in for the model, kernel ridge regression on the embedding, at a random
    sample of the candidates. It does not depend on labels, so the batch is chosen exactly, and the method
    works without a model or a label: it is experimental design. Labelled, pending and out-of-scope items all
    count as answered.

    Parameters
    ----------
    reference : size of the sample; all candidates where there are no more.
    limit : most candidates; each pick costs them times the items asked.

    Raises
    ------
    AskNextError : reference below 1, or too many candidates or asked items.

    Paper
    -----
    Cohn, Ghahramani & Jordan 1996, "Active Learning with Statistical Models", for Gaussian processes. The
    paper refits the user's model; a strategy sees none, so a stand-in is used, and the variance is not
    weighted by how undecided the classes are.
    """

    name = "variance-reduction"
    family = "diversity"
    paper = "Cohn et al. 1996"
    cost = "N B (S + L + B) + N L² + N (S + L) d, for a sample of S"
    aliases = ("experimental-design",)
    needs = frozenset({"embedding"})
    stochastic = True

    reference: int = 500
    limit: int = 20_000

    def __post_init__(self) -> None:
        if self.reference < 1:
            raise AskNextError(f"reference is {self.reference}; it must be at least 1.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the score of each is by how much it lowers the mean variance."""
        if len(round.candidates) > self.limit:
            raise AskNextError(
                f"variance-reduction takes at most {self.limit} candidates, not {len(round.candidates)}; "
                f"use Subsample(VarianceReduction(), {self.limit}) or Prefilter, or raise its limit."
            )
        effects = Effects(scaled_rows(round, sampled(round, self.reference, rng)))
        rows, gains = np.empty(n, dtype=np.intp), np.empty(n)
        for step in range(n):
            gain = effects.gain
            gain[rows[:step]] = -1.0  # below any gain: never taken again
            row = int(top_n(gain, 1, rng)[0])
            rows[step], gains[step] = row, gain[row]
            effects.take(row)
        return Selection(round.candidates[rows], gains, {"gain": gains})
