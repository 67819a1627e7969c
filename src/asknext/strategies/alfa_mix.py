"""ALFA-Mix: items whose prediction flips when their features are mixed a little with those of a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, blocks, squared_distances, squared_norms, unit
from asknext.kernels.linear_head import log_odds, slopes
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.badge import gradient_factor
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.kmeans import central
from asknext.types import Array, Floats, Ids


@dataclass(frozen=True)
class AlfaMix(Strategy):
    """Ask central items of n clusters of those whose predicted class flips under a small mix of features.

    The anchor of a class is the mean embedding of its labelled items. An item z is mixed with an anchor a in
    the proportions, one a feature, that raise the loss of its predicted class most: it moves by
    eps · |a - z| along the unit gradient g of that loss. So for a linear head an item flips with some anchor
    as soon as it does with the farthest, and the least eps that flips it has a closed form; the published
    trial of all classes and mixes is not needed. (Only a feature in which item and anchor agree to the last
    digit cannot be mixed, and yet is moved here.) Items that flip at eps = step / √d are taken, then at twice
    that and so on up to 1 / √d, until there are more than n; k-means on their unit embeddings chooses among
    them. If too few flip, those closest to flipping are asked as well. If none can, as without a model or
    without a label, this is k-means sampling.

    A strategy sees no head, only embeddings and probabilities. Its weights are recovered as the ridge
    regression of log-odds on the embedding, which is exact for a model linear in it and an approximation for
    any other; predictions themselves are the model's own, the map tells their change only.

    Parameters
    ----------
    step : first eps and its increments, as a share of 1 / √d, in (0, 1].

    Raises
    ------
    AskNextError : a step outside (0, 1].

    Paper
    -----
    Parvaneh et al. 2022, "Active Learning by Feature Mixing", equation 5 (closed form). The authors' code
    fills a shortage of flips with random items, which may repeat.
    """

    name = "alfa-mix"
    family = "hybrid"
    paper = "Parvaneh et al. 2022"
    cost = "N C (C + d) + N d², then k-means of the items that flip"
    aliases = ("alfamix", "alpha-mix")
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    step: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.step <= 1:
            raise AskNextError(f"the step is {self.step}; it must be above 0 and at most 1.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n central items among those that flip, those of the largest clusters first."""
        proba, X = round.read("proba"), as_points(round.read("embedding"))
        reach = flip_distance(proba, slopes(X, proba, rng))
        away = _farthest(X, self._anchors(round))
        eps = np.divide(reach, away, out=np.full(len(away), np.inf), where=away > 0)
        kept = self._flipping(eps * np.sqrt(X.shape[1]), n, rng)
        chosen = central(round.candidates[kept], unit(X[kept]), n, rng)
        rows = np.searchsorted(round.candidates, chosen.ids)
        if not np.isfinite(eps).any():
            return chosen
        return Selection(chosen.ids, chosen.scores, {**chosen.parts, "mix": eps[rows]})

    def _anchors(self, round: Round) -> Any:
        """Mean embedding of each class that has labels."""
        X = as_points(round.read("embedding", round.labelled))
        means = [np.asarray(X[round.y == c].mean(axis=0)).ravel() for c in np.unique(round.y)]
        return np.array(means, dtype=X.dtype).reshape(len(means), X.shape[1])

    def _flipping(self, share: Floats, n: int, rng: np.random.Generator) -> Ids:
        """Items that flip, at the first step that flips more than n; all where none can flip at all."""
        if not np.isfinite(share).any():
            return np.arange(len(share))
        for times in range(1, int(np.ceil(1.0 / self.step)) + 1):
            flipped = np.flatnonzero(share <= min(1.0, times * self.step))
            if len(flipped) > n:
                return flipped
        return flipped if len(flipped) == n else np.sort(top_n(-share, n, rng))


def flip_distance(proba: Array, weights: Floats) -> Floats:
    """How far each row must move along its loss gradient until another class is as likely as the predicted.

    Parameters
    ----------
    proba : (n, k) class probabilities.
    weights : (k, d) slopes of the log-odds. Only products of rows with one another are formed, k × k.

    Returns
    -------
    (n,) distances; infinite where no distance does.
    """
    n, k = proba.shape
    if k < 2:
        return np.full(n, np.inf)
    rows, top = np.arange(n), proba.argmax(axis=1)
    logits, factor = log_odds(proba), gradient_factor(proba.astype(np.float64))
    speed = factor @ (weights @ weights.T)
    length = np.sqrt(np.maximum(np.einsum("ij,ij->i", speed, factor), 0.0))
    gain = speed - speed[rows, top][:, None]
    lead = logits[rows, top][:, None] - logits
    times = np.divide(lead, gain, out=np.full((n, k), np.inf), where=gain > 0).min(axis=1)
    return np.multiply(times, length, out=np.full(n, np.inf), where=np.isfinite(times))


def _farthest(X: Any, anchors: Floats) -> Floats:
    """Distance of each row to the anchor farthest from it; 0 without anchors."""
    norms, a_norms = squared_norms(X), squared_norms(anchors)
    away = np.empty(len(norms))
    for part in blocks(len(norms), len(anchors)):
        away[part] = squared_distances(X[part], anchors, norms[part], a_norms).max(axis=1, initial=0.0)
    return np.sqrt(away)
