"""How like the known an image is to a network that was taught to tell turned images apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asknext.kernels.distances import unit
from asknext.kernels.neighbours import most_alike
from asknext.types import Array, Floats


class Turned(NamedTuple):
    """What a CSI network says of n images, each turned by 0, 90, 180 and 270 degrees.

    `projections` : (n, 4, d) of each turn. `logits` : (n, 4) for each turn that of its angle.
    """

    projections: Array
    logits: Array


def csi_score(items: Turned, known: Turned, own: Array | None = None) -> Floats:
    """How much items are like known ones; low where they are unlike.

    For each turn: the norm of the projection times the largest cosine to a known item, over the mean norm of
    the known ones; plus the logit of the true turn over the mean one of the known ones. A turn whose mean
    logit is not positive says nothing of items and is left out, where the authors divide by it all the same.

    Parameters
    ----------
    items : m of them.
    known : what they are compared with, n items, at least one.
    own : (m,) position of the item itself among the known, which does not count then, or -1.

    Returns
    -------
    (m,) means over the turns; about 2 for the known items.

    Source
    ------
    Tack et al. 2020, equations 6 to 9, as their code weighs them.
    """
    n, turns = items.logits.shape
    total = np.zeros(n)
    for turn in range(turns):
        here, there = (np.asarray(part.projections[:, turn], np.float64) for part in (items, known))
        alike = most_alike(unit(here), unit(there), own)[1]
        total += np.linalg.norm(here, axis=1) * alike / np.linalg.norm(there, axis=1).mean()
        usual = known.logits[:, turn].mean(dtype=np.float64)
        total += items.logits[:, turn] / usual if usual > 0 else 0.0
    return total / turns
