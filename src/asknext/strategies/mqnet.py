"""MQ-Net: a learned balance between items in scope and items worth asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Score, Selection, Strategy
from asknext.strategies.combine import Combination, seen_by
from asknext.strategies.combiners import CLIP, Combiner, PublishedRanker, Ranker, Rule
from asknext.strategies.learning_loss import LearningLoss
from asknext.strategies.least_confidence import LeastConfidence
from asknext.strategies.lessons import Scale, lessons, noted, remembered, settled, short
from asknext.strategies.margin import Margin
from asknext.strategies.purity import Purity

GRID = 9  # steps of each axis on which the learned trade-off is kept


@dataclass(frozen=True)
class MQNet(Combination):
    """Ask the items that score best in a balance of purity and informativeness, learned from past answers.

    Both are standardised over the candidates. The balance is learned anew each round: past picks that turned
    out in scope are worth the cross entropy of their answer under the model that asked, others nothing.
    Answers that come late are learned from when they come; a class unknown at the time counts like one of
    probability 0.001.

    Parameters
    ----------
    informativeness : scores how much an item would teach, were it in scope; `LearningLoss()` where the
        learner predicts its loss.
    purity : scores how likely an item is in scope.
    combiner : makes one score of the two: `Ranker`, `PublishedRanker`, `SumExp`, `Weighted`, `Pareto` of
        `asknext.strategies.combiners`. Only rankers need `proba` and keep a memory.

    Raises
    ------
    AskNextError : purity or informativeness has no score of each item, or the combiner is none.

    Paper
    -----
    Park et al. 2022, "Meta-Query-Net: Resolving Purity-Informativeness Dilemma in Open-set Active Learning".
    We take the margin where the paper takes the largest probability, which asks better on real pools; clip
    scores where the paper takes their exponentials, whose sigmoids saturate at the top; learn from three
    batches rather than one; and weigh pairs by their gap. `published()` is the paper; `released()` has
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

    def __post_init__(self) -> None:
        if not isinstance(self.combiner, Combiner):
            raise AskNextError(f"the combiner is {self.combiner!r}; give an object such as Ranker().")
        super().__post_init__()
        for part in self.parts.values():
            if not isinstance(part, Score):
                raise AskNextError(f"the strategy '{part.name}' has no score of each item to balance.")

    @classmethod
    def published(cls, informativeness: Score = LeastConfidence()) -> MQNet:  # noqa: B008 (frozen)
        """The strategy as in the paper."""
        return cls(informativeness, combiner=PublishedRanker())

    @classmethod
    def released(cls, loss: bool = False) -> MQNet:
        """The strategy as in the authors' code, faults and all, by confidence or by predicted loss."""
        if loss:
            return cls(LearningLoss(), combiner=PublishedRanker("loss"))
        return cls(LeastConfidence(), combiner=PublishedRanker("confidence"))

    @property
    def parts(self) -> dict[str, Strategy]:
        """The two sides of the balance."""
        return {"purity": self.purity, "informativeness": self.informativeness}

    @property
    def reads(self) -> frozenset[str]:
        """What the model says of the picks, if the combiner learns."""
        return frozenset({"proba"} if self.combiner.window else ())

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
        best = top_n(scores, n, rng)
        ids = round.candidates[best]
        memory: dict[str, Any] = {}
        if self.combiner.window:
            new = noted(round, ids, z[best], scale, round.read("proba", ids))
            batches = remembered(records, new, self.combiner.window, self.combiner.enough)
            memory = {"batches": batches, "tradeoff": _tradeoff(rule, scale)}
        parts = {"purity": raw[best, 0], "informativeness": raw[best, 1]}
        return Selection(ids, scores[best], parts, memory)


def _tradeoff(rule: Rule, scale: Scale) -> dict[str, Any]:
    """The rule on a grid, a row for each purity and a column for each informativeness, to draw it later."""
    z = np.linspace(-CLIP, CLIP, GRID)
    pairs = np.stack(np.meshgrid(z, z, indexing="ij"), axis=-1).reshape(-1, 2)
    named = {"purity": 0, "informativeness": 1}
    axes = {name: short(scale.mean[i] + z * scale.std[i]) for name, i in named.items()}
    return {**axes, "scores": short(rule(pairs).reshape(GRID, GRID))}
