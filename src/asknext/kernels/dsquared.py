"""D² sampling (k-means++ seeding) of rows that are outer products, without building the products."""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.kernels.distances import as_points, centred, products, squared_norms, without_rounding
from asknext.types import Array, Floats, Ids


def d_squared(
    X: Any, n: int, rng: np.random.Generator, factors: Array | None = None, first: int | None = None
) -> tuple[Ids, Floats]:
    """Draw n distinct rows, each with probability proportional to its squared distance to those drawn.

    Row i stands for g_i = q_i ⊗ x_i, a vector of c · d numbers that is never built:
    |g_i - g_j|² = |q_i|²|x_i|² + |q_j|²|x_j|² - 2 <q_i, q_j> <x_i, x_j>. One draw costs O(m (c + d)).
    Once all rows left coincide with drawn ones, the rest is drawn uniformly.

    Parameters
    ----------
    X : (m, d) rows, dense or CSR.
    n : how many, at most m.
    rng : draws.
    factors : (m, c) the q_i; without them g_i = x_i, which is plain k-means++ seeding.
    first : the first row; drawn uniformly where not given.

    Returns
    -------
    (n,) positions in X in the order drawn, and (n,) the distance of each to the nearest one drawn before;
    for the first, its own norm (without factors: its distance to the mean of X).

    Source
    ------
    Arthur & Vassilvitskii 2007, "k-means++"; Ash et al. 2020, algorithm 1, for g = q ⊗ x.
    """
    X = as_points(X)
    if factors is None:
        (X,) = centred(X)
        Q: Array = np.ones((X.shape[0], 1), dtype=X.dtype)
    else:
        Q = as_points(factors)
    norms = squared_norms(Q) * squared_norms(X)
    gap: Floats = norms.copy()
    drawn, distances = np.empty(n, dtype=np.intp), np.empty(n)
    left = np.ones(len(gap), dtype=bool)
    row = int(rng.integers(len(gap))) if first is None else first
    for step in range(n):
        drawn[step], distances[step] = row, gap[row]
        left[row] = False
        if step == n - 1:
            break
        fresh = without_rounding(norms + norms[row] - 2.0 * products(Q, row) * products(X, row), norms)
        gap = fresh if step == 0 else np.minimum(gap, fresh, out=gap)
        gap[row] = 0.0  # never again, whatever rounding left
        row = _draw(gap, left, rng)
    return drawn, np.sqrt(distances)


def _draw(mass: Floats, left: Array, rng: np.random.Generator) -> int:
    """One row in proportion to its mass; uniformly among those left where there is no mass."""
    total = np.cumsum(mass, dtype=np.float64)
    if total[-1] <= 0.0:
        return int(rng.choice(np.flatnonzero(left)))
    row = int(np.searchsorted(total, rng.random() * total[-1], side="right"))
    return min(row, int(np.searchsorted(total, total[-1])))  # rounding must not step behind the last mass
