"""BUAL: unsure items, where the share of answers in scope says how much a doubt about scope counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import softmax

from asknext.errors import AskNextError
from asknext.kernels.scale import to_unit
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.entropy import entropy
from asknext.strategies.least_confidence import doubt
from asknext.strategies.margin import closeness
from asknext.strategies.open_head import logits, open_head, precision
from asknext.types import Array, Floats

DOUBTS: dict[str, Callable[[Array], Array]] = {
    "margin": closeness, "least-confidence": doubt, "entropy": entropy,
}  # fmt: skip


@dataclass(frozen=True)
class BUAL(Strategy):
    """Ask items of low p · negative certainty + r · (1 - p) · positive certainty.

    p is the probability to be out of scope, by a head on the embedding with a class for that; r is the share
    in scope of the last batch's answers, at first of all answers: the smaller it is, the more p counts.
    Positive certainty is that of the model. Negative certainty is that of a network trained further on
    candidates with random labels, which becomes sure of what is out of scope; without one it is that of the
    model as well. All are scaled to [0, 1] over the candidates. Items that the head takes for out of scope
    come last. Before an answer out of scope p is 1 for all.

    Parameters
    ----------
    uncertainty : "margin", "least-confidence" or "entropy"; certainty is the opposite.
    negative : the signal that holds the probabilities (n, k) of the other network, if there is one; give it
        with `signals={"name": proba}`.

    Raises
    ------
    AskNextError : an unknown uncertainty.

    Paper
    -----
    Zong, Wang, Ning, Ye & Huang 2024, "Bidirectional Uncertainty-Based Active Learning for Open-Set
    Annotation". What random labels do to a network is that it learns them by heart; a head on a fixed
    embedding cannot, so the negative side comes from outside or not at all.
    """

    name = "bual"
    family = "open-set"
    paper = "Zong et al. 2024"
    cost = "N C d, and a fit of a head to L items"
    needs = frozenset({"embedding", "proba"})

    uncertainty: Literal["margin", "least-confidence", "entropy"] = "margin"
    negative: str | None = None

    def __post_init__(self) -> None:
        if self.uncertainty not in DOUBTS:
            known = ", ".join(map(repr, DOUBTS))
            raise AskNextError(f"uncertainty is {self.uncertainty!r}; choose one of {known}.")
        object.__setattr__(self, "needs", BUAL.needs | ({self.negative} if self.negative else set()))

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the score is minus the sum, the memory holds the batch that gives the next r."""
        r = self._share(round)
        unsure = DOUBTS[self.uncertainty]
        proba = round.read("proba")
        positive = 1.0 - to_unit(unsure(proba))
        negative = positive if self.negative is None else 1.0 - to_unit(unsure(round.read(self.negative)))
        p, outside = self._outside(round)
        score = -p * negative - r * (1.0 - p) * positive - 2.0 * outside
        best = top_n(score, n, rng)
        ids = round.candidates[best]
        parts = {
            "purity": 1.0 - p[best],
            "informativeness": 1.0 - positive[best],
            "negative": 1.0 - negative[best],
            "precision": np.full(n, r),
        }
        return Selection(ids, score[best], parts, {"batch": ids.tolist(), "precision": float(f"{r:.6g}")})

    def _share(self, round: Round) -> float:
        """The share in scope of the last batch; of all answers, or all, where there is none."""
        reached = precision(round, round.memory.get("batch", []))
        if reached is None:
            reached = round.memory.get("precision")
        if reached is None:
            reached = precision(round, [*round.labelled, *round.out_of_scope])
        return 1.0 if reached is None else float(reached)

    def _outside(self, round: Round) -> tuple[Floats, Array]:
        """p of each candidate, and whether the head takes it for out of scope."""
        head = open_head(round)
        if head is None or not len(round.out_of_scope):
            c = len(round.candidates)
            return np.ones(c), np.zeros(c, dtype=bool)
        table = softmax(logits(round, head), axis=1)
        return to_unit(table[:, -1]), table.argmax(axis=1) == len(round.classes)
