"""ALBL: EXP4.P over strategies, rewarded by an accuracy weighted by the chances of its own draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies.bandit import ARMS, Bandit, told
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.lessons import short
from asknext.strategies.random import Random
from asknext.types import Floats


@dataclass(frozen=True)
class Albl(Bandit):
    """Draw each item by one of several strategies, more often by those in whose wake accuracy rose: EXP4.P.

    An arm with the weight w of all W is drawn with the chance p = (1 - K pmin) w / W + pmin and asks its best
    item that is left; one arm more draws at random. The reward is the accuracy of the model on all answers so
    far, each divided by the chance q that its item was drawn, over items times horizon. After each answer an
    arm's weight grows by exp(pmin / 2 (r h / q + √(ln(K / delta) / (K horizon)) / p)), where h is the chance
    that it would have asked this item itself.

    Dividing by q makes the accuracy of a given model over the open items unbiased, since the random arm can
    draw each of them. The model is not given: it was fitted to these very answers, and rewards are too high.
    Until the first label, arms that read nothing but the `embedding` are pulled, and nothing is learned.

    Parameters
    ----------
    horizon : answers wanted in all, T; it sets pmin = √(ln K / (K T)), the least chance of an arm.
    delta : the chance that the bound on the regret fails, in (0, 1].

    Raises
    ------
    AskNextError : no arm, one that is no strategy object, a horizon below 1, or a delta outside (0, 1].

    Paper
    -----
    Hsu & Lin 2015, "Active Learning by Learning"; EXP4.P of Beygelzimer et al. 2011. Published is one
    question at a time. With batches of one ours is the same but for this: an item that has an answer is not
    drawn again, and an item out of scope counts as predicted wrongly. In a batch, p holds until its end,
    items are drawn without replacement, and all its answers get the reward of the model that learned from
    them. Beyond the horizon the reward is divided by the answers there are. The well-known code plays over
    items where this plays over arms: K is the number of items, and each of them has a least chance.
    """

    name = "albl"
    paper = "Hsu & Lin 2015"
    aliases = ("active-learning-by-learning",)

    arms: tuple[Strategy, ...] = ARMS
    horizon: int = 100
    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        as_whole("horizon", self.horizon, 1)
        if not 0.0 < self.delta <= 1.0:
            raise AskNextError(f"delta is {self.delta}; give a chance above 0, at most 1.")

    @property
    def parts(self) -> dict[str, Strategy]:
        """The arms by number, and last the one that draws at random."""
        return {**super().parts, str(len(self.arms)): Random()}

    @property
    def reads(self) -> frozenset[str]:
        """What the model says of the answered items."""
        return frozenset({"proba"})

    @property
    def least(self) -> float:
        """The least chance of an arm, pmin."""
        k = len(self.parts)
        return float(min(np.sqrt(np.log(k) / (k * self.horizon)), 1.0 / k))

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items in the order drawn; the memory has weights, and what was drawn by what chance."""
        weights, drawn, waiting, reward = self._learned(round)
        k = len(self.parts)
        p = (1.0 - k * self.least) * weights / weights.sum() + self.least
        begun = len(round.labelled) > 0
        if not begun:
            p = np.bincount(self.pulled(round), minlength=k) / len(self.pulled(round))
        rankings, memory = self.ranked(round, n, rng)
        ids, new, arms = [], [], rng.choice(k, size=n, p=p)
        for place, arm in enumerate(arms):
            wanted = np.array([rankings.next(i) for i in range(k)])
            ids.append(rankings.take(arm))
            advice = (wanted == ids[-1]).astype(float)
            advice[-1] = 1.0 / (len(round.candidates) - place)  # the random arm would have asked any
            chance = float(p @ advice)
            new.append({"id": ids[-1], "p": short(p), "advice": short(advice), "chance": short(chance)})
        waiting = [pick for pick in waiting if pick["id"] not in ids]
        waiting += new if begun else []
        own = {"weights": short(weights), "drawn": drawn, "waiting": waiting, "reward": reward}
        parts = {"arm": np.array(self.names)[arms], "chance": np.array([pick["chance"] for pick in new])}
        return Selection(np.array(ids), parts=parts, memory={**memory, **own})

    def _learned(self, round: Round) -> tuple[Floats, list[Any], list[Any], float]:
        """Weights after the answers that came in, the answered picks, those that wait, and the reward."""
        answers, past = told(round), self.past(round)
        weights = np.array(past.get("weights", [1.0] * len(self.parts)))
        waiting = past.get("waiting", [])
        new = [pick for pick in waiting if pick["id"] in answers]
        drawn = [*past.get("drawn", []), *([pick["id"], pick["chance"]] for pick in new)]
        reward = self._reward(round, drawn)
        weights = weights * np.exp(sum((self.gain(pick, reward) for pick in new), np.zeros(len(weights))))
        return weights / weights.max(), drawn, [pick for pick in waiting if pick["id"] not in answers], reward

    def gain(self, pick: Mapping[str, Any], reward: float) -> Floats:
        """By how much the logarithm of each arm's weight grows, once a pick is answered."""
        k = len(self.parts)
        found = reward * np.array(pick["advice"]) / pick["chance"]
        bonus = np.sqrt(np.log(k / self.delta) / (k * self.horizon)) / np.array(pick["p"])
        return np.asarray(0.5 * self.least * (found + bonus))

    def _reward(self, round: Round, drawn: Sequence[Any]) -> float:
        """Accuracy on the answers, each weighted by 1 / chance, over the items and the horizon."""
        proba = round.read("proba", round.labelled)
        right = proba.argmax(axis=1) == round.y if proba.shape[1] else np.zeros(len(proba), dtype=bool)
        known = set(round.labelled[right].tolist())
        total = sum(1.0 / chance for item, chance in drawn if item in known)
        items = len(round.candidates) + len(round.asked)
        return float(short(total / (items * max(self.horizon, len(drawn)))))
