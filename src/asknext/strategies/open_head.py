"""A head of one class more: the known classes, and last the items out of scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from asknext.kernels.mixture import two_gaussians
from asknext.kernels.softmax_head import SoftmaxHead, softmax_head
from asknext.round import Round
from asknext.strategies.base import SCORE_CHUNK
from asknext.types import Array, Floats, Ids


def answered(round: Round) -> tuple[Ids, Array]:
    """Items that are labelled or out of scope, and their classes; out of scope is the one after the last."""
    ids = np.concatenate([round.labelled, round.out_of_scope])
    return ids, np.concatenate([round.y, np.full(len(round.out_of_scope), len(round.classes))])


def open_head(round: Round, *, strength: float = 1.0, temperature: float = 1.0) -> SoftmaxHead | None:
    """The head fitted to the embedding of all answers; None without a labelled item.

    Parameters
    ----------
    strength, temperature : see `asknext.kernels.softmax_head.softmax_head`; below a temperature of 1 the
        logits are larger.
    """
    if not len(round.labelled):
        return None
    ids, y = answered(round)
    X, k = round.read("embedding", ids), len(round.classes) + 1
    return softmax_head(X, y, k, strength=strength, temperature=temperature)


def logits(round: Round, head: SoftmaxHead) -> Floats:
    """The logits of all candidates, computed a chunk at a time; (c, k)."""
    return np.concatenate([head.logits(X) for X in chunks(round)])


def chunks(round: Round) -> Iterator[Any]:
    """The embedding of the candidates, some rows at a time."""
    for start in range(0, len(round.candidates), SCORE_CHUNK):
        yield round.read("embedding", round.candidates[start : start + SCORE_CHUNK])


def mixture_posteriors(table: Floats, reference: Floats, monotone: bool = True) -> Floats:
    """How likely an item is one of those with a high logit among all that are taken for its class.

    Of each class the largest logits of the reference items taken for it are a mixture of two Gaussians.

    Parameters
    ----------
    table : (n, k) logits of the items, out of scope last; `reference` : (m, k) those that mixtures are
        fitted to.
    monotone : see `asknext.kernels.mixture.TwoGaussians.posterior`.

    Returns
    -------
    (n,) posteriors of the higher component; ½ for an item that is taken for out of scope, or for a class that
    no reference item is taken for.

    Source
    ------
    Ning et al. 2022, "Active Learning for Open-set Annotation" (LfOSA), with the settings of its code.
    """
    taken, others = table.argmax(axis=1), reference.argmax(axis=1)
    out = np.full(len(table), 0.5)
    for place in range(table.shape[1] - 1):
        mine, alike = taken == place, reference[others == place, place]
        if len(alike):
            mixture = two_gaussians(alike, steps=10, tolerance=1e-2, floor=5e-4)
            out[mine] = mixture.posterior(table[mine, place], monotone)
    return out


def precision(round: Round, asked: Iterable[int]) -> float | None:
    """The share in scope of those of these items that have been answered; None without an answer."""
    ids = np.fromiter(asked, dtype=np.intp)
    inside = int(np.isin(ids, round.labelled).sum())
    all_ = inside + int(np.isin(ids, round.out_of_scope).sum())
    return inside / all_ if all_ else None
