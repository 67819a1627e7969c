"""UHerding: MaxHerding while the model knows little, more and more like margin sampling later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.scale import nearest_other
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import closeness
from asknext.strategies.maxherding import covering, positive, some_items, typical_distance


@dataclass(frozen=True)
class UHerding(Strategy):
    """Ask the items that cover best the items the model is in doubt about.

    As MaxHerding, but each candidate counts by its doubt 1 - (p1 - p2), and the reach of an asked item
    shrinks as labelled items come to lie closer: it is the 10 % quantile of their distances to the nearest
    other labelled one, and at least the median distance of an item to its nearest neighbour. With fewer than
    two labelled items it is MaxHerding's. Where the model is in equal doubt about all, as without a model,
    this is MaxHerding.

    Parameters
    ----------
    sigma : a fixed reach instead.
    quantile : the quantile of distances among labelled items, in [0, 1].
    floor : whether the nearest-neighbour distance of the pool bounds the reach from below.

    Raises
    ------
    AskNextError : a sigma of 0 or less, or a quantile outside [0, 1].

    Paper
    -----
    Bae, Oh, Wang & Sutherland 2025, "Uncertainty Herding: One Active Learning Method for All Label Budgets".
    There the reach is the smallest distance between two labelled items, `published()`: one pair of near
    copies makes it collapse, and the method becomes margin sampling. Copies at distance 0 do not count. The
    paper also cools probabilities by a model fitted for that purpose; a strategy sees no model, so
    probabilities are used as given: calibrate them in the learner.
    """

    name = "uherding"
    family = "low-budget"
    paper = "Bae et al. 2025"
    cost = "N C + (N + L)² d, less on a sample above 46,000 items"
    aliases = ("uncertainty-herding",)
    needs = frozenset({"embedding", "proba"})
    stochastic = True

    sigma: float | None = None
    quantile: float = 0.1
    floor: bool = True

    def __post_init__(self) -> None:
        positive("sigma", self.sigma)
        if not 0.0 <= self.quantile <= 1.0:
            raise AskNextError(f"quantile is {self.quantile}; give a number from 0 to 1.")

    @classmethod
    def published(cls) -> UHerding:
        """The strategy with the reach of the paper."""
        return cls(quantile=0.0, floor=False)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order of the greedy algorithm."""
        doubt = closeness(round.read("proba"))
        equal = np.ptp(doubt) == 0
        selection = covering(round, n, rng, self._reach(round, rng), "rbf", None if equal else doubt)
        doubts = doubt[np.searchsorted(round.candidates, selection.ids)]
        return Selection(selection.ids, selection.scores, {**selection.parts, "doubt": doubts})

    def _reach(self, round: Round, rng: np.random.Generator) -> float:
        if self.sigma is not None:
            return self.sigma
        known = round.read("embedding", round.labelled)
        between = nearest_other(known, np.arange(known.shape[0]))
        if not np.isfinite(between).any():  # fewer than two, or all copies
            return typical_distance(round, rng)
        reach = float(np.quantile(between, self.quantile))
        return max(reach, self._least(round, rng)) if self.floor else reach

    def _least(self, round: Round, rng: np.random.Generator) -> float:
        """The median distance of an item to the nearest one that is no copy of it, from a sample."""
        ids = np.sort(np.concatenate([round.candidates, round.asked]))
        rows = np.searchsorted(ids, some_items(round, rng))
        away = nearest_other(round.read("embedding", ids), rows)
        return float(np.median(away))
