"""Oracle batch: of many batches, the one that truly helps a stand-in model most; for benchmarks only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.ridge import refitted
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.combine import Combination, sampled
from asknext.strategies.k_center import KCenter
from asknext.strategies.kmeans import KMeans
from asknext.strategies.margin import Margin
from asknext.strategies.random import Random
from asknext.strategies.surrogate import fitted, scaled_rows, targets
from asknext.strategies.typiclust import TypiClust
from asknext.types import Array, Ids


@dataclass(frozen=True)
class OracleBatch(Combination):
    """Try many batches with their true labels and ask the one after which most candidates are recognised.

    Each of the strategies proposes batches from random parts of the candidates. For each batch a stand-in for
    the model, kernel ridge regression on the embedding, is refitted in closed form with the true labels, and
    counts how many of a random sample of the candidates it gets right; ties go to the smaller squared error.
    It shows how much better a batch could be; it is no proven bound, neither for the user's model nor for
    batches that nobody proposed. It needs the true class of every candidate (`truth`, a class position, or a
    negative number for none), which only a benchmark can provide.

    Parameters
    ----------
    strategies : propose the batches, in turns.
    tries : batches proposed.
    share : part of the candidates that a proposal is made from.
    reference : candidates on which batches are judged; all where there are no more.

    Raises
    ------
    AskNextError : tries or reference below 1, a share outside (0, 1], no strategies, or too many asked items.

    Paper
    -----
    Huseljic et al. 2026, "BoSS: A Best-of-Strategies Selector as an Oracle for Deep Active Learning". It
    retrains the last layer of the network for each of 100 batches, where we refit a stand-in for 50.
    """

    name = "oracle-batch"
    family = "oracle"
    paper = "Huseljic et al. 2026"
    cost = "tries times a strategy and a refit, L (L + S) (B + d), for a sample of S"
    aliases = ("boss",)
    stochastic = True

    strategies: Sequence[Strategy] = (Random(), Margin(), KMeans(), TypiClust(), KCenter())
    tries: int = 50
    share: float = 0.4
    reference: int = 1000

    def __post_init__(self) -> None:
        self._declare("strategies", tuple(self.strategies))
        super().__post_init__()
        if min(self.tries, self.reference, len(self.strategies)) < 1 or not 0 < self.share <= 1:
            raise AskNextError(
                f"tries is {self.tries}, reference {self.reference}, share {self.share}, and there are "
                f"{len(self.strategies)} strategies; give at least 1 of each, and a share in (0, 1]."
            )

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategies by number."""
        return {str(i): strategy for i, strategy in enumerate(self.strategies)}

    @property
    def reads(self) -> frozenset[str]:
        """The embedding and the true classes."""
        return frozenset({"embedding", "truth"})

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose the best batch of n; the parts say who proposed it and what share it gets right."""
        sample = sampled(round, self.reference, rng)
        truth = round.read("truth").astype(np.intp)
        places = np.searchsorted(round.candidates, sample)
        places = places[_real(truth[places], round)]
        rows, k = scaled_rows(round, sample), len(round.classes)
        model = fitted(rows, round)
        best, proposer, record = None, "", (-1.0, -np.inf)
        for name, chosen in self._proposals(round, n, rng):
            batch = np.searchsorted(round.candidates, chosen.ids)
            taught = batch[_real(truth[batch], round)]
            values = refitted(
                model, rows.candidates[places], rows.candidates[taught], targets(truth[taught], k)
            )
            result = _judged(values, truth[places])
            if best is None or result > record:
                best, proposer, record = chosen, name, result
        assert best is not None
        parts = {"strategy": np.full(n, proposer), "accuracy": np.full(n, record[0])}
        return Selection(best.ids, parts=parts, memory=best.memory)

    def _proposals(self, round: Round, n: int, rng: np.random.Generator) -> Iterator[tuple[str, Selection]]:
        size = max(n, int(self.share * len(round.candidates)))
        for i in range(self.tries):
            key = str(i % len(self.strategies))
            part = round.restrict(sampled(round, size, rng))
            yield self.parts[key].name, self.ask(key, part, n, rng)


def _real(truth: Array, round: Round) -> Array:
    """Which true classes are classes that the round knows."""
    return (truth >= 0) & (truth < len(round.classes))


def _judged(values: Array, truth: Ids) -> tuple[float, float]:
    """The share of rows whose largest value is that of their class, and minus the mean squared error."""
    if not values.size:
        return 0.0, 0.0
    error = np.square(values - targets(truth, values.shape[1])).sum(axis=1).mean()
    return float((values.argmax(axis=1) == truth).mean()), -float(error)
