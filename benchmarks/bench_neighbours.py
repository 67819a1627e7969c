"""Mean distance to the nearest neighbours, all rows against all: our blocks, faiss and scikit-learn.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_neighbours.py

One thread, medians of processor seconds, exact search, 20 neighbours. faiss is taken if it can be imported.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bench_kernels import extra, mixture, seconds
from sklearn.neighbors import NearestNeighbors

from asknext.kernels.neighbours import mean_distance
from asknext.kernels.threads import one_thread


def faiss_search(X: Any, k: int) -> Any:
    """The same by faiss; None where it is not installed."""
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(1)

    def work() -> Any:
        index = faiss.IndexFlatL2(X.shape[1])
        index.add(X)
        return np.sqrt(np.maximum(index.search(X, k + 1)[0][:, 1:], 0)).mean(axis=1)

    return work


def main() -> None:
    """Measure three sizes."""
    k = 20
    for n, d in ((20_000, 64), (20_000, 512), (50_000, 64)):
        X = mixture(n, d)[0]
        with one_thread():
            ours, found = seconds(lambda X=X: mean_distance(X, k))
            search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X)
            plain, _ = seconds(lambda search=search: search.kneighbors()[0].mean(axis=1), 1)
            line = f"{n} × {d}: {ours:.2f} s, extra {extra(lambda X=X: mean_distance(X, k)):.0f} MB; "
            line += f"scikit-learn {plain:.2f} s, {plain / ours:.1f} times"
            theirs = faiss_search(X, k)
            if theirs is not None:
                spent, other = seconds(theirs)
                gap = np.abs(found - other).max()
                line += f"; faiss {spent:.2f} s, {spent / ours:.2f} times, largest difference {gap:.1e}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
