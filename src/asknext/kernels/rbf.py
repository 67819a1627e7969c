"""The Gaussian kernel exp(-gamma |x - y|²), and a width for it where none is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.kernels.distances import centred, squared_distances, squared_norms
from asknext.types import Floats


def rbf(X: Any, Y: Any, gamma: float) -> Floats:
    """exp(-gamma |x - y|²) for each row of X (n, d) and of Y (m, d); (n, m), double precision."""
    table = squared_distances(X, Y, squared_norms(X), squared_norms(Y)).astype(np.float64, copy=False)
    table *= -gamma
    return np.exp(table, out=table)


def default_gamma(X: Any) -> float:
    """1 / mean squared distance of the rows to their mean (to the origin, if sparse); 1 where that is 0."""
    spread = float(squared_norms(centred(X)[0]).mean(dtype=np.float64)) if X.shape[0] else 0.0
    return 1.0 / spread if spread > 0 else 1.0
