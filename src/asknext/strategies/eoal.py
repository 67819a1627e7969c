"""EOAL: items that every class is sure about and that no cluster of items out of scope claims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import entr, expit, softmax

from asknext.answers import as_whole
from asknext.kernels.distances import as_points, blocks, squared_distances, squared_norms, to_nearest
from asknext.kernels.finch import finch
from asknext.kernels.groups import group_means, place_in_group
from asknext.kernels.softmax_head import SoftmaxHead, softmax_head
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.entropy import entropy
from asknext.strategies.open_head import chunks, logits, open_head
from asknext.types import Array, Floats


@dataclass(frozen=True)
class EOAL(Strategy):
    """Ask items of low closed-set entropy less distance entropy, spread over clusters.

    Closed-set entropy is the mean over classes of that of "this class or another", by a head for each class
    that is taught to be undecided about items out of scope, over log 2. Distance entropy is that of the
    softmax of minus the distances to the centres of clusters of the items out of scope, over the logarithm of
    their number: low where one cluster is much nearer than the others, which is where it reaches. There are
    at least as many clusters as classes, and distances are measured by how far items are from their centre.
    The best of the items that a head takes for a class are clustered, and clusters give one item each in
    turn; items taken for out of scope come last. With fewer than two items out of scope closed-set entropy
    decides, before the first label chance.

    Parameters
    ----------
    sample : items clustered at most, the best ones; all pairs of them are measured.

    Raises
    ------
    AskNextError : a sample below 1.

    Paper
    -----
    Safaei, VS, de Melo & Patel 2024, "Entropic Open-set Active Learning". There features and heads are those
    of a network trained for it; here linear heads on the given embedding, whose unit does not matter.
    """

    name = "eoal"
    family = "open-set"
    paper = "Safaei et al. 2024"
    cost = "N C d + S² d, and C + 1 fits of a head to L items, for a sample of S"
    needs = frozenset({"embedding"})

    sample: int = 4096

    def __post_init__(self) -> None:
        as_whole("the sample", self.sample, 1)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """Choose n items, the clusters in turn; the score is the distance entropy less the closed-set one."""
        c = len(round.candidates)
        closed: Floats = np.zeros(c)
        away: Floats = np.zeros(c)
        outside = np.zeros(c, dtype=bool)
        head = open_head(round)
        if head is not None:
            outside = logits(round, head).argmax(axis=1) == len(round.classes)
            closed, away = _closed(round), _away(round)
        score = away - closed
        order = np.lexsort((rng.random(c), -score, outside))
        front = order[: max(n, min(self.sample, int((~outside).sum())))]
        clusterings = finch(round.read("embedding", round.candidates[front]))
        cluster = next(labels for labels in clusterings if labels.max() < n)
        turn = np.where(outside[front], c, place_in_group(cluster))
        rows = front[np.lexsort((np.arange(len(front)), turn))[:n]]
        parts = {"purity": score[rows], "closed_set_entropy": closed[rows], "distance_entropy": away[rows]}
        return Selection(round.candidates[rows], score[rows], parts)


def _closed(round: Round) -> Floats:
    """Mean over classes of the entropy of "this class or another", over log 2, of each candidate."""
    o = len(round.out_of_scope)
    X = round.read("embedding", np.concatenate([round.labelled, round.out_of_scope, round.out_of_scope]))
    undecided = np.repeat([0, 1], o)  # items out of scope are on either side
    heads = [
        softmax_head(X, np.concatenate([round.y == place, undecided]).astype(np.intp), 2)
        for place in np.unique(round.y)
    ]
    yes = SoftmaxHead(
        np.stack([head.weights[1] - head.weights[0] for head in heads]),
        np.stack([head.bias[1] - head.bias[0] for head in heads]),
    )
    p = expit(logits(round, yes))
    return (entr(p) + entr(1.0 - p)).mean(axis=1) / np.log(2.0)


def _away(round: Round) -> Floats:
    """Entropy of the softmax of minus the distances to clusters out of scope, over its largest value."""
    if len(round.out_of_scope) < 2:
        return np.zeros(len(round.candidates))
    known = as_points(round.read("embedding", round.out_of_scope))
    clusterings = finch(known)
    enough = [labels for labels in clusterings if labels.max() + 1 >= max(2, len(round.classes))]
    centres = group_means(known, enough[-1] if enough else clusterings[0])
    width = float(np.sqrt(to_nearest(known, centres).mean())) or 1.0
    return np.concatenate([_spread(X, centres, width) for X in chunks(round)])


def _spread(X: Array, centres: Array, width: float) -> Floats:
    """Entropy of the softmax of minus the distances to the centres over the width, over its largest value."""
    X = as_points(X)
    norms, own = squared_norms(X), squared_norms(centres)
    out = np.empty(X.shape[0])
    for part in blocks(X.shape[0], len(centres)):
        away = np.sqrt(squared_distances(X[part], centres, norms[part], own))
        out[part] = entropy(softmax(-away / width, axis=1)) / np.log(len(centres))
    return out


