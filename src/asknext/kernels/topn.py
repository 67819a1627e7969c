"""The n largest of many numbers, ties broken at random but seeded."""

from __future__ import annotations

import numpy as np

from asknext.types import Array, Ids


def top_n(values: Array, n: int, rng: np.random.Generator) -> Ids:
    """Positions of the n largest values, largest first; equal values in random order.

    Random numbers are drawn for tied values only, so a selection without ties does not depend on `rng`.

    Parameters
    ----------
    values : (m,) numbers, finite.
    n : how many, at most m.
    rng : breaks ties.

    Returns
    -------
    (n,) positions in `values`.
    """
    if n >= len(values):
        kept = np.arange(len(values))
    else:
        edge = np.partition(values, len(values) - n)[len(values) - n]
        above = np.flatnonzero(values > edge)
        at_edge = np.flatnonzero(values == edge)
        short = n - len(above)
        if short < len(at_edge):
            at_edge = rng.choice(at_edge, size=short, replace=False)
        kept = np.concatenate([above, at_edge])
    chosen = values[kept]
    ties = len(np.unique(chosen)) < len(chosen)
    tie_break = rng.random(len(kept)) if ties else np.arange(len(kept))
    return kept[np.lexsort((tie_break, -chosen))]
