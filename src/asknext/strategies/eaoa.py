"""EAOA: the uncertain ones among the items that energy tells to be in scope, class by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.assign import nearest_rows
from asknext.kernels.distances import as_points, centred
from asknext.kernels.groups import place_in_group
from asknext.kernels.mixture import two_gaussians
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.least_confidence import doubt
from asknext.strategies.open_head import answered, logits, open_head, precision
from asknext.types import Array, Floats


@dataclass(frozen=True)
class EAOA(Strategy):
    """Of each class, ask the most uncertain among its purest candidates.

    Purity is the product of two posteriors, each of the higher component of a mixture of two Gaussians: of
    logsumexp(known) - softplus(unknown) over the logits of a head on the embedding, and of the same over how
    many answers of each class have the item among their nearest candidates. Of each predicted class the
    factor · n / classes purest candidates stay, and the n / classes most uncertain of these are asked. The
    factor rises by one after a batch with more than target + band in scope, and falls by one below target -
    band. Without a label all are equally pure.

    Parameters
    ----------
    target : share of the answers wanted in scope.
    band : leave the factor alone this close to the target.
    factor : of the first batch, at least 1.
    neighbours : nearest candidates that an answer speaks for.

    Raises
    ------
    AskNextError : a target outside (0, 1), a negative band, a factor below 1, or no neighbours.

    Paper
    -----
    Zong & Huang 2025, "Rethinking Epistemic and Aleatoric Uncertainty for Active Open-Set Annotation: An
    Energy-Based Approach". Its aleatoric energy, logsumexp of all logits but the largest less that of all, is
    log(1 - p1), so least confidence gives the same order. The authors' code counts neighbours by cosine, and
    only those in scope.
    """

    name = "eaoa"
    family = "open-set"
    paper = "Zong & Huang 2025"
    cost = "N C + N L d, and a fit of a head to L items"
    needs = frozenset({"embedding", "proba"})

    target: float = 0.6
    band: float = 0.05
    factor: int = 5
    neighbours: int = 250

    def __post_init__(self) -> None:
        if not (0.0 < self.target < 1.0 and self.band >= 0.0):
            raise AskNextError(
                f"target is {self.target} and band is {self.band}; give a share between 0 and 1 and a width "
                "of at least 0."
            )
        as_whole("the factor", self.factor, 1)
        as_whole("the number of neighbours", self.neighbours, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, the classes in turn; the memory holds the factor and the batch that judges it."""
        purity, proba = self.purity(round), round.read("proba")
        unsure = doubt(proba)
        taken = proba.argmax(axis=1) if proba.shape[1] else np.zeros(len(purity), dtype=np.intp)
        share = n / max(1, len(np.unique(taken)))
        factor = self._adapted(round)
        chance = rng.random(len(purity))  # decides between equals
        rank = place_in_group(taken, np.lexsort((chance, -unsure, -purity)))
        kept = rank < np.ceil(factor * share)
        within = np.where(kept, -unsure, -purity)  # of those kept the unsure first, of the others the pure
        turn = place_in_group(2 * taken + kept, np.lexsort((chance, within)))
        tier = np.where(kept, turn >= np.ceil(share), 2)
        first = np.lexsort((chance, within, np.where(tier == 0, turn, 0), tier))[:n]
        ids = round.candidates[first]
        parts = {"purity": purity[first], "informativeness": unsure[first], "class": taken[first]}
        return Selection(ids, parts=parts, memory={"factor": factor, "batch": ids.tolist()})

    def purity(self, round: Round) -> Floats:
        """The product of the two posteriors of each candidate; ones without a label."""
        head = open_head(round)
        if head is None:
            return np.ones(len(round.candidates))
        by_head, by_neighbours = _known(logits(round, head)), _known(self._counts(round))
        return _posterior(by_head) * _posterior(by_neighbours)

    def _counts(self, round: Round) -> Floats:
        """How many answers of each class have a candidate among their nearest; (c, k + 1)."""
        ids, y = answered(round)
        k = len(round.classes) + 1
        X, known = centred(as_points(round.read("embedding")), as_points(round.read("embedding", ids)))
        near, _ = nearest_rows(X, known, min(self.neighbours, X.shape[0]))
        cells = near * k + y[:, None]
        return np.bincount(cells.ravel(), minlength=X.shape[0] * k).reshape(-1, k).astype(np.float64)

    def _adapted(self, round: Round) -> int:
        factor = int(round.memory.get("factor", self.factor))
        reached = precision(round, round.memory.get("batch", []))
        if reached is None or abs(reached - self.target) <= self.band:
            return factor
        return factor + 1 if reached > self.target else max(1, factor - 1)


def _known(table: Array) -> Floats:
    """logsumexp over the known classes less softplus of the unknown one, for each row."""
    return logsumexp(table[:, :-1], axis=1) - np.logaddexp(0.0, table[:, -1])


def _posterior(values: Floats) -> Floats:
    return two_gaussians(values).posterior(values, monotone=True)
