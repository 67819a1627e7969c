"""DUAL: dense and uncertain items while that pays, then a mixture that leans to uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.density_weighted import density
from asknext.strategies.least_confidence import doubt


@dataclass(frozen=True)
class Dual(Strategy):
    """Ask by error · density until the error falls no more, then by w · error + (1 - w) · density.

    The error expected on an item is 1 - p1, which for two classes is E[(prediction - label)²]; w is 1 less
    its mean over the candidates, so that the surer the model, the more its doubts count. Once a round lowers
    this mean by less than `gain`, the mixture takes over for good. Without a model the densest items are
    asked.

    Parameters
    ----------
    gain : fall of the mean expected error from round to round below which the mixture takes over.
    reference : items in the sample by which density is measured, with a Gaussian kernel.

    Raises
    ------
    AskNextError : reference below 1.

    Paper
    -----
    Donmez, Carbonell & Bennett 2007, "Dual Strategy Active Learning". Written from memory of the paper: its
    density comes from a Gaussian mixture, and its estimate of w could not be checked against ours.
    """

    name = "dual"
    family = "hybrid"
    paper = "Donmez et al. 2007"
    cost = "N C + N S d, for a sample of S"
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    gain: float = 0.01
    reference: int = 1000

    def __post_init__(self) -> None:
        if self.reference < 1:
            raise AskNextError(f"reference is {self.reference}; it must be at least 1.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the memory holds the mean error and whether the mixture has taken over."""
        proba = round.read("proba")
        error = doubt(proba)
        dense = density(round, "gaussian", self.reference, rng)
        dense = dense / dense.max()
        mean = float(error.mean())
        before = round.memory.get("error")
        mixing = bool(round.memory.get("mixing")) or (before is not None and before - mean < self.gain)
        scores = (1.0 - mean) * error + mean * dense if mixing else error * dense
        rows = top_n(scores, n, rng)
        informed = bool(np.any(proba != proba[:1]))  # before the first label there is no error to speak of
        memory = {"mixing": mixing} | ({"error": mean} if informed else {})
        parts = {"error": error[rows], "density": dense[rows]}
        return Selection(round.candidates[rows], scores[rows], parts, memory)
