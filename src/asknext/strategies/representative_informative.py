"""Representative and informative: the batch after which labelled and unlabelled items look most alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, blocks, centred
from asknext.kernels.quadratic import minimise
from asknext.kernels.rbf import default_gamma, rbf
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.margin import closeness
from asknext.types import Floats


@dataclass(frozen=True)
class RepresentativeInformative(Strategy):
    """Ask the n items that leave the least difference between the asked and the rest, and are uncertain.

    The difference is the squared distance between the mean of the items asked before with the batch and the
    mean of all others in the space of a Gaussian kernel S (maximum mean discrepancy). Up to a factor and a
    constant it is ½ a'S_UU a + a'(c_L S_UL 1 - c_U S_UU 1), with a the fractions asked of each item,
    c_L = (u - n) / (u + l), c_U = (l + n) / (u + l), for l items asked before (labelled, pending, out of
    scope) and u candidates. To it comes trade_off · a'C, C = p1 - p2. It is minimised over 0 ≤ a ≤ 1,
    sum a = n, and the n items of the largest a are asked. Without a model C is 0 for all, and representation
    alone decides.

    Parameters
    ----------
    trade_off : weight of certainty.
    gamma : of the kernel exp(-gamma |x - y|²); by default 1 / mean squared distance to the mean.
    limit : candidates that may be asked, the most uncertain ones; the program holds a table of limit². The
        means are those of the whole pool nevertheless.
    slides : swap c_L and c_U, as printed in the slides of a well-known tutorial.

    Raises
    ------
    AskNextError : a negative trade-off, a gamma of 0 or less, a limit below 1, or a batch above it.

    Paper
    -----
    Du et al. 2015, "Exploring Representativeness and Informativeness for Active Learning". The weights of the
    two sums are those that the discrepancy gives when written out.
    """

    name = "representative-informative"
    family = "hybrid"
    paper = "Du et al. 2015"
    cost = "N C + S (N + L) d, and S² a step, for the S most uncertain"
    aliases = ("du-qp",)
    needs = frozenset({"proba", "embedding"})
    stochastic = True

    trade_off: float = 1.0
    gamma: float | None = None
    limit: int = 2000
    slides: bool = False

    def __post_init__(self) -> None:
        if not self.trade_off >= 0 or (self.gamma is not None and not self.gamma > 0):
            raise AskNextError(
                f"trade_off is {self.trade_off} and gamma is {self.gamma}; "
                "the first must be at least 0, the second above 0."
            )
        as_whole("the limit", self.limit, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, those of the largest fractions first."""
        u, asked = len(round.candidates), round.asked
        if n > self.limit:
            raise AskNextError(
                f"representative-informative weighs at most {self.limit} candidates against one another, "
                f"but {n} items are wanted; ask fewer at a time or raise its limit."
            )
        certainty = 1.0 - closeness(round.read("proba")).astype(np.float64)
        kept = np.arange(u) if u <= self.limit else np.sort(top_n(-certainty, self.limit, rng))
        X, old = centred(as_points(round.read("embedding")), as_points(round.read("embedding", asked)))
        gamma = default_gamma(X) if self.gamma is None else self.gamma
        few, many = (u - n) / (u + len(asked)), (len(asked) + n) / (u + len(asked))
        c_old, c_all = (many, few) if self.slides else (few, many)
        likeness = _sums(X[kept], X, gamma), _sums(X[kept], old, gamma)
        linear = c_old * likeness[1] - c_all * likeness[0] + self.trade_off * certainty[kept]
        share = minimise(rbf(X[kept], X[kept], gamma), linear, n)
        best = top_n(share, n, rng)
        parts = {
            "share": share[best],
            "likeness": likeness[0][best] / u,
            "likeness_to_asked": likeness[1][best] / max(1, len(asked)),
            "certainty": certainty[kept[best]],
        }
        return Selection(round.candidates[kept[best]], share[best], parts)


def _sums(X: Floats, Y: Floats, gamma: float) -> Floats:
    """For each row of X, the sum of its similarities to the rows of Y."""
    total = np.zeros(X.shape[0])
    for part in blocks(Y.shape[0], X.shape[0]):
        total += rbf(X, Y[part], gamma).sum(axis=1)
    return total
