"""Strategies made of other strategies: on a part of the pool, one after the other, or side by side."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.base import Score, Selection, Strategy
from asknext.types import Array, Ids


class Combination(Strategy):
    """What all combinations share: they need what their parts need, and keep the memories of these apart.

    A combination has no name of its own: it is used as an object, and calls itself by its parts.

    Raises
    ------
    AskNextError : a part that is no strategy object.
    """

    family = "combinator"
    paper = ""
    cost = "that of its parts"

    @property
    @abstractmethod
    def parts(self) -> dict[str, Strategy]:
        """The strategies it is made of, each under the key of its memory."""

    @property
    def reads(self) -> frozenset[str]:
        """The signals it reads itself."""
        return frozenset()

    def __post_init__(self) -> None:
        for part in self.parts.values():
            if not isinstance(part, Strategy):
                raise AskNextError(
                    f"{type(self).__name__} was given {part!r}; give strategy objects, such as "
                    "asknext.strategies.get('margin')."
                )
        parts = list(self.parts.values())
        if not isinstance(getattr(type(self), "name", None), str):
            self._declare("name", f"{_dashed(type(self).__name__)}({', '.join(p.name for p in parts)})")
        self._declare("needs", self.reads.union(*(part.needs for part in parts)))
        self._declare("stochastic", type(self).stochastic or any(part.stochastic for part in parts))

    def _declare(self, attribute: str, value: Any) -> None:
        object.__setattr__(self, attribute, value)

    def ask(self, key: str, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """What one part chooses, with the memory it left last time and only the signals that it declared.

        Parameters
        ----------
        key : of the part; its memory comes back under this key as well.
        round : what the part sees, but for the memory; it has at least n candidates.
        n, rng : as for `Strategy.select`; each call has a generator of its own.
        """
        part = self.parts[key]
        view = replace(seen_by(part, round), memory=round.memory.get(key, {}))
        chosen = part.select(view, n, rng.spawn(1)[0])
        return replace(chosen, memory={**round.memory, key: dict(chosen.memory)})


@dataclass(frozen=True)
class Subsample(Combination):
    """Let a strategy see only a random part of the candidates, drawn anew each round.

    For strategies whose cost grows fast with the pool. What has been asked so far is seen whole.

    Parameters
    ----------
    strategy : chooses.
    size : candidates it sees; the batch size where that is larger.

    Raises
    ------
    AskNextError : a size below 1.
    """

    stochastic = True

    strategy: Strategy
    size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise AskNextError(f"the size of a subsample is {self.size}; it must be at least 1.")

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that chooses."""
        return {"strategy": self.strategy}

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items of the subsample."""
        return self.ask("strategy", round.restrict(sampled(round, max(n, self.size), rng)), n, rng)


@dataclass(frozen=True)
class Prefilter(Combination):
    """Let a strategy choose among the items that another one likes best.

    Parameters
    ----------
    by : keeps the items that it would ask first.
    strategy : chooses among these.
    factor : items kept for each one asked, at least 1.

    Raises
    ------
    AskNextError : a factor below 1.
    """

    by: Strategy
    strategy: Strategy
    factor: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.factor >= 1:
            raise AskNextError(f"factor is {self.factor}; keep at least 1 item for each one asked.")

    @property
    def parts(self) -> dict[str, Strategy]:
        """The filter and the strategy."""
        return {"by": self.by, "strategy": self.strategy}

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n of the factor · n items kept."""
        size = min(math.ceil(self.factor * n), len(round.candidates))
        kept = self.ask("by", round, size, rng)
        return self.ask("strategy", replace(round.restrict(kept.ids), memory=kept.memory), n, rng)


