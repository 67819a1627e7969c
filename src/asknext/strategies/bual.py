"""BUAL: doubt of one kind for items in scope, of another for those that may not be, mixed by precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import softmax

from asknext.errors import AskNextError
from asknext.kernels.negative_head import negative_head
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
OTHERS = 4096  # candidates that teach the negative head


@dataclass(frozen=True)
class BUAL(Strategy):
    """Ask items of high p · negative doubt + r · (1 - p) · positive doubt.

    p is the probability to be out of scope, by a head on the embedding with a class for that; r is the share
    in scope of the last batch's answers, 1 at first. Positive doubt is that of the model. Negative doubt is
    that of a head that also learns, of candidates, that they are not of a class drawn at random: it stays
    sure near labels and becomes unsure where nothing ties it, so it singles out what is out of scope without
    being a boundary. Before there are two classes with labels the negative doubt is that of the model.

    Parameters
    ----------
    doubt : "margin", "least-confidence" or "entropy".

    Raises
    ------
    AskNextError : an unknown doubt.

    Paper
    -----
    Zong, Wang, Ning, Ye & Huang 2024, "Bidirectional Uncertainty-Based Active Learning for Open-Set
    Annotation". There the negative head is the end of a network fine-tuned with classes drawn anew at each
    step; here a linear one trained on their expectation, so that nothing is drawn.
    """

    name = "bual"
    family = "open-set"
    paper = "Zong et al. 2024"
    cost = "N C d, and fits of two heads to L items, one with a sample"
    needs = frozenset({"embedding", "proba"})
    stochastic = True

    doubt: Literal["margin", "least-confidence", "entropy"] = "margin"

    def __post_init__(self) -> None:
        if self.doubt not in DOUBTS:
            raise AskNextError(f"doubt is {self.doubt!r}; choose {', '.join(map(repr, DOUBTS))}.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose the n items of the largest mix; the memory holds the batch whose precision counts next."""
        reached = precision(round, round.memory.get("batch", []))
        r = float(round.memory.get("precision", 1.0)) if reached is None else reached
        measure = DOUBTS[self.doubt]
        positive = measure(round.read("proba"))
        head = open_head(round)
        outside = np.zeros(len(positive)) if head is None else softmax(logits(round, head), axis=1)[:, -1]
        negative = self._negative(round, rng)
        unsure = positive if negative is None else measure(negative)
        score = outside * unsure + r * (1.0 - outside) * positive
        best = top_n(score, n, rng)
        ids = round.candidates[best]
        parts = {
            "purity": 1.0 - outside[best],
            "informativeness": positive[best],
            "negative_doubt": unsure[best],
            "precision": np.full(n, r),
        }
        return Selection(ids, score[best], parts, {"batch": ids.tolist(), "precision": float(f"{r:.6g}")})

    def _negative(self, round: Round, rng: np.random.Generator) -> Floats | None:
        """Probabilities of the candidates by the negative head; None with fewer than two classes."""
        present, y = np.unique(round.y, return_inverse=True)
        if len(present) < 2:
            return None
        some = round.candidates
        if len(some) > OTHERS:
            some = np.sort(rng.choice(some, size=OTHERS, replace=False))
        X, others = round.read("embedding", round.labelled), round.read("embedding", some)
        return softmax(logits(round, negative_head(X, y, others, len(present))), axis=1)
