"""Hinted SVM: items on a boundary that was bent to pass through the unlabelled ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import sparse

from asknext.answers import as_whole
from asknext.errors import AskNextError
from asknext.kernels.distances import as_points, blocks, centred, squared_norms
from asknext.kernels.rbf import rbf
from asknext.kernels.svm import dual_weights
from asknext.kernels.topn import top_n
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.quire import sides
from asknext.types import Floats

OFFSET = 10.0  # an offset b costs b² / 20, where weights w cost |w|² / 2
MOST_LABELS = 10_000  # a table of 10,000² numbers is 800 MB


@dataclass(frozen=True)
class HintedSvm(Strategy):
    """Ask the items nearest to the boundary of a machine that hints keep close to the unlabelled items.

    Some candidates are drawn as hints. The machine minimises ½ |w|² + label_cost · hinge loss of the labels +
    hint_cost · labels / hints · sum over the hints of max(0, |f| - tolerance): at equal costs all hints weigh
    as much as all labels. Its boundary separates the labels and runs where there is much left to ask. The
    items of the least |f| are asked. With several classes there is a machine for each against the rest, and
    the least |f| of them counts; items out of scope are against every class. Pending items play no part. The
    model of the campaign is not used. Without a label f is 0 for all, and the choice is random.

    Parameters
    ----------
    label_cost, hint_cost : of the two losses, above 0.
    hints : share of the candidates drawn as hints, in [0, 1].
    most_hints : hints at most; the program holds a table of (labelled + 2 · hints)².
    tolerance : |f| that costs a hint nothing, at least 0.
    kernel : "linear", or "rbf" with gamma 1. The embedding is centred and scaled to a mean squared norm of 1
        before, so that costs mean the same on any scale.

    Raises
    ------
    AskNextError : a parameter outside its range, an unknown kernel, or more than 10,000 labels.

    Paper
    -----
    Li, Ferng & Lin 2012, "Active Learning with Hinted Support Vector Machine". The offset is not
    quite free here: it costs a tenth of what a weight does.
    The paper lowers the share of hints over the rounds; here it is a parameter. Well-known code draws hints
    with replacement; here they differ. It also gives each hint the whole cost of a label: a hundred hints
    then hold f at 0 everywhere, and the least |f| is what the solver left over.
    """

    name = "hinted-svm"
    family = "hybrid"
    paper = "Li et al. 2012"
    cost = "N C (L + S) d, and C (L + 2 S)² a step, for S hints"
    aliases = ("hintsvm", "hint-svm")
    needs = frozenset({"embedding"})
    stochastic = True

    label_cost: float = 0.1
    hint_cost: float = 0.1
    hints: float = 0.5
    most_hints: int = 500
    tolerance: float = 0.0
    kernel: Literal["linear", "rbf"] = "linear"

    def __post_init__(self) -> None:
        if not (self.label_cost > 0 and self.hint_cost > 0 and 0 <= self.hints <= 1 and self.tolerance >= 0):
            raise AskNextError(
                f"label_cost is {self.label_cost}, hint_cost {self.hint_cost}, hints {self.hints}, tolerance "
                f"{self.tolerance}; costs must be above 0, hints in [0, 1], the tolerance at least 0."
            )
        if self.kernel not in ("linear", "rbf"):
            raise AskNextError(f"the kernel is {self.kernel!r}; choose 'linear' or 'rbf'.")
        as_whole("the largest number of hints", self.most_hints)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose the n items of the least |f|; the score is minus that."""
        known = np.concatenate([round.labelled, round.out_of_scope])
        if len(known) > MOST_LABELS:
            raise AskNextError(
                f"hinted-svm solves a program over all {len(known)} labelled items, at most {MOST_LABELS}; "
                "choose another strategy."
            )
        X, old = centred(as_points(round.read("embedding")), as_points(round.read("embedding", known)))
        size = np.sqrt(float(squared_norms(X).mean(dtype=np.float64))) or 1.0
        X, old = X / size, old / size
        wanted = min(self.most_hints, int(np.ceil(self.hints * X.shape[0])))
        hints = np.sort(rng.choice(X.shape[0], size=wanted, replace=False))
        away = np.full(X.shape[0], np.inf)
        for signs in _machines(sides(round)).T:
            np.minimum(away, np.abs(self._values(X, old, signs, X[hints])), out=away)
        away[np.isinf(away)] = 0.0
        best = top_n(-away, n, rng)
        hinted = np.isin(best, hints).astype(np.intp)
        return Selection(round.candidates[best], -away[best], {"distance": away[best], "hint": hinted})

    def _values(self, X: Any, old: Any, signs: Floats, hints: Any) -> Floats:
        """f of the rows of X, for the machine of these sides and hints."""
        across = self._similar(old, hints)
        K = np.block([[self._similar(old, old), across], [across.T, self._similar(hints, hints)]])
        hint_cost = self.hint_cost * len(signs) / max(1, hints.shape[0])
        rows = np.repeat(np.arange(len(K)), np.repeat([1, 2], [len(signs), hints.shape[0]]))
        hinted = rows >= len(signs)  # each hint twice, once on either side
        weights = dual_weights(
            K[np.ix_(rows, rows)],
            np.concatenate([signs, np.resize([1.0, -1.0], 2 * hints.shape[0])]),
            np.where(hinted, -self.tolerance, 1.0),
            np.where(hinted, hint_cost, self.label_cost),
        )
        pulls = np.bincount(rows, weights, minlength=len(K))
        values = np.empty(X.shape[0])
        for part in blocks(X.shape[0], len(K)):
            values[part] = self._similar(X[part], old) @ pulls[: len(signs)]
            values[part] += self._similar(X[part], hints) @ pulls[len(signs) :]
        return values

    def _similar(self, X: Any, Y: Any) -> Floats:
        """The kernel, with a constant that stands for the offset."""
        if self.kernel == "rbf":
            return rbf(X, Y, 1.0) + OFFSET
        product = X @ Y.T
        return (product.toarray() if sparse.issparse(product) else product).astype(np.float64) + OFFSET


def _machines(signs: Floats) -> Floats:
    """The columns of signs that need a machine each: two opposite ones need the same."""
    return signs[:, :1] if signs.shape[1] == 2 and not signs.sum(axis=1).any() else signs
