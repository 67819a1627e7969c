"""What a query strategy is: parameters, the signals it needs, and one pure method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.types import Array, Ids

SCORE_CHUNK = 1 << 16  # candidates scored at a time


@dataclass(frozen=True)
class Selection:
    """What a strategy picked.

    Parameters
    ----------
    ids : (n,) positions in the pool, best first.
    scores : (n,) one number a pick, larger means asked sooner; None where the method has no such number.
    parts : named (n,) arrays that explain each pick ("cluster", "typicality" …); NaN where it says nothing.
    memory : what the strategy wants to be told in the next round; JSON-able.
    origins : who computed a signal that was read, where that was open: for `ood` the name of the detector;
        `choose` fills this in.
    """

    ids: Ids
    scores: Array | None = None
    parts: Mapping[str, Array] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


class Strategy(ABC):
    """A way of choosing what to ask next.

    A strategy is a frozen dataclass of parameters. It sees a `Round` and nothing else: no model, no
    oracle, no file, no global seed. Its class attributes tell the registry and the reader about it.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    paper: ClassVar[str]
    cost: ClassVar[str] = "not stated"
    """How the work of a round grows, without that of its signals, in N candidates, L items asked so far, B
    items to ask, C classes, d features and M draws of `samples`; "a step" is one of a search."""
    words: ClassVar[Mapping[str, str]] = {}
    """What parts of a pick mean, each after the word "It" and with its number in braces."""
    aliases: ClassVar[tuple[str, ...]] = ()
    needs: frozenset[str] = frozenset()
    stochastic: ClassVar[bool] = False
    """True where picks depend on random draws beyond the breaking of ties."""

    @abstractmethod
    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose exactly n distinct candidates, best first.

        Parameters
        ----------
        round : the frozen view of the pool; it has at least n candidates.
        n : items to choose, at least 1.
        rng : the only source of randomness.
        """


class Score(Strategy):
    """A strategy that scores each item by itself: write only `score`.

    Chunking, the choice of the n best and seeded random tie-breaks come with it.
    """

    @abstractmethod
    def score(self, round: Round, ids: Ids) -> Array:
        """One number for each of the given items, larger means asked sooner; shape (len(ids),)."""

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose the n candidates of the largest score, ties at random."""
        scores = self.scores(round)
        best = top_n(scores, n, rng)
        return Selection(round.candidates[best], scores[best])

    def scores(self, round: Round) -> Array:
        """The score of every candidate, computed a chunk at a time; (c,).

        While no class is known, probabilities have no columns to score by, and all scores are equal.
        """
        ids = round.candidates
        if "proba" in self.needs and round.read("proba", ids[:1]).shape[1] == 0:
            return np.zeros(len(ids))
        scores = self.score(round, ids[:SCORE_CHUNK])
        if len(ids) <= SCORE_CHUNK:
            return scores
        out = np.empty(len(ids), dtype=scores.dtype)
        out[:SCORE_CHUNK] = scores
        for start in range(SCORE_CHUNK, len(ids), SCORE_CHUNK):
            out[start : start + SCORE_CHUNK] = self.score(round, ids[start : start + SCORE_CHUNK])
        return out


def choose(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    """Ask a strategy for min(n, candidates) items, and check what it needs and what it returns.

    Parameters
    ----------
    strategy : the strategy to ask.
    round : the view it gets; its `declared` signals are set to what the strategy needs.
    n : items wanted, at least 1.
    rng : the source of randomness.

    Returns
    -------
    The strategy's selection.

    Raises
    ------
    AskNextError : n < 1, a needed signal is missing, or the strategy returned something other than
        n distinct candidates (a fault of the strategy).
    """
    n = as_whole("the batch size", n, 1)
    round.signals.require(strategy.needs, f"the strategy '{strategy.name}'")
    n = min(n, len(round.candidates))
    if n == 0:
        return Selection(np.empty(0, dtype=np.intp))
    selection = strategy.select(replace(round, declared=frozenset(strategy.needs)), n, rng)
    ids = selection.ids
    places = np.searchsorted(round.candidates, ids)  # candidates ascend
    known = np.array_equal(round.candidates.take(places, mode="clip"), ids)
    if len(ids) != n or len(np.unique(ids)) != n or not known:
        raise AskNextError(
            f"the strategy '{strategy.name}' returned {len(ids)} ids where {n} distinct candidates were "
            "due; this is a fault of the strategy, run asknext.strategies.check_strategy on it."
        )
    return replace(selection, origins=round.signals.origins)
