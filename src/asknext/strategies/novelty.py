"""How unlike every known class an item is, and where the labels draw the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from asknext.errors import AskNextError
from asknext.kernels.ood_scores import energy, gradnorm, max_logit, msp
from asknext.round import Round
from asknext.strategies.base import SCORE_CHUNK
from asknext.types import Array, Floats, Ids


class Formula(NamedTuple):
    """A score: the signals it reads, and what it makes of them; larger is less like the known classes."""

    needs: tuple[str, ...]
    of: Callable[..., Array]


SCORES = {
    "msp": Formula(("proba",), msp),
    "gradnorm": Formula(("proba", "embedding"), gradnorm),
    "energy": Formula(("logits",), energy),
    "max-logit": Formula(("logits",), max_logit),
    "ood": Formula(("ood",), np.ravel),
}
"""Scores by name; "ood" is whatever a detector provides as a signal of that name."""


def check_score(score: str, quantile: float) -> None:
    """Check the two parameters of every rule that compares a score with its values on the labelled items.

    Raises
    ------
    AskNextError : no name of a score, or a quantile outside (0, 1].
    """
    if score not in SCORES:
        raise AskNextError(f"score is {score!r}; it is one of {', '.join(SCORES)}.")
    if not 0.0 < quantile <= 1.0:
        raise AskNextError(f"quantile is {quantile}; give a share above 0 and up to 1.")


def novelty(round: Round, score: str, ids: Ids) -> Floats:
    """The score of some items, computed a chunk at a time; (len(ids),) in double precision."""
    signals, formula = SCORES[score]
    found = np.empty(len(ids))
    for start in range(0, len(ids), SCORE_CHUNK):
        part = ids[start : start + SCORE_CHUNK]
        read: list[Any] = [round.read(name, part) for name in signals]
        found[start : start + SCORE_CHUNK] = formula(*read)
    return found


def limit(round: Round, score: str, quantile: float) -> float:
    """The least score that so large a share of the labelled items does not exceed; infinite without labels.

    The model has learnt these very items, so that they score lower than others of their classes would: far
    more than 1 - quantile of what is known may lie above.
    """
    known = novelty(round, score, round.labelled)
    return float(np.quantile(known, quantile, method="inverted_cdf")) if len(known) else np.inf
