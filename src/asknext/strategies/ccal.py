"""CCAL: items that resemble labelled ones in meaning, and stand out within the class they would join."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from asknext.kernels.distances import as_points, blocks, unit
from asknext.kernels.neighbours import most_alike
from asknext.kernels.scale import to_unit
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.types import Floats, Ids

GATE, STEEPNESS = 0.9, 100.0  # as published


@dataclass(frozen=True)
class CCAL(Strategy):
    """Ask for each class the items with the highest semantic score + distinctive score.

    The semantic score is tanh(50 (a - 0.9)), a near-hard gate, with a the largest cosine to a labelled item,
    scaled to [0, 1] over the candidates. The distinctive score for a class is 1 - b, with b the sum c1 +
    (c1 - c2) + cos(A, B), scaled to [0, 1] over the candidates, for the two largest cosines c1 and c2 to
    items A and B of the class; with a single one, c1 alone. Classes choose one item each in turn, the best of
    those whose nearest labelled item is of the class, then of the others. Before the first label all items
    are alike.

    Parameters
    ----------
    semantic, distinctive : the signals that hold the two embeddings, such as those of two encoders; give them
        with `signals={"name": rows}`. The published method trains one for meaning and one that tells rotated
        views apart, SimCLR and CSI: what `asknext encode --ssl` leaves as `projection` and `csi`. Where the
        distinctive signal holds several views of an item, items × views × numbers, b is the mean over the
        views, as published. The default, the plain embedding for both, is there so that it runs at all: the
        gate opens for few, and the others are ranked by how little they resemble what is labelled. Measured
        so, fewer items were in scope than by chance (docs/results/self-supervision.md).
    own_class : an item is asked for the class of its nearest labelled item, as the authors do; one well-known
        port lets any class ask it.

    Paper
    -----
    Du, Zhao, Wang & Chen 2021, "Contrastive Coding for Active Learning under Class Distribution Mismatch".
    There all views are of ten random crops; here of what is given.
    """

    name = "ccal"
    family = "open-set"
    paper = "Du et al. 2021"
    cost = "N L d + C N log N"
    needs = frozenset({"embedding"})

    semantic: str = "embedding"
    distinctive: str = "embedding"
    own_class: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", frozenset({self.semantic, self.distinctive}))

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, the classes in turn; the score is that for the class that asked."""
        c = len(round.candidates)
        chance = rng.random(c)
        if not len(round.labelled):
            return Selection(round.candidates[np.argsort(chance)[:n]])
        near, resemblance = self._semantic(round)
        gate = np.tanh(0.5 * STEEPNESS * (to_unit(resemblance) - GATE))
        places = np.unique(round.y).astype(np.intp)
        scores = gate + 1.0 - np.stack([to_unit(told) for told in self._told(round, places)])
        foreign = (near != places[:, None]) & self.own_class
        queues = [np.lexsort((chance, -own, other)) for own, other in zip(scores, foreign, strict=True)]
        rows, turns = _in_turn(queues, n)
        parts = {
            "class": places[turns],
            "purity": resemblance[rows],
            "informativeness": scores[turns, rows] - gate[rows],
        }
        return Selection(round.candidates[rows], scores[turns, rows], parts)

    def _semantic(self, round: Round) -> tuple[Ids, Floats]:
        """Class of the labelled item with the largest cosine to each candidate, and this cosine."""
        X, known = _directions(round.read(self.semantic), round.read(self.semantic, round.labelled))
        near, cosine = most_alike(X, known)
        return round.y[near].astype(np.intp), cosine

    def _told(self, round: Round, places: Ids) -> list[Floats]:
        """For each class how little a candidate stands out: c1 + (c1 - c2) + cos(A, B), or c1 alone."""
        both = round.read(self.distinctive), round.read(self.distinctive, round.labelled)
        views = zip(*(_views(values) for values in both), strict=True)
        pairs = [_directions(*view) for view in views]
        return [_mean(_well_told(X, known[round.y == place]) for X, known in pairs) for place in places]


def _directions(X: Any, known: Any) -> tuple[Any, Any]:
    """The candidates and the labelled items as unit vectors."""
    return unit(as_points(X)), unit(as_points(known))


def _views(values: Any) -> list[Any]:
    """The rows of each view, where there are several."""
    return [values[:, view] for view in range(values.shape[1])] if values.ndim == 3 else [values]


def _mean(told: Iterable[Floats]) -> Floats:
    return np.mean(list(told), axis=0)


def _cosines(X: Any, others: Any) -> Floats:
    product = X @ others.T
    return product.toarray() if sparse.issparse(product) else product


def _well_told(X: Any, members: Any) -> Floats:
    size = members.shape[0]
    between = _cosines(members, members)
    out = np.empty(X.shape[0])
    for part in blocks(X.shape[0], size):
        table = _cosines(X[part], members)
        if size == 1:
            out[part] = table[:, 0]
            continue
        two = np.argpartition(-table, 1, axis=1)[:, :2]
        first, second = np.sort(np.take_along_axis(table, two, axis=1), axis=1)[:, ::-1].T
        out[part] = first + (first - second) + between[two[:, 0], two[:, 1]]
    return out


def _in_turn(queues: list[Ids], n: int) -> tuple[Ids, Ids]:
    """n rows, the queues taking the first that nobody has in turn, and the queue that took each."""
    waiting = [iter(queue.tolist()) for queue in queues]
    taken: dict[int, int] = {}
    while len(taken) < n:
        for turn, queue in enumerate(waiting):
            row = next((row for row in queue if row not in taken), None)
            if row is not None and len(taken) < n:
                taken[row] = turn
    return np.array(list(taken)), np.array(list(taken.values()))
