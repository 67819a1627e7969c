"""Random sampling: the baseline that every other strategy must beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.round import Round
from asknext.strategies.base import Selection, Strategy


@dataclass(frozen=True)
class Random(Strategy):
    """Ask items drawn uniformly from the candidates, without replacement.

    Paper
    -----
    Settles 2009, "Active Learning Literature Survey": passive learning, the baseline.
    """

    name = "random"
    family = "baseline"
    paper = "Settles 2009 (baseline)"
    cost = "N"
    stochastic = True

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n candidates uniformly."""
        return Selection(rng.choice(round.candidates, size=n, replace=False))