@dataclass(frozen=True)
class Switch(Combination):
    """Begin with one strategy and go on with another; there is no way back.

    Parameters
    ----------
    first, then : the strategies.
    when : batches that `first` chooses; or a function of the round that says whether it is time, such as
        `labels_per_class(10)`.
    reading : the signals that the function reads.
    """

    first: Strategy
    then: Strategy
    when: int | Callable[[Round], bool]
    reading: frozenset[str] = frozenset()

    @property
    def parts(self) -> dict[str, Strategy]:
        """Both strategies."""
        return {"first": self.first, "then": self.then}

    @property
    def reads(self) -> frozenset[str]:
        """What the function reads."""
        return frozenset(self.reading)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items by the strategy whose time it is; the memory says whether the switch is made."""
        switched = bool(round.memory.get("switched")) or self._due(round)
        chosen = self.ask("then" if switched else "first", round, n, rng)
        return replace(chosen, memory={**chosen.memory, "switched": switched})

    def _due(self, round: Round) -> bool:
        if callable(self.when):
            return bool(self.when(replace(round, declared=round.declared & self.reads)))
        return round.index >= self.when


def labels_per_class(least: float) -> Callable[[Round], bool]:
    """Says whether half of the known classes have so many labels each; for `Switch`."""

    def reached(round: Round) -> bool:
        counts = np.bincount(round.y, minlength=len(round.classes))
        return bool(len(counts)) and float(np.median(counts)) >= least

    return reached


@dataclass(frozen=True)
class Mix(Combination):
    """Fill each batch by several strategies, every one with its share.

    What one strategy chose is pending for the next, so that no item comes twice. Where a share is no whole
    number of items it is rounded up or down at random, so that shares are met over many batches.

    Parameters
    ----------
    strategies : the strategies; the best of each come first, in turns.
    shares : their parts of the batch, in any unit; all equal unless given.

    Raises
    ------
    AskNextError : not one share for each strategy, a negative share, or only shares of 0.
    """

    stochastic = True

    strategies: Sequence[Strategy]
    shares: Sequence[float] | None = None

    def __post_init__(self) -> None:
        self._declare("strategies", tuple(self.strategies))
        shares = (1.0,) * len(self.strategies) if self.shares is None else tuple(self.shares)
        self._declare("shares", shares)
        super().__post_init__()
        if len(shares) != len(self.strategies) or min(shares, default=0) < 0 or not sum(shares) > 0:
            raise AskNextError(
                f"Mix has {len(self.strategies)} strategies and the shares {shares}; give one share for "
                "each strategy, none of them negative, not all 0."
            )

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategies by number."""
        return {str(i): strategy for i, strategy in enumerate(self.strategies)}

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the part `strategy` says who chose each."""
        counts = _rounded(n, np.asarray(self.shares, dtype=np.float64), rng.random())
        memory = round.memory
        picked: list[int] = []
        ranks: list[float] = []
        names: list[str] = []
        for key, count in zip(self.parts, counts, strict=True):
            if count:
                view = without(replace(round, memory=memory), np.array(picked, dtype=np.intp))
                chosen = self.ask(key, view, count, rng)
                memory = chosen.memory
                picked.extend(chosen.ids)
                ranks.extend((np.arange(count) + 0.5) / count)
                names.extend([self.parts[key].name] * count)
        order = np.argsort(ranks, kind="stable")
        parts = {"strategy": np.array(names)[order]}
        return Selection(np.array(picked)[order], parts=parts, memory=memory)


def seen_by(part: Strategy, round: Round) -> Round:
    """The round with only those declared signals that a part declares itself."""
    return replace(round, declared=round.declared & part.needs)


def amounts(strategy: Score, scores: Array) -> Array:
    """Scores that a strategy gave, as amounts of something; rounding below 0 is clipped.

    Raises
    ------
    AskNextError : a score is negative beyond rounding.
    """
    if len(scores) and scores.min() < -1e-6:
        raise AskNextError(
            f"the strategy '{strategy.name}' gives scores down to {scores.min():.3g}; drawing by a score and "
            "dividing it by a cost need scores of at least 0."
        )
    return np.maximum(scores, 0.0)


def sampled(round: Round, size: int, rng: np.random.Generator) -> Ids:
    """So many candidates drawn at random, ascending; all of them where there are no more."""
    ids = round.candidates
    return ids if size >= len(ids) else np.sort(rng.choice(ids, size=size, replace=False))


def without(round: Round, picked: Ids) -> Round:
    """The round once these items have been asked: no candidates any more, but pending."""
    return replace(
        round,
        candidates=np.setdiff1d(round.candidates, picked, assume_unique=True),
        pending=np.union1d(round.pending, picked),
    )


def _rounded(n: int, shares: np.ndarray, start: float) -> list[int]:
    """Whole numbers with sum n, each the share rounded up or down; its mean over `start` is the share."""
    edges = n * np.cumsum(shares) / shares.sum()
    edges[-1] = n
    return np.diff(np.floor(edges + start), prepend=0.0).astype(int).tolist()


def _dashed(name: str) -> str:
    return "".join("-" + letter.lower() if letter.isupper() else letter for letter in name).strip("-")
