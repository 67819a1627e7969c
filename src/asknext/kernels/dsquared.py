"""D² sampling (k-means++ seeding) of rows that are outer products, without building the products."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from asknext.kernels.distances import CACHED, as_points, blocks, centred, squared_norms, without_rounding
from asknext.types import Array, Floats, Ids

PACK = 128  # rows drawn between two looks at all rows


def d_squared(
    X: Any, n: int, rng: np.random.Generator, factors: Array | None = None, first: int | None = None
) -> tuple[Ids, Floats]:
    """Draw n distinct rows, each with probability proportional to its squared distance to those drawn.

    Row i stands for g_i = q_i ⊗ x_i, a vector of c · d numbers that is never built:
    |g_i - g_j|² = |q_i|²|x_i|² + |q_j|²|x_j|² - 2 <q_i, q_j> <x_i, x_j>. Once all rows left coincide with
    drawn ones, the rest is drawn uniformly.

    Distances only fall, so rows are proposed by old distances and accepted with probability new / old, which
    is the right distribution exactly; only proposed rows are measured. All rows are measured anew, by matrix
    products, after 128 draws or as many refusals.

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
    Arthur & Vassilvitskii 2007, "k-means++"; Ash et al. 2020, algorithm 1, for g = q ⊗ x; refusals after
    Cohen-Addad et al. 2020, "Fast and Accurate k-means++ via Rejection Sampling".
    """
    X = as_points(X)
    if factors is None:
        (X,) = centred(X)
    Q = None if factors is None else as_points(factors)
    norms = squared_norms(X) if Q is None else squared_norms(Q) * squared_norms(X)
    row = int(rng.integers(len(norms))) if first is None else first
    drawn, distances = [row], [float(norms[row])]
    gap = _to_nearest(X, Q, norms, np.array([row]))
    while len(drawn) < n:
        rows, gaps = _pack(X, Q, norms, gap, min(PACK, n - len(drawn)), rng)
        if not rows:
            rest = np.setdiff1d(np.arange(len(norms)), drawn)
            rows = rng.choice(rest, size=n - len(drawn), replace=False).tolist()
            gaps = [0.0] * len(rows)
        drawn += rows
        distances += gaps
        if len(drawn) < n:
            np.minimum(gap, _to_nearest(X, Q, norms, np.array(rows)), out=gap)
    return np.array(drawn), np.sqrt(distances)


def _pack(
    X: Any, Q: Any, norms: Floats, gap: Floats, n: int, rng: np.random.Generator
) -> tuple[list[int], list[float]]:
    """At most n rows and their squared distances; none where no row has any distance left."""
    mass = np.cumsum(gap, dtype=np.float64)
    rows: list[int] = []
    gaps: list[float] = []
    if mass[-1] <= 0.0:
        return rows, gaps
    last = int(np.searchsorted(mass, mass[-1]))  # rounding must not step behind the last mass
    for _ in range(2 * n):
        row = min(int(np.searchsorted(mass, rng.random() * mass[-1], side="right")), last)
        now = float(gap[row])
        if rows:
            factors = None if Q is None else (Q[rows], Q[[row]])
            fresh = _squared(X[rows] * X.dtype.type(-2), X[[row]], factors, norms[rows])
            fresh = without_rounding(fresh[:, 0] + norms[row], np.maximum(norms[rows], norms[row]))
            now = min(now, float(fresh.min()))
            if rng.random() * gap[row] >= now:
                continue
        rows.append(row)
        gaps.append(now)
        if len(rows) == n:
            break
    return rows, gaps


def _to_nearest(X: Any, Q: Any, norms: Floats, rows: Ids) -> Floats:
    """Squared distance of every g to the nearest of those of the given rows."""
    least = np.empty_like(norms)
    A = X[rows] * X.dtype.type(-2)
    for part in blocks(len(norms), CACHED * len(rows)):
        factors = None if Q is None else (Q[rows], Q[part])
        least[part] = _squared(A, X[part], factors, norms[rows]).min(axis=0)
    least = without_rounding(np.clip(least + norms, 0.0, np.inf), norms)
    least[rows] = 0.0
    return least


def _squared(A: Any, B: Any, factors: tuple[Array, Array] | None, a_norms: Floats) -> Floats:
    """|a|² + <-2 a, b> of rows -2 a, given as A, and rows b, by column: squared distances but for |b|²."""
    inner = A @ B.T
    table = inner.toarray() if sparse.issparse(inner) else inner
    if factors is not None:
        table *= factors[0] @ factors[1].T
    table += a_norms[:, None]
    return table
