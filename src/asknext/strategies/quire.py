"""QUIRE: the item whose label, whichever it is, leaves the labels of all others the least doubtful."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, centred
from asknext.kernels.gaussian_process import GaussianProcess
from asknext.kernels.rbf import default_gamma
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Floats

TABLE = 1 << 26  # numbers in the table of candidates by asked items: 512 MB


def sides(round: Round) -> Floats:
    """+1 for the items of a class and -1 for all others, a column for each class that has labels.

    Returns
    -------
    (l + o, classes), the labelled items and then those out of scope, which are against every class.
    """
    classes = np.unique(round.y)
    signs = np.full((len(round.labelled) + len(round.out_of_scope), len(classes)), -1.0)
    signs[: len(round.y)][round.y[:, None] == classes] = 1.0
    return signs


@dataclass(frozen=True)
class Quire(Strategy):
    """Ask the items with the least y'Ly, for their worst label and the best labels of all others.

    L is the inverse of K + ridge · I, with a Gaussian kernel K on the embedding; y'Ly is what a regularised
    least-squares machine leaves. To minimise over the labels of the others means to leave these items out
    of K. So with m and v the mean and variance that a Gaussian process fitted to the labels gives an item,
    the criterion is (1 + |m|)² / v plus a constant: no inverse over the pool is needed, and memory is
    candidates × asked. With several classes it is the mean over one-against-the-rest machines, in which items
    out of scope are against every class. In a batch, items chosen before and pending ones count as labelled
    as the machine expects: m stays, v shrinks around them. The model of the campaign is not used. Without a
    label all items are alike, and after a random first one the batch spreads out.

    Parameters
    ----------
    gamma : of the kernel exp(-gamma |x - y|²); by default 1 / mean squared distance to the mean.
    ridge : regularisation, above 0.

    Raises
    ------
    AskNextError : a gamma or ridge of 0 or less, or the table of candidates by asked items exceeds 512 MB.

    Paper
    -----
    Huang, Jin & Zhou 2010, "Active Learning by Querying Informative and Representative Examples". Here the
    maximum over the item's label and the minimum over the others are exact; the short form
    L_ss - det(L_aa) / L_ss + 2 |…| that is also in use leaves out terms that depend on the item. Single
    questions of two classes are theirs, batches and the mean over classes ours; well-known code takes the
    worst of the classes, and the item on the side of that class only.
    """

    name = "quire"
    family = "hybrid"
    paper = "Huang et al. 2010"
    cost = "N L (L + d + C) + N B (L + B)"
    needs = frozenset({"embedding"})

    gamma: float | None = None
    ridge: float = 1.0

    def __post_init__(self) -> None:
        if not self.ridge > 0 or (self.gamma is not None and not self.gamma > 0):
            raise AskNextError(f"ridge is {self.ridge} and gamma is {self.gamma}; both must be above 0.")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items one by one; the score is minus the criterion, up to the constant."""
        c, asked = len(round.candidates), len(round.asked)
        size = (asked + n) * (asked + c)
        if size > TABLE:
            raise AskNextError(
                f"quire would need a table of {size:.1e} numbers for {c} candidates and {asked} asked items, "
                f"but {TABLE:.1e} is the limit; offer it fewer candidates, for example a random part of them."
            )
        known = np.concatenate([round.labelled, round.out_of_scope])
        ids = np.concatenate([round.candidates, round.pending])
        X, observed = centred(
            as_points(round.read("embedding", ids)), as_points(round.read("embedding", known))
        )
        gamma = default_gamma(X) if self.gamma is None else self.gamma
        process = GaussianProcess(X, observed, sides(round), gamma, self.ridge, len(ids) - c + n)
        for row in range(c, len(ids)):
            process.expect(row)
        doubt = np.square(1.0 + np.abs(process.mean[:c])).sum(axis=1) / max(1, process.mean.shape[1])
        doubt = doubt if process.mean.shape[1] else np.ones(c)
        left = np.arange(c)
        picks = []
        for _ in range(n):
            scores = -doubt[left] / process.variance[left]
            best = int(top_n(scores, 1, rng)[0])
            row = int(left[best])
            picks.append((row, scores[best], process.variance[row]))
            process.expect(row)
            left = np.delete(left, best)
        rows, score, variance = (np.array(column) for column in zip(*picks, strict=True))
        confidence = np.sqrt(doubt[rows]) - 1.0
        return Selection(round.candidates[rows], score, {"confidence": confidence, "variance": variance})
