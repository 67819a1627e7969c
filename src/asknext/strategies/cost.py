"""Items that differ in what their answers cost: the score for each unit of it, or a budget for the batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.base import Score, Strategy
from asknext.strategies.combine import Combination, amounts, seen_by
from asknext.strategies.constraints import Constrained, Rule
from asknext.types import Array, Ids


@dataclass(frozen=True)
class Cost(Combination, Score):
    """Ask the items of the largest score per unit cost.

    Parameters
    ----------
    strategy : scores the items; its scores must not be negative.
    costs : the signal that holds the cost of each item, above 0; give it with `signals={"cost": …}`.

    Raises
    ------
    AskNextError : a cost of 0 or less, or a negative score.

    Paper
    -----
    Settles, Craven & Friedland 2008, "Active Learning with Real Annotation Costs": return on investment.
    """

    paper = "Settles et al. 2008"

    strategy: Score
    costs: str = "cost"

    @property
    def parts(self) -> dict[str, Strategy]:
        """The strategy that scores."""
        return {"strategy": self.strategy}

    @property
    def reads(self) -> frozenset[str]:
        """The costs."""
        return frozenset({self.costs})

    def score(self, round: Round, ids: Ids) -> Array:
        """The score of each item divided by its cost."""
        costs = round.read(self.costs, ids)
        if len(costs) and costs.min() <= 0:
            row = int(ids[costs.argmin()])
            raise AskNextError(
                f"the signal '{self.costs}' is {costs.min()} for item {row}; costs must lie above 0."
            )
        return amounts(self.strategy, self.strategy.score(seen_by(self.strategy, round), ids)) / costs


@dataclass(frozen=True)
class Budget(Constrained):
    """Keep the cost of a batch within a budget, if that many items can be had for it.

    An item is passed over if not even the cheapest others would fill the batch for what it leaves. Where the
    budget is too small for the batch, only the cheapest items are asked; ask for fewer then.

    Parameters
    ----------
    strategy : chooses.
    budget : what a batch may cost, in the unit of the costs.
    costs : the signal that holds the cost of each item; give it with `signals={"cost": …}`.
    """

    strategy: Strategy
    budget: float
    costs: str = "cost"

    @property
    def reads(self) -> frozenset[str]:
        """The costs."""
        return frozenset({self.costs})

    def rule(self, round: Round, n: int) -> Rule:
        """What costs no more than the budget less the picks and the cheapest items for the other places."""
        costs = round.read(self.costs).astype(np.float64)

        def after(rows: Ids) -> Array:
            missing = n - len(rows)
            left = costs.copy()
            left[rows] = np.inf
            if missing == 0:
                return np.zeros(len(costs), dtype=bool)
            cheapest = np.partition(left, missing - 1)[:missing]
            rest = self.budget - costs[rows].sum() - cheapest[:-1].sum()
            return left <= max(rest, cheapest[-1])

        return after
