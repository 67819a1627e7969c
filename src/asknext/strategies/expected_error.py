"""Expected error reduction: ask what, on average over its possible answers, lowers the future error most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.combine import sampled
from asknext.strategies.surrogate import Effects, fitted, scaled_rows, shares, targets
from asknext.types import Array, Floats

BLOCK = 1 << 17  # numbers worked on at a time: few enough to stay in the processor's cache
TINY = 1e-300  # stands for a share of 0, whose logarithm is multiplied by it


def log_loss(amounts: Floats) -> Floats:
    """The entropy of the shares that amounts (…, k) have of their sum: the log-loss they expect."""
    total = amounts.sum(axis=-1)
    logs = np.log(amounts)
    return np.log(total) - np.einsum("...k,...k->...", amounts, logs) / total


def zero_one(amounts: Floats) -> Floats:
    """1 less the largest share that amounts (…, k) have of their sum."""
    return 1.0 - amounts.max(axis=-1) / amounts.sum(axis=-1)


LOSSES = {"log-loss": log_loss, "zero-one": zero_one}


@dataclass(frozen=True)
class ExpectedErrorReduction(Strategy):
    """Ask, one by one, the item that lowers the expected error on a sample of the candidates most.

    For each item and each class it might turn out to have, a stand-in for the model is refitted, and its own
    probabilities tell how wrong it expects to be; what counts is the mean over the classes, by their
    probability for the item. The stand-in is kernel ridge regression on the embedding, which one more label
    changes in closed form; so this works without a model. Items taken into the batch are thought to be
    answered as expected. With fewer than two classes items are asked at random.

    Parameters
    ----------
    loss : "log-loss" for the entropy of the predictions, "zero-one" for 1 - p1.
    reference : size of the sample; all candidates where there are no more.
    limit : most products computed for a pick; there are candidates · sample · classes² of them.

    Raises
    ------
    AskNextError : an unknown loss, reference below 1, or too many candidates or asked items.

    Paper
    -----
    Roy & McCallum 2001, "Toward Optimal Active Learning through Sampling Estimation of Error Reduction". The
    paper refits the user's model; a strategy sees none, so a stand-in is used.
    """

    name = "expected-error-reduction"
    family = "uncertainty"
    paper = "Roy & McCallum 2001"
    cost = "N S B C² + N L² + N (S + L) d, for a sample of S"
    aliases = ("eer", "expected-error")
    needs = frozenset({"embedding"})
    stochastic = True

    loss: str = "log-loss"
    reference: int = 200
    limit: float = 1e8

    def __post_init__(self) -> None:
        if self.loss not in LOSSES or self.reference < 1:
            raise AskNextError(
                f"loss is '{self.loss}' and reference is {self.reference}; the loss is one of "
                f"{', '.join(LOSSES)}, and reference at least 1."
            )

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items; the score of each is by how much it lowers the expected error."""
        k = len(round.classes)
        if k < 2:
            return Selection(rng.choice(round.candidates, size=n, replace=False))
        sample = sampled(round, self.reference, rng)
        most = int(self.limit / max(1, len(sample) * k**2))
        if len(round.candidates) > most:
            raise AskNextError(
                f"expected-error-reduction takes at most {most} candidates with {k} classes, here are "
                f"{len(round.candidates)}; use Subsample(ExpectedErrorReduction(), size={most}) or "
                "Prefilter, or raise its limit."
            )
        rows = scaled_rows(round, sample)
        model, effects = fitted(rows, round), Effects(rows)
        own, known = model.values(rows.candidates), model.values(rows.reference)
        now = float(LOSSES[self.loss](_amounts(known)).mean())
        picks, scores = np.empty(n, dtype=np.intp), np.empty(n)
        for step in range(n):
            gain = now - self._expected(own, known, effects.pull.T.copy())
            gain[picks[:step]] = -np.inf
            row = int(top_n(gain, 1, rng)[0])
            picks[step], scores[step] = row, gain[row]
            effects.take(row)
        return Selection(round.candidates[picks], scores, {"gain": scores})

    def _expected(self, own: Floats, known: Floats, pull: Array) -> Floats:
        """The error expected after the answer about each item; (c,).

        Parameters
        ----------
        own : (c, k) values of the items; known : (r, k) of the sample.
        pull : (c, r) how far the sample's values follow those of each item.
        """
        (c, k), r = own.shape, len(known)
        chance, corner = shares(own), targets(np.arange(k), k)
        expected = np.empty(c)
        step = max(1, BLOCK // max(1, k * k * r))
        for start in range(0, c, step):
            part = slice(start, start + step)
            surprise = corner - own[part, None, :]  # (items, answers, k)
            values = known + pull[part, None, :, None] * surprise[:, :, None, :]
            error = LOSSES[self.loss](_amounts(values)).mean(axis=2)
            expected[part] = (chance[part] * error).sum(axis=1)
        return expected


def _amounts(values: Floats) -> Floats:
    """What `shares` are taken of: the values on the scale of probabilities, negative ones cut off."""
    return np.maximum(values + 1.0 / values.shape[-1], TINY)
