"""The audit slice: items drawn before the first choice, to learn how good the model really is.

A strategy asks where the model errs, so what it asked says little about the pool. A few items are therefore
drawn uniformly from the whole pool when a campaign starts. Each batch holds some of them, unmarked, and their
answers are hidden from strategy and learner alike: for both, they are items asked and not answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.pool import PENDING_CODE, Pool
from asknext.randomness import spawn
from asknext.strategies.base import Selection
from asknext.types import Array, Ids

MOST = 200
"""Audit items of a campaign at most: they give an accuracy to about ± 5 points, and cost as many labels."""


@dataclass(frozen=True, eq=False)
class AuditSlice:
    """The audit items of a campaign.

    Parameters
    ----------
    ids : (a,) positions in the pool, in the order in which they are asked.
    share : of a batch that is audit items, while there are some left.
    """

    ids: Ids = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    share: float = 0.0

    @classmethod
    def draw(cls, n: int, share: float, seed: int) -> AuditSlice:
        """That of a new campaign over n items: the same for the same seed.

        Raises
        ------
        AskNextError : the share is not from 0 to below 1.
        """
        if isinstance(share, bool) or not isinstance(share, int | float | np.number) or not 0 <= share < 1:
            raise AskNextError(f"the audit share is {share!r}; give a number from 0 to below 1, such as 0.1.")
        size = min(MOST, ceil(share * n))
        return cls(spawn(seed, "audit").choice(n, size=size, replace=False), float(share))

    def hide(self, pool: Pool) -> Pool:
        """The pool as strategy and learner see it: audit items count as asked and not answered."""
        if len(self.ids) == 0:
            return pool
        state = pool.state.copy()
        state[self.ids] = PENDING_CODE
        return Pool(state, pool.classes)

    def reach(self, asked: Ids) -> int:
        """How far down the slice a batch goes: 1 + the place of its last audit item, 0 where it has none."""
        places = np.flatnonzero(np.isin(self.ids, asked))
        return int(places[-1]) + 1 if len(places) else 0

    def due(self, pool: Pool, n: int, rng: np.random.Generator) -> Ids:
        """The audit items of a batch of n: its share, more where the strategy has nothing left to choose."""
        left = self.ids[np.isin(self.ids, pool.candidates)]
        others = len(pool.candidates) - len(left)
        wanted = max(audit_size(n, self.share, rng), n - others) if len(left) else 0
        return left[:wanted]


def audit_size(batch: int, share: float, rng: np.random.Generator) -> int:
    """How many items of a batch are audit items: batch × share, rounded up or down at random.

    The expected number is exactly batch × share, so that small batches keep their share on the whole.

    Parameters
    ----------
    batch : items in the batch, at least 0.
    share : the share of audit items, from 0 to 1.
    rng : draws the rounding.
    """
    exact = batch * share
    size = int(exact)
    return size + int(rng.random() < exact - size)


def mixed(chosen: Selection, audit: Ids, rng: np.random.Generator) -> Selection:
    """A batch in which nobody sees which items are for the audit: they stand at random places.

    The chosen items keep their order; audit items have no score (NaN) and no parts.
    """
    if len(audit) == 0:
        return chosen
    n = len(chosen) + len(audit)
    places = np.sort(rng.choice(n, size=len(audit), replace=False))
    others = np.setdiff1d(np.arange(n), places)
    ids = np.empty(n, dtype=np.intp)
    ids[places], ids[others] = audit, chosen.ids

    def spread(values: Array) -> Array:
        numeric = values.dtype.kind in "biuf"
        out = np.full((n, *values.shape[1:]), np.nan if numeric else None, dtype=float if numeric else object)
        out[others] = values
        return out

    scores = None if chosen.scores is None else spread(chosen.scores)
    parts: Mapping[str, Any] = {name: spread(np.asarray(values)) for name, values in chosen.parts.items()}
    return replace(chosen, ids=ids, scores=scores, parts=parts)
