"""TCM: typical items first, uncertain ones after a few rounds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import Margin
from asknext.strategies.typiclust import TypiClust


@dataclass(frozen=True)
class TCM(Strategy):
    """Ask typical items by TypiClust for some rounds, then those of the smallest margin.

    The switch looks at the number of rounds alone. After it, without a model, all margins are equal and items
    are asked at random.

    Parameters
    ----------
    switch : rounds of TypiClust; 0 is margin sampling from the start.
    typical : what asks in those rounds.

    Raises
    ------
    AskNextError : a negative number of rounds.

    Paper
    -----
    Doucet et al. 2024, "Bridging Diversity and Uncertainty in Active Learning with Self-Supervised
    Pre-Training". The best moment to switch grows with the trust put in the features and falls with the size
    of a batch; 3 rounds are the setting of later comparisons.
    """

    name = "tcm"
    family = "low-budget"
    paper = "Doucet et al. 2024"
    cost = "that of typiclust at first, then N C"
    aliases = ("typiclust-margin",)
    needs = frozenset({"embedding", "proba"})
    stochastic = True

    switch: int = 3
    typical: TypiClust = field(default_factory=TypiClust)

    def __post_init__(self) -> None:
        if self.switch < 0:
            raise AskNextError(f"switch is {self.switch}; give the number of rounds before it, at least 0.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items as the strategy of the present phase does."""
        phase: Strategy = self.typical if round.index < self.switch else Margin()
        return phase.select(round, n, rng)
