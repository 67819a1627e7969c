"""Strategies under a rule: no item asked twice as a copy, no group asked too often."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.distances import (
    as_points,
    centred,
    products,
    squared_norms,
    to_nearest,
    without_rounding,
)
from asknext.kernels.neighbours import distinct
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.combine import Combination, without
from asknext.types import Array, Ids

Rule = Callable[[Ids], Array]
"""Says which candidates may come next, (c,) booleans, when those at the given rows are picked; asked first
with no rows, then after each pick with one row more."""


class Constrained(Combination):
    """What the strategies under a rule share: ask, take what the rule allows, and ask again for the rest.

    Each time the strategy sees only what is still allowed, and what was taken before as pending. Where
    nothing allowed is left, the rule yields, and the batch is filled up regardless.
    """

    strategy: Strategy

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that chooses."""
        return {"strategy": self.strategy}

    @abstractmethod
    def rule(self, round: Round, n: int) -> Rule:
        """The rule for this round and a batch of n."""

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items that keep to the rule as far as possible."""
        ids, rows = round.candidates, np.empty(0, dtype=np.intp)
        rule = self.rule(round, n)
        allowed, calls, memory = rule(rows), [], round.memory
        while len(rows) < n:
            if not allowed.any():  # the rule yields
                rule = _free(len(ids))
                allowed = rule(rows)
            view = without(replace(round, memory=memory), ids[rows]).restrict(ids[allowed])
            chosen = self.ask("strategy", view, min(n - len(rows), int(allowed.sum())), rng)
            kept = []
            for position, row in enumerate(np.searchsorted(ids, chosen.ids)):
                if allowed[row]:
                    rows = np.append(rows, row)
                    allowed = rule(rows)
                    kept.append(position)
            calls.append(_taken(chosen, np.array(kept)))
            memory = chosen.memory
        return replace(_joined(calls), memory=memory)


@dataclass(frozen=True)
class Deduplicate(Constrained):
    """Ask identical or nearly identical items once.

    Copies of an item are left out before the strategy sees them, so that they do not make a region look
    dense; items within the radius of one that was asked, before or in this batch, are passed over.

    Parameters
    ----------
    strategy : chooses.
    radius : items at most this far apart, in the embedding, count as the same; 0 means identical.
    """

    strategy: Strategy
    radius: float = 0.0

    @property
    def reads(self) -> frozenset[str]:
        """The embedding."""
        return frozenset({"embedding"})

    def rule(self, round: Round, n: int) -> Rule:  # noqa: ARG002
        """Farther than the radius from everything asked; of copies only the first."""
        X = as_points(round.read("embedding"))
        asked = as_points(round.read("embedding", round.asked))
        allowed = np.zeros(X.shape[0], dtype=bool)
        allowed[distinct(X)] = True
        (X, asked) = centred(X, asked)
        norms, limit = squared_norms(X), self.radius**2
        if asked.shape[0]:
            allowed &= to_nearest(X, asked) > limit

        def after(rows: Ids) -> Array:
            for row in rows[-1:]:
                away = without_rounding(norms + norms[row] - 2.0 * products(X, row), norms)
                allowed[:] &= away > limit
                allowed[row] = False
            return allowed

        return after


@dataclass(frozen=True)
class Quota(Constrained):
    """Let no group of items have more than its quota of a batch.

    Parameters
    ----------
    strategy : chooses.
    most : the most items of a group in a batch: a whole number, or a share of the batch below 1 (at least one
        item is always allowed).
    groups : the signal that holds each item's group as a number, such as its hospital or its speaker; give it
        with `signals={"group": numbers}`.

    Raises
    ------
    AskNextError : a quota of 0 or less, or of a broken number of items.
    """

    strategy: Strategy
    most: float
    groups: str = "group"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (0 < self.most < 1 or (self.most >= 1 and self.most == int(self.most))):
            raise AskNextError(
                f"most is {self.most}; give a whole number of items, or a share of the batch between 0 and 1."
            )

    @property
    def reads(self) -> frozenset[str]:
        """The groups."""
        return frozenset({self.groups})

    def rule(self, round: Round, n: int) -> Rule:
        """Groups with fewer picks than the quota, and in them what is not picked yet."""
        groups = np.unique(round.read(self.groups), return_inverse=True)[1].ravel()
        most = max(1, int(self.most * n + 1e-9)) if self.most < 1 else int(self.most)

        def after(rows: Ids) -> Array:
            allowed = (np.bincount(groups[rows], minlength=len(groups)) < most)[groups]
            allowed[rows] = False
            return allowed

        return after


def _free(size: int) -> Rule:
    """Whatever is not picked yet."""

    def after(rows: Ids) -> Array:
        allowed = np.ones(size, dtype=bool)
        allowed[rows] = False
        return allowed

    return after


def _taken(chosen: Selection, kept: Ids) -> Selection:
    """Some of the picks of a selection."""
    scores = None if chosen.scores is None else chosen.scores[kept]
    return Selection(chosen.ids[kept], scores, {name: part[kept] for name, part in chosen.parts.items()})


def _joined(calls: list[Selection]) -> Selection:
    """Several selections one after the other, with the parts that all of them have."""
    names = [name for name in calls[0].parts if all(name in call.parts for call in calls)]
    parts = {name: np.concatenate([call.parts[name] for call in calls]) for name in names}
    scores = [call.scores for call in calls if call.scores is not None]
    return Selection(
        np.concatenate([call.ids for call in calls]),
        np.concatenate(scores) if len(scores) == len(calls) else None,
        parts,
    )
