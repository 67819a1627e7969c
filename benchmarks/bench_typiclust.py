"""TypiClust against the authors' rules written plainly, and at a million rows.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_typiclust.py [--large]

One thread, medians of processor seconds, the same Gaussian mixtures as the other benchmarks. `plain` is the
`published` preset step by step with scikit-learn: mini-batch k-means, then brute-force neighbours in the
cluster whose turn it is. Both get the same clustering seed, so that their picks can be compared.
"""

from __future__ import annotations

import argparse
import resource
from typing import Any

import numpy as np
from bench_kernels import mixture, seconds
from sklearn.cluster import MiniBatchKMeans
from sklearn.neighbors import NearestNeighbors

from asknext.kernels.threads import one_thread
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies.typiclust import TypiClust


def plain(X: Any, labelled: Any, n: int, seed: int) -> Any:
    """The published rules: squared distances, at most 500 clusters, clusters of five or fewer left out."""
    k = min(len(labelled) + n, 500)
    labels = MiniBatchKMeans(k, batch_size=5000, n_init=1, random_state=seed).fit(X).labels_
    size, covered = np.bincount(labels, minlength=k), np.bincount(labels[labelled], minlength=k)
    kept = np.flatnonzero(size > 5)
    order = kept[np.lexsort((-size[kept], covered[kept]))]
    closed = np.zeros(len(X), dtype=bool)
    closed[labelled] = True
    picks = []
    for turn in range(n):
        members = np.flatnonzero((labels == order[turn % len(order)]) & ~closed)
        near = max(1, min(20, len(members) // 2))
        search = NearestNeighbors(n_neighbors=near + 1, algorithm="brute").fit(X[members])
        away = search.kneighbors(X[members])[0][:, 1:]
        picks.append(members[(away**2).mean(axis=1).argmin()])
        closed[picks[-1]] = True
    return np.array(picks)


def view(X: Any, labelled: Any) -> Round:
    """A round over the rows with the given ones labelled."""
    pool = Pool.fresh(len(X), ["any"])
    pool.state[labelled] = 0
    return Round.of(pool, Signals(len(X), {"embedding": X}), {"embedding"})


def compare(n_rows: int = 20_000, n: int = 100) -> None:
    """Picks in common with the plain rules, and the time of both."""
    X, _, labelled, _ = mixture(n_rows)
    round = view(X, labelled)
    drawn = int(np.random.default_rng(0).integers(2**31 - 1))  # as k_means draws it
    with one_thread():
        theirs, by_hand = seconds(lambda: plain(X, labelled, n, drawn))
        ours, chosen = seconds(
            lambda: TypiClust.published().select(round, n, np.random.default_rng(0)).ids
        )
    common = len(np.intersect1d(by_hand, chosen))
    print(f"N={n_rows} B={n}: {common} of {n} picks in common; plain {theirs:.2f} s, ours {ours:.2f} s")


def large(n_rows: int = 1_000_000, n: int = 1000) -> None:
    """The default on a million rows."""
    X, _, labelled, _ = mixture(n_rows)
    round = view(X, labelled)
    with one_thread():
        spent, _ = seconds(lambda: TypiClust().select(round, n, np.random.default_rng(0)), repeats=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"N={n_rows} B={n}: {spent:.0f} s, the process at most {peak:.1f} GiB, data and all")


def main() -> None:
    """The comparison, and on request the large pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also a million rows (minutes)")
    compare()
    if parser.parse_args().large:
        large()


if __name__ == "__main__":
    main()
