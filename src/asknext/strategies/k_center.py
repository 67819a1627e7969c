"""K-center: ask the items that are farthest from everything asked so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.kernels.kcenter import k_center
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy


@dataclass(frozen=True)
class KCenter(Strategy):
    """Ask, one by one, the item that is farthest from all items asked before, this batch included.

    Labelled, pending and out-of-scope items all count as centres. Without any, the first item is the one
    closest to the mean of the candidates. Picks do not depend on chance beyond ties. Under `ClosedSet`, as
    open-set papers run it, a region that is out of scope is asked about again and again.

    Paper
    -----
    Sener & Savarese 2018, "Active Learning for Convolutional Neural Networks: A Core-Set Approach",
    algorithm 1, which starts from labels; Gonzalez 1985. Without any, well-known code draws the first item.
    """

    name = "k-center"
    family = "diversity"
    paper = "Sener & Savarese 2018"
    cost = "N (L + B) d, in matrix products"
    aliases = ("coreset", "k-center-greedy", "kcenter")
    needs = frozenset({"embedding"})

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the score of each is its distance to the nearest centre when it was chosen."""
        centres = round.read("embedding", round.asked)
        rows, radii = k_center(round.read("embedding"), n, rng, centres)
        return Selection(round.candidates[rows], radii, {"distance": radii})
