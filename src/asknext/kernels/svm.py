"""Support vector machines with a margin and a cost of its own for each row."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from asknext.kernels.threads import one_thread
from asknext.types import Array, Floats

STEPS = 2000


def dual_weights(K: Floats, signs: Array, margins: Array, costs: Array) -> Floats:
    """The s that give f = K s for which ½ |f|² + sum of costs · max(0, margin - sign · f) is least.

    The dual is a quadratic program in a box: ½ α'(signs K signs)α - margins'α, 0 ≤ α ≤ costs, s = signs · α.
    A margin of 1 is the usual hinge; -eps for both signs of a row is the eps-insensitive loss around 0.
    There is no free offset; add a constant to K for a penalised one.

    Parameters
    ----------
    K : (m, m) kernel matrix.
    signs : (m,) +1 or -1; margins : (m,); costs : (m,) at least 0.

    Returns
    -------
    (m,) weights s of the rows.

    Source
    ------
    Cortes & Vapnik 1995; the box is solved by L-BFGS-B (Byrd et al. 1995, SciPy).
    """
    if not len(signs):
        return np.zeros(0)
    signed = signs[:, None] * K * signs

    def value(alpha: Floats) -> tuple[float, Floats]:
        pull = signed @ alpha
        return float(0.5 * alpha @ pull - margins @ alpha), pull - margins

    options = {"maxiter": STEPS, "maxfun": 2 * STEPS, "ftol": 1e-12, "gtol": 1e-7}
    bounds = np.column_stack([np.zeros(len(costs)), costs])
    start = np.zeros(len(costs))
    with one_thread():  # the solver's own systems are tiny: threads only get in each other's way
        found = minimize(value, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return signs * found.x
