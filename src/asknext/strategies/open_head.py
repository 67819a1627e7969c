"""A head of one class more: the known classes, and last the items out of scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from asknext.kernels.softmax_head import SoftmaxHead, softmax_head
from asknext.round import Round
from asknext.strategies.base import SCORE_CHUNK
from asknext.types import Array, Floats, Ids


def answered(round: Round) -> tuple[Ids, Array]:
    """Items that are labelled or out of scope, and their classes; out of scope is the one after the last."""
    ids = np.concatenate([round.labelled, round.out_of_scope])
    return ids, np.concatenate([round.y, np.full(len(round.out_of_scope), len(round.classes))])


def open_head(round: Round, temperature: float = 1.0) -> SoftmaxHead | None:
    """The head fitted to the embedding of all answers; None without a labelled item.

    Parameters
    ----------
    temperature : see `asknext.kernels.softmax_head.softmax_head`; below 1 the logits are larger.
    """
    if not len(round.labelled):
        return None
    ids, y = answered(round)
    return softmax_head(round.read("embedding", ids), y, len(round.classes) + 1, temperature=temperature)


def logits(round: Round, head: SoftmaxHead) -> Floats:
    """The logits of all candidates, computed a chunk at a time; (c, k)."""
    return np.concatenate([head.logits(X) for X in chunks(round)])


def chunks(round: Round) -> Iterator[Any]:
    """The embedding of the candidates, some rows at a time."""
    for start in range(0, len(round.candidates), SCORE_CHUNK):
        yield round.read("embedding", round.candidates[start : start + SCORE_CHUNK])


def precision(round: Round, asked: Iterable[int]) -> float | None:
    """The share in scope of those of these items that have been answered; None without an answer."""
    ids = np.fromiter(asked, dtype=np.intp)
    inside = int(np.isin(ids, round.labelled).sum())
    all_ = inside + int(np.isin(ids, round.out_of_scope).sum())
    return inside / all_ if all_ else None
