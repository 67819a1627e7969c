"""LfOSA: ask the items that most certainly belong to the class they are taken for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.open_head import logits, mixture_posteriors, open_head
from asknext.types import Floats, Ids

HAIR = 1e-9  # weight of the activation where posteriors are the same


@dataclass(frozen=True)
class LfOSA(Strategy):
    """Ask the items of the highest posterior to be in scope, by a two-component mixture for each class.

    A linear head on the embedding tells the classes and "out of scope" apart. Of the items that it takes for
    a class, the activations of that class are a mixture of two Gaussians; the score is the posterior of the
    higher one. Items taken for out of scope come last. This is purity alone: nothing is asked for being
    informative. Before the first label all items are alike.

    Parameters
    ----------
    temperature : of the head's training; below 1 activations spread further apart.
    monotone : a higher activation never has a lower posterior, which two Gaussians of different widths do not
        warrant.

    Raises
    ------
    AskNextError : a temperature of 0 or less.

    Paper
    -----
    Ning, Zhao, Li & Huang 2022, "Active Learning for Open-set Annotation". There a second network is trained
    as the detector; here a head on the given embedding. `published()` leaves the posteriors as they are.
    """

    name = "lfosa"
    family = "open-set"
    paper = "Ning et al. 2022"
    cost = "N C d, and fits of a head to L items and of mixtures to N"
    needs = frozenset({"embedding"})

    temperature: float = 0.5
    monotone: bool = True

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise AskNextError(f"temperature is {self.temperature}; it must be above 0.")

    @classmethod
    def published(cls) -> LfOSA:
        """The strategy with posteriors as they are."""
        return cls(monotone=False)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose the n items of the largest score; the parts tell what each is taken for."""
        posterior, activation, taken = self._posteriors(round)
        score = posterior + HAIR * activation / (1.0 + np.abs(activation))
        best = top_n(score, n, rng)
        parts = {"purity": posterior[best], "activation": activation[best], "class": taken[best]}
        return Selection(round.candidates[best], score[best], parts)

    def _posteriors(self, round: Round) -> tuple[Floats, Floats, Ids]:
        """Posterior, activation and class of each candidate; out of scope -1, -activation and the last."""
        head = open_head(round, temperature=self.temperature)
        if head is None:
            zeros = np.zeros(len(round.candidates))
            return zeros, zeros, zeros.astype(np.intp)
        table = logits(round, head)
        taken, top = table.argmax(axis=1), table.max(axis=1)
        outside = taken == len(round.classes)
        posterior = np.where(outside, -1.0, mixture_posteriors(table, table, self.monotone))
        return posterior, np.where(outside, -top, top), taken
