"""Greedy facility location: the rows that cover all others best, in the way that their number allows."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from asknext.kernels.coverage import Coverage, Kernel, Reach, cover_by, scaled, similarity
from asknext.kernels.distances import squared_distances, squared_norms
from asknext.kernels.graphs import nearest_graph
from asknext.types import Array, Floats, Ids

PAIRS = 1 << 31  # pairs of rows up to which all are measured: 46,000 rows
NEIGHBOURS = 64  # neighbours of a row in the sparse form
REACH = {"rbf": 2.63, "ball": 1.0, "linear": 1.0}  # widths beyond which similarity is under 0.001


class Facilities(NamedTuple):
    """What `facility_location` took.

    `rows` (n,) positions in the order taken; `gains` (n,) weight newly covered by each; `way` how gains were
    computed: "all rows", "neighbours" or "sample".
    """

    rows: Ids
    gains: Floats
    way: str


def facility_location(
    X: Any,
    n: int,
    rng: np.random.Generator,
    width: float,
    kernel: Kernel = "rbf",
    weights: Array | None = None,
    centres: Any = None,
    pairs: int = PAIRS,
) -> Facilities:
    """Take n times the row that adds most to Σ_i w_i max over taken rows c of k(i, c).

    The result is that of the plain greedy algorithm, at most a factor 1 - 1/e below the best set. With more
    than `pairs` pairs of rows it is so for a simpler sum. If a row has, on average, up to 64 rows within
    reach, similarity is kept to the 64 nearest rows ("neighbours": little is lost, but for neighbours missed
    by `nearest_graph`). Else rows are taken from, and the sum runs over, a random sample of as many rows as
    have that many pairs, or of 20 n ("sample": the error of the mean cover falls with the root of its size).
    Ties are broken at random.

    Parameters
    ----------
    X : (m, d) rows to take from and to cover, dense or CSR.
    n : how many, at most m.
    rng : breaks ties; draws the sample and the cells.
    width : the unit of distance of the kernel, above 0.
    kernel : how similarity falls with distance.
    weights : (m,) weight of each row, not negative; all 1 where not given.
    centres : (l, d) rows that cover already.
    pairs : pairs up to which all are measured.

    Source
    ------
    Nemhauser, Wolsey & Fisher 1978 for the bound; Minoux 1978 for greedy with stale bounds.
    """
    m = X.shape[0]
    X, centres = scaled(width, X, X[:0] if centres is None else centres)
    covered = cover_by(X, centres, kernel)
    if m * m > pairs and _within_reach(X, kernel, rng) <= NEIGHBOURS:
        graph = similarity_graph(X, NEIGHBOURS, kernel, rng, pairs)
        return Facilities(*on_graph(graph, n, rng, weights, covered), "neighbours")
    sample = sample_of(m, max(math.isqrt(pairs), 20 * n), rng)
    if sample is not None:
        X, covered = X[sample], covered[sample]
        weights = None if weights is None else np.asarray(weights)[sample]
    rows, gains = Coverage(Reach(X, kernel), weights, covered).greedy(n, rng)
    if sample is None:
        return Facilities(rows, gains, "all rows")
    return Facilities(sample[rows], gains * (m / len(sample)), "sample")


def sample_of(m: int, size: int, rng: np.random.Generator) -> Ids | None:
    """A random sample of m positions, ascending; None where there are no more than `size`."""
    return None if m <= size else np.sort(rng.choice(m, size=size, replace=False))


def similarity_graph(
    X: Any, k: int, kernel: Kernel, rng: np.random.Generator, exact: int = PAIRS
) -> sparse.csr_matrix:
    """Similarities of each row to its k nearest rows, made symmetric: (m, m) CSR; X in units of the width."""
    graph = nearest_graph(X, min(k, X.shape[0]), rng, exact)
    graph.data = similarity(np.square(graph.data, out=graph.data), kernel)
    graph.eliminate_zeros()
    return graph.maximum(graph.T).tocsr()


def on_graph(
    graph: sparse.csr_matrix, n: int, rng: np.random.Generator, weights: Array | None, covered: Array
) -> tuple[Ids, Floats]:
    """Greedy facility location where similarities are a symmetric sparse matrix.

    Gains are lowered, exactly, by the entries of the rows whose cover has changed: each entry is read once
    for each such change.

    Parameters
    ----------
    graph : (m, m) symmetric CSR matrix of similarities, not negative.
    n : how many, at most m; rng : breaks ties.
    weights : (m,) weight of each row; all 1 where None. covered : (m,) how far each row is covered.

    Returns
    -------
    (n,) positions in the order taken, and (n,) their gains.
    """
    m = graph.shape[0]
    covered = covered.astype(graph.dtype)
    weights = np.ones(m) if weights is None else np.asarray(weights)
    added = np.clip(graph.data - covered[graph.indices], 0.0, np.inf)
    gains: Floats = sparse.csr_matrix((added, graph.indices, graph.indptr), graph.shape) @ weights
    del added
    rows, taken = np.empty(n, dtype=np.intp), np.empty(n)
    for step in range(n):
        ties = np.flatnonzero(gains == gains.max())
        row = int(ties[0] if len(ties) == 1 else rng.choice(ties))
        rows[step], taken[step] = row, max(gains[row], 0.0)
        own = slice(graph.indptr[row], graph.indptr[row + 1])
        near, new = graph.indices[own], graph.data[own]
        moved = new > covered[near]
        near, new = near[moved], new[moved]
        lost = graph[near]
        rise = np.repeat(np.stack([covered[near], new]), np.diff(lost.indptr), axis=1)
        lost.data = np.clip(lost.data, rise[0], rise[1]) - rise[0]
        gains -= lost.T @ weights[near]
        covered[near] = new
        gains[row] = -np.inf
    return rows, taken


def _within_reach(X: Any, kernel: Kernel, rng: np.random.Generator) -> float:
    """How many rows a row can cover, on average over a sample."""
    m = X.shape[0]
    some, others = (np.sort(rng.choice(m, size=min(m, size), replace=False)) for size in (512, 16384))
    norms = squared_norms(X[some])
    table = squared_distances(X[some], X[others], norms, squared_norms(X[others]))
    return float(m * np.mean(table < REACH[kernel] ** 2))
