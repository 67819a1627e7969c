"""Auto: cover what the model is in doubt about, as far as each answer has to reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.stats import rankdata

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.coverage import Coverage, gathered
from asknext.kernels.facility import sample_of
from asknext.kernels.kcenter import k_center
from asknext.kernels.self_tuning import SelfTuning, local_scale, spaces
from asknext.kernels.softmax_head import softmax_head
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import closeness
from asknext.types import Array, Floats, Ids, Label

EACH = 20  # items looked at for each one asked, where not all are
MOST = 20_000  # items looked at, unless more are asked
FAINT = 1e-3  # chance of an item without doubt to be looked at, against that of a typical one
TINY = 1e-6  # a class of which the candidates hold less does not count
STRENGTH = 0.1  # of the answers against the penalty, in the model of what is in scope
TAIL = (3.0, 30.0)  # answers of the most frequent class for one of the rarest: from where, and up to where
FEW = 1  # answers that each class is given beside its own, to tell the length of a tail
AMONG = 16  # neighbours within its reach that tell the scale of an item, where not all are measured


@dataclass(frozen=True)
class Auto(Strategy):
    """Ask the items that cover best what the model is in doubt about, each answer reaching as far as it must.

    One rule for every budget. An item counts by the model's doubt 1 - (p1 - p2), and by its chance of being
    in scope once some items turned out not to be; in a long tail of classes by how its doubt ranks, and by
    how rare its class may be. An answer reaches, where items lie thickly less far than where they lie thinly,
    over so many items as would share the pool, by doubt, among all answers and this batch. So it moves by
    itself from clustering, while nothing is known, to spread-out uncertainty sampling when the model is
    nearly sure. Answered and pending items cover what lies around them.

    Parameters
    ----------
    floor : the least scale of an item, as a part of the median.
    ramp : labels a class from which on the covered item's scale alone counts; up to one, that of both.
    prior : answers that the share of answers in scope weighs like, in the vote on what is in scope.
    sample : items looked at where there are more, but at least 20 for each one asked; drawn in proportion to
        their doubt.

    Raises
    ------
    AskNextError : a parameter out of its range.

    Paper
    -----
    Ours: weighted facility location (Wei, Iyer & Bilmes 2015; Bae et al. 2025) in self-tuning kernels
    (Zelnik-Manor & Perona 2004), with the purity × informativeness of Park et al. 2022.
    """

    name = "auto"
    family = "hybrid"
    paper = "ours"
    cost = "S² d for S = 4000 items or 20 B, at most 20,000, then N C"
    needs = frozenset({"embedding", "proba"})
    words: ClassVar[Mapping[str, str]] = {
        "reach": "stands for about {:,.0f} items",
        "coverage": "covers {:.1%} of what is left to learn",
        "doubt": "leaves the model in doubt by {:.0%}",
        "purity": "is in scope with a chance of {:.0%}",
        "rarity": "counts {:.1f} times as much as others by how rare its class may be",
        "distance": "lies far ({:.3g}) from all that was asked, where further classes may be",
    }
    stochastic = True

    floor: float = 0.05
    ramp: float = 10.0
    prior: float = 0.5
    sample: int = 4000

    def __post_init__(self) -> None:
        for name, least in (("floor", 0.0), ("ramp", 1.0), ("prior", 0.0)):
            if not getattr(self, name) > least:
                raise AskNextError(f"{name} is {getattr(self, name)}; give a number above {least:g}.")
        as_whole("sample", self.sample, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items: those that look for further classes, then greedily; scores are what each covers."""
        doubt, tail = doubts(round), tail_of(round)
        keen, rarity = sharpened(doubt, tail), rarities(round, tail)
        seen, weights = self._seen(keen * rarity, n, rng)
        asked = len(round.asked)
        known = np.arange(len(seen), len(seen) + asked)
        ids = np.concatenate([round.candidates[seen], round.asked])
        X: Any = round.read("embedding", ids)
        reach = self._reach(round, float(keen.mean()), n)
        similar = self._similar(X, ids, round, reach, rng)
        purity = self._purity(similar, X, round, known)[: len(seen)]
        weights = np.concatenate([weights * purity, np.zeros(asked)])
        state = Coverage(similar, weights, gathered(similar, known, np.maximum))
        state.taken[known] = True
        began = round.memory.get("began", list(round.keys))
        far, distances = _further(round, began, X, len(seen), n, rng)
        rows, gains = state.greedy(n, rng, far)
        share = gains / (weights.sum() or 1.0)
        parts = {"reach": np.full(n, reach), "coverage": share, "doubt": doubt[seen[rows]]}
        for name, part in (("purity", purity[rows]), ("rarity", rarity[seen[rows]])):
            if (part != 1.0).any():
                parts[name] = part
        if len(far):
            parts["distance"] = np.pad(distances, (0, n - len(far)), constant_values=np.nan)
        return Selection(round.candidates[seen[rows]], share, parts, {"began": began})

    def _seen(self, worth: Floats, n: int, rng: np.random.Generator) -> tuple[Ids, Floats]:
        """The candidates looked at, and what each counts for: all by their worth, or a sample drawn by it."""
        size = max(self.sample, 2 * n, min(EACH * n, MOST))
        if len(worth) <= size:
            return np.arange(len(worth)), worth
        chance = _chances(worth + FAINT * worth.mean(), size)
        ends = np.cumsum(chance)
        seen = np.searchsorted(ends, np.arange(rng.random(), ends[-1]), side="right")
        return seen, worth[seen] / chance[seen]

    def _reach(self, round: Round, doubt: float, n: int) -> int:
        """Items that each answer stands for, where all answers and n more share what is in doubt."""
        answered = len(round.labelled) + len(round.out_of_scope)
        total = len(round.candidates) + len(round.asked)
        return max(1, int(np.rint(total * doubt / (answered + n))))

    def _similar(
        self, X: Any, ids: Ids, round: Round, reach: int, rng: np.random.Generator
    ) -> SelfTuning:
        """How much the items looked at and those asked cover each other."""
        total = len(round.candidates) + len(round.asked)
        everyone = np.concatenate([round.candidates, round.asked])
        drawn = sample_of(total, max(self.sample, min(AMONG * total // reach, MOST)), rng)
        some = np.arange(total) if drawn is None else drawn
        own = _places(everyone[some], ids)
        both = spaces(round.read("embedding", everyone[some]), X)
        k = max(1, int(np.rint(reach * len(some) / total)))
        scales = [local_scale(others, rows, own, k, self.floor) for others, rows in both]
        classes = max(1, len(np.unique(round.y)))
        rate = len(round.labelled) / classes
        t = float(np.clip(np.log(rate) / np.log(self.ramp), 0.0, 1.0)) if rate > 0 else 0.0
        return SelfTuning([rows for _, rows in both], scales, t)

    def _purity(self, similar: SelfTuning, X: Any, round: Round, known: Ids) -> Floats:
        """The chance of each item to be in scope: the root of a vote of the answers times that of a model."""
        outside = len(round.classes)  # one class more, for all that belongs to none
        kind = np.full(len(known), -1)
        kind[np.searchsorted(round.asked, round.labelled)] = round.y
        kind[np.searchsorted(round.asked, round.out_of_scope)] = outside
        told, kind = known[kind >= 0], kind[kind >= 0]
        within = kind < outside
        if within.all():
            return np.ones(similar.m)
        near, far = gathered(similar, told[within], np.add), gathered(similar, told[~within], np.add)
        vote = (near + self.prior * within.mean()) / (near + far + self.prior)
        if not within.any():
            return np.asarray(np.sqrt(vote), dtype=np.float64)
        head = softmax_head(X[told], kind, outside + 1, strength=STRENGTH)
        return np.asarray(np.sqrt(vote * (1.0 - head.proba(X)[:, outside])), dtype=np.float64)


def doubts(round: Round) -> Floats:
    """1 - (p1 - p2) of each candidate; ones where no model tells the items apart."""
    doubt = closeness(round.read("proba"))
    if len(np.unique(round.y)) < 2 or not doubt.any():
        return np.ones(len(doubt))
    return np.asarray(doubt, dtype=np.float64)


def tail_of(round: Round) -> float:
    """How long the tail of classes is by their answers, from 0 to 1.

    It is 0 where the class with most answers has three times as many as the one with fewest, and 1 from
    thirty times on; each is given one more, as a handful of answers is uneven by chance.
    """
    answers = np.unique(round.y, return_counts=True)[1] + FEW
    if len(answers) < 2:
        return 0.0
    low, high = np.log(TAIL)
    return float(np.clip((np.log(answers.max() / answers.min()) - low) / (high - low), 0.0, 1.0))


def sharpened(doubt: Floats, tail: float) -> Floats:
    """Doubt, in a long tail by its rank rather than its size, of which a tenth is left in the mean.

    Where the model is in doubt nearly everywhere, what lies thickly would be covered first: the common
    classes.
    """
    if not tail:
        return doubt
    rank = rankdata(doubt) / len(doubt)
    return np.asarray(doubt ** (1.0 - tail) * rank ** (9.0 * tail), dtype=np.float64)


def rarities(round: Round, tail: float) -> Floats:
    """What each candidate counts for its classes, 1 in the mean; in a long tail each class counts as a whole.

    Σ p_c / mass_c^tail over the classes, where mass_c is the mean of p_c over the candidates.
    """
    if not tail:
        return np.ones(len(round.candidates))
    proba = round.read("proba")
    mass = proba.mean(axis=0, dtype=np.float64)
    found = proba @ np.where(mass > TINY, np.maximum(mass, TINY) ** -tail, 0.0)
    return np.asarray(found / found.mean(), dtype=np.float64)


def unseen(round: Round) -> float:
    """The part of a batch that looks for classes without an answer: √(classes with one answer / answers).

    Under the root is the chance that an item drawn at random is of a further class.

    Source
    ------
    Good 1953, "The population frequencies of species and the estimation of population parameters", for the
    chance; the root is ours, as it is late when few classes are alone.
    """
    answers = np.unique(round.y, return_counts=True)[1]
    return float(np.sqrt((answers == 1).sum() / max(1, answers.sum())))


def _further(
    round: Round, began: Sequence[Label], X: Any, seen: int, n: int, rng: np.random.Generator
) -> tuple[Ids, Floats]:
    """Where classes were added to those it began with, items looked at that lie far from all answers, and how
    far: the first rows of X are looked at, all others answers or pending."""
    wanted = int(np.rint(n * unseen(round))) if set(round.keys) - set(began) else 0
    if not wanted:
        return np.empty(0, dtype=np.intp), np.empty(0)
    return k_center(X[:seen], wanted, rng, X[seen:])


def _chances(weights: Array, size: int) -> Floats:
    """Chances in proportion to weights above 0, none above 1, that add up to `size`, fewer than there are."""
    chance = weights * (size / weights.sum())
    while (chance > 1.0).any():
        full = chance >= 1.0
        chance = np.where(full, 1.0, weights * ((size - full.sum()) / weights[~full].sum()))
    return chance


def _places(ids: Ids, wanted: Ids) -> Ids:
    """Where each of the wanted stands among distinct ids; -1 where it does not."""
    order = np.argsort(ids)
    at = order[np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)]
    return np.where(ids[at] == wanted, at, -1)
