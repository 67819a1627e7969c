"""TAILOR: pull the arm that is thought to bring the rarest classes, and forget what was long ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.bandit import ARMS, Bandit, told
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.random import Random
from asknext.types import Floats, Ids

FAINT = 0.01  # picks that weigh less are forgotten


@dataclass(frozen=True)
class Tailor(Bandit):
    """Ask by the strategies whose answers are of rare classes or new ones, found by Thompson sampling.

    Each pick is an arm's, the one of the largest draw: what its next answer will be is drawn from a Dirichlet
    distribution that counts its past answers, with a cell for each class, one for the first item of a class
    that was unknown when it asked, and one for out of scope. A class is worth 1 / its labels, below 0 if it
    has more than half of them; a new class is worth 1, out of scope nothing. In a batch before which no class
    was known, none is new, as whoever asked would have found it. Counts shrink from round to round, so that
    an arm whose time is over is left. Until the first label, arms that read nothing but the `embedding` are
    pulled.

    The memory holds who asked what. What was answered is read from the pool each time: answers that come late
    count from then on, and classes that were renamed, merged or split for what they are now.

    Parameters
    ----------
    discount : what an answer still counts one round later.

    Raises
    ------
    AskNextError : no arm, one that is no strategy object, or a discount outside (0, 1].

    Paper
    -----
    Zhang, Shao, Verma & Nowak 2023, "Algorithm Selection for Deep Active Learning with Imbalanced Datasets",
    with the values of its aim "div". There all classes are known and everything has a class. The cells of new
    classes and of out of scope are ours; they start with their share of all answers so far instead of with a
    full answer each, else they drown what the known classes say. Published arms choose the next item anew
    after each pick; ours rank a batch once.
    """

    name = "tailor"
    paper = "Zhang et al. 2023"
    aliases = ("thompson",)

    arms: tuple[Strategy, ...] = (Random(), *ARMS)
    discount: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 < self.discount <= 1.0:
            raise AskNextError(f"discount is {self.discount}; give a share above 0, at most 1.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order drawn; the memory says who asked what, and when each class came up."""
        past = self.past(round)
        first = dict(past.get("since", []))
        since = [(key, first.get(key, round.index)) for key in round.keys]
        picks = [pick for pick in past.get("picks", []) if self._weight(pick, round) >= FAINT]
        alpha = self._counts(round, picks, np.array([index for _, index in since], dtype=np.intp))
        pulled, worth = self.pulled(round), values(round)
        rankings, memory = self.ranked(round, n, rng)
        arms = [int(pulled[drawn(alpha[pulled], worth, rng)]) for _ in range(n)]
        ids = [rankings.take(arm) for arm in arms]
        picks = [*picks, {"round": round.index, "ids": ids, "arms": arms}]
        own = {"picks": picks, "since": [list(pair) for pair in since]}
        return Selection(np.array(ids), parts={"arm": np.array(self.names)[arms]}, memory={**memory, **own})

    def _weight(self, pick: Mapping[str, Any], round: Round) -> float:
        """What the answers to a batch count now; those to the last one count whole."""
        return float(self.discount ** max(0, round.index - 1 - pick["round"]))

    def _counts(self, round: Round, picks: Sequence[Mapping[str, Any]], since: Ids) -> Floats:
        """The Dirichlet distribution of each arm's answers, (arms, classes + 2), new ones and none last."""
        k, answers = len(since), told(round)
        asked = {
            item: (arm, pick) for pick in picks for item, arm in zip(pick["ids"], pick["arms"], strict=True)
        }
        counts, found = np.zeros((len(self.arms), k + 2)), set()
        start = min(since, default=0)  # before it every class was new, whoever asked
        for item, (arm, pick) in asked.items():
            place = answers.get(item, -1)
            if place >= 0:
                new = place < k and place not in found and start <= pick["round"] < since[place]
                cell = k if new else place + (place == k)
                counts[arm, cell] += self._weight(pick, round)
                found.add(place)
        total = counts.sum(axis=0)
        prior = np.full(k + 2, 1.0 + self.discount**round.index)
        prior[k:] = (1.0 + total[k:]) / (1.0 + total.sum())
        return np.asarray(counts + prior)


def values(round: Round) -> Floats:
    """What an answer is worth: (classes + 2,), a new class and out of scope last."""
    labels = np.bincount(round.y, minlength=len(round.classes))
    sign = np.where(2 * labels > len(round.y), -1.0, 1.0)
    return np.append(sign / np.maximum(labels, 1), [1.0, 0.0])


def drawn(alpha: Floats, worth: Floats, rng: np.random.Generator) -> int:
    """The arm of the largest value in one draw of each arm's answers; `alpha` (arms, cells)."""
    theta = rng.standard_gamma(alpha)
    return int(np.argmax(theta @ worth / theta.sum(axis=1)))
