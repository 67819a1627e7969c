"""MaxHerding: ask the items that cover the pool best, seen through a smooth kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.coverage import Kernel
from asknext.kernels.facility import facility_location
from asknext.kernels.scale import spread
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Array, Ids

SAMPLE = 2000  # items that tell how far apart items lie


def some_items(round: Round, rng: np.random.Generator, size: int = SAMPLE) -> Ids:
    """Candidates and asked items, a random sample of them where there are more than `size`; ascending."""
    ids = np.sort(np.concatenate([round.candidates, round.asked]))
    return ids if len(ids) <= size else np.sort(rng.choice(ids, size=size, replace=False))


def typical_distance(round: Round, rng: np.random.Generator) -> float:
    """The median distance between two items over √2, from a sample; 1 for unit vectors in all directions."""
    return spread(round.read("embedding", some_items(round, rng)))


def positive(name: str, value: float | None) -> None:
    """Refuse a length that is not above 0; None stands for one taken from the data.

    Raises
    ------
    AskNextError : the value is 0, negative or not a number.
    """
    if value is not None and not value > 0:
        raise AskNextError(f"{name} is {value}; give a distance above 0, or None to take it from the data.")


def covering(
    round: Round,
    n: int,
    rng: np.random.Generator,
    width: float,
    kernel: Kernel = "rbf",
    weights: Array | None = None,
) -> Selection:
    """The n candidates that add most to the cover of the candidates, beyond what asked items cover.

    Parameters
    ----------
    width : unit of distance of the kernel.
    kernel : how cover falls with distance.
    weights : (c,) weight of each candidate.

    Returns
    -------
    A selection whose score is the share of all weight that the item newly covers. Its parts tell the `radius`
    used and what the shares were summed `over`: "all rows", "neighbours" or a "sample".

    See `asknext.kernels.facility.facility_location`.
    """
    X: Any = round.read("embedding")
    centres = round.read("embedding", round.asked)
    found = facility_location(X, n, rng, width, kernel, weights, centres)
    total = len(round.candidates) if weights is None else float(np.sum(weights))
    share = found.gains / (total or 1.0)
    parts = {"coverage": share, "radius": np.full(n, width), "over": np.full(n, found.way)}
    return Selection(round.candidates[found.rows], share, parts)


@dataclass(frozen=True)
class MaxHerding(Strategy):
    """Ask, one by one, the item that raises most how well all items are covered by their nearest asked one.

    An item at distance r from an asked one is covered to the degree exp(-r² / sigma²). Labelled, pending and
    out-of-scope items cover what lies around them. No model is needed.

    Parameters
    ----------
    sigma : reach of an asked item, as a distance. None takes the median distance between two items over √2,
        from at most 2000 of them, which suits features of any scale.

    Raises
    ------
    AskNextError : a sigma of 0 or less.

    Paper
    -----
    Bae, Noh & Sutherland 2024, "Generalized Coverage for More Robust Low-Budget Active Learning"
    (MaxHerding). The paper uses sigma = 1 on unit vectors; `sigma=1` gives exactly that. The authors' code
    looks at a random 35,000 items at most, and holds all pairs of them. Here up to 46,000 candidates are
    looked at, without a table of pairs; beyond that a random sample of as many, or all with their nearest
    neighbours where the reach is short.
    """

    name = "maxherding"
    family = "low-budget"
    paper = "Bae et al. 2024"
    cost = "N (N + L) d, less on a sample above 46,000 items"
    aliases = ("max-herding",)
    needs = frozenset({"embedding"})
    stochastic = True

    sigma: float | None = None

    def __post_init__(self) -> None:
        positive("sigma", self.sigma)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order of the greedy algorithm."""
        return covering(round, n, rng, self.sigma or typical_distance(round, rng))
