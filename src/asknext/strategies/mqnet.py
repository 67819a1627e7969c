"""MQ-Net: a learned balance between items in scope and items worth asking."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.scale import to_unit
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Score, Selection, Strategy
from asknext.strategies.combine import Combination, seen_by
from asknext.strategies.combiners import CLIP, Combiner, PublishedRanker, Ranker, Rule, as_combiner
from asknext.strategies.kmeans import central
from asknext.strategies.learning_loss import LearningLoss
from asknext.strategies.least_confidence import LeastConfidence
from asknext.strategies.lessons import Scale, lessons, noted, remembered, settled, short
from asknext.strategies.margin import Margin
from asknext.strategies.purity import Purity
from asknext.types import Floats, Ids

LIGHTEST = 0.05  # how hard the last of the items kept pulls at its centre, where the first pulls 1
GRID = 9  # steps of each axis on which the learned trade-off is kept


@dataclass(frozen=True)
class MQNet(Combination):
    """Ask among the items that score best in a balance of purity and informativeness, learned from answers.

    Both are standardised over the candidates. The balance is learned anew each round: past picks that turned
    out in scope are worth the cross entropy of their answer under the model that asked, others nothing. The
    batch is spread over the best items: those nearest to the centres of n clusters, good ones pulling harder.
    Answers that come late are learned from when they come; a class unknown at the time counts like one of
    probability 0.001.

    Parameters
    ----------
    informativeness : scores how much an item would teach, were it in scope; `LearningLoss()` where the
        learner predicts its loss.
    purity : scores how likely an item is in scope.
    combiner : makes one score of the two: `Ranker`, `PublishedRanker`, `SumExp`, `Weighted`, `Pareto` of
        `asknext.strategies.combiners`, or their names: "ranker", "published-ranker", "sum-exp", "weighted",
        "pareto". Only rankers need `proba` and keep a memory.
    factor : best items for each one asked, among which the batch is spread by their `embedding`; 1 asks the
        n best.

    Raises
    ------
    AskNextError : purity or informativeness has no score of each item, the combiner is none, or a factor
        below 1.

    Paper
    -----
    Park et al. 2022, "Meta-Query-Net: Resolving Purity-Informativeness Dilemma in Open-set Active Learning".
    The paper asks the n best. We spread the batch, as the n best resemble each other and that cost 2 to 5
    points of accuracy; take the margin where the paper takes the largest probability, which asks better on
    real pools; clip scores where the paper takes exponentials, whose sigmoids saturate at the top; learn from
    three batches rather than one; and weigh pairs by their gap. `published()` is the paper; `released()` has
    the faults of the authors' code, which standardises by other statistics in learning than in asking.
    """

    name = "mqnet"
    family = "open-set"
    paper = "Park et al. 2022"
    cost = "N, and a net of 2 inputs fitted to three batches"
    aliases = ("mq-net",)
    stochastic = True

    informativeness: Score = Margin()  # noqa: RUF009 (frozen)
    purity: Score = Purity()  # noqa: RUF009 (frozen)
    combiner: Combiner = Ranker()  # noqa: RUF009 (frozen)
    factor: float = 10.0

    def __post_init__(self) -> None:
        self._declare("combiner", as_combiner(self.combiner))
        if not self.factor >= 1:
            raise AskNextError(f"factor is {self.factor}; keep at least 1 item for each one asked.")
        super().__post_init__()
        for part in self.parts.values():
            if not isinstance(part, Score):
                raise AskNextError(f"the strategy '{part.name}' has no score of each item to balance.")

    @classmethod
    def published(cls, informativeness: Score = LeastConfidence()) -> MQNet:  # noqa: B008 (frozen)
        """The strategy as in the paper."""
        return cls(informativeness, combiner=PublishedRanker(), factor=1)

    @classmethod
    def released(cls, loss: bool = False) -> MQNet:
        """The strategy as in the authors' code, faults and all, by confidence or by predicted loss."""
        if loss:
            return cls(LearningLoss(), combiner=PublishedRanker("loss"), factor=1)
        return cls(LeastConfidence(), combiner=PublishedRanker("confidence"), factor=1)

    @property
    def parts(self) -> dict[str, Strategy]:
        """The two sides of the balance."""
        return {"purity": self.purity, "informativeness": self.informativeness}

    @property
    def reads(self) -> frozenset[str]:
        """What the model says of the picks, if the combiner learns, and by what a batch is spread."""
        learns, spreads = self.combiner.window > 0, self.factor > 1
        return frozenset(["proba"] * learns + ["embedding"] * spreads)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the memory holds the batches to learn from and the trade-off as it is now."""
        sides = [part.scores(seen_by(part, round)) for part in (self.purity, self.informativeness)]
        raw = np.stack(sides, axis=1)
        scale = Scale.of(raw)
        z = scale.standardised(raw)
        records = [settled(record, round) for record in round.memory.get("batches", [])]
        past = lessons(records)
        rule = self.combiner.rule(past, scale, rng)
        scores = rule(z)
        best = self._batch(round, scores, n, rng)
        ids = round.candidates[best]
        memory: dict[str, Any] = {}
        if self.combiner.window:
            new = noted(round, ids, z[best], scale, round.read("proba", ids))
            batches = remembered(records, new, self.combiner.window, self.combiner.enough)
            memory = {"batches": batches, "tradeoff": _tradeoff(rule, scale)}
        parts = {"purity": raw[best, 0], "informativeness": raw[best, 1]}
        return Selection(ids, scores[best], parts, memory)

    def _batch(self, round: Round, scores: Floats, n: int, rng: np.random.Generator) -> Ids:
        """Positions of the n candidates to ask, the best first."""
        kept = top_n(scores, min(math.ceil(self.factor * n), len(scores)), rng)
        if len(kept) > n:
            X = round.read("embedding", round.candidates[kept])
            spread = central(np.arange(len(kept)), X, n, rng, to_unit(scores[kept]) + LIGHTEST)
            kept = kept[np.sort(spread.ids)]
        return kept


def _tradeoff(rule: Rule, scale: Scale) -> dict[str, Any]:
    """The rule on a grid, a row for each purity and a column for each informativeness, to draw it later."""
    z = np.linspace(-CLIP, CLIP, GRID)
    pairs = np.stack(np.meshgrid(z, z, indexing="ij"), axis=-1).reshape(-1, 2)
    named = {"purity": 0, "informativeness": 1}
    axes = {name: short(scale.mean[i] + z * scale.std[i]) for name, i in named.items()}
    return {**axes, "scores": short(rule(pairs).reshape(GRID, GRID))}
