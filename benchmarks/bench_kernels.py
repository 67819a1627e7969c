"""Kernels against a plain reference and against the peers that are installed, each ratio in one run.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 RAYON_NUM_THREADS=1 python benchmarks/bench_kernels.py [NAME …]

One thread, medians of processor seconds; "extra" is the peak of memory allocated during the call. Peers are
taken if they can be imported: lightly-mundig (k-center), scikit-activeml (BADGE). The data are Gaussian
mixtures, seed 0, as in the project's comparison of peers; `picks` is the start of the SHA-1 of the sorted
positions, by which implementations are compared.
"""

from __future__ import annotations

import argparse
import hashlib
import tracemalloc
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from asknext.kernels.dsquared import d_squared
from asknext.kernels.kcenter import k_center
from asknext.kernels.topn import top_n
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies.badge import gradient_factor
from asknext.strategies.margin import Margin, closeness


def mixture(n: int, d: int = 64, c: int = 10) -> tuple[Any, Any, Any, Any]:
    """A Gaussian mixture: rows, classes, 100 labelled positions with every class, and the others."""
    r = np.random.default_rng(0)
    centres = r.standard_normal((c, d)) * 0.5
    y = r.integers(0, c, n)
    X = centres[y] + r.standard_normal((n, d))
    labelled = [np.flatnonzero(y == k)[0] for k in range(c)]
    rest = np.setdiff1d(np.arange(n), labelled)
    extra = max(100, c) - c
    labelled = np.concatenate([labelled, r.choice(rest, extra, replace=False)]) if extra else labelled
    labelled = np.sort(np.asarray(labelled, dtype=int))
    return X.astype(np.float32), y, labelled, np.setdiff1d(np.arange(n), labelled)


def picks(ids: Any) -> str:
    """Eight digits that stand for a set of positions."""
    return hashlib.sha1(np.sort(np.asarray(ids, dtype=np.int64)).tobytes()).hexdigest()[:8]


def seconds(work: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """Median processor seconds, and the last result."""
    spent = []
    for _ in range(repeats):
        start = process_time()
        result = work()
        spent.append(process_time() - start)
    return median(spent), result


def extra(work: Callable[[], Any]) -> float:
    """Peak megabytes allocated during a call."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def plain_k_center(U: Any, L: Any, n: int) -> Any:
    """One product with a vector and one running minimum a step."""
    norms = np.einsum("ij,ij->i", U, U)
    gap = np.full(len(U), np.inf, U.dtype)
    for row in L:
        np.minimum(gap, norms + row @ row - 2 * (U @ row), out=gap)
    taken = []
    for _ in range(n):
        i = int(gap.argmax())
        taken.append(i)
        np.minimum(gap, norms + norms[i] - 2 * (U @ U[i]), out=gap)
        gap[i] = -1
    return np.array(taken)


def plain_badge(Q: Any, X: Any, n: int) -> Any:
    """Factored, one draw at a time over all rows."""
    r = np.random.default_rng(0)
    norms = (Q * Q).sum(1) * (X * X).sum(1)
    i, gap = int(norms.argmax()), None
    taken = [i]
    for _ in range(n - 1):
        fresh = np.maximum(norms + norms[i] - 2 * (Q @ Q[i]) * (X @ X[i]), 0)
        gap = fresh if gap is None else np.minimum(gap, fresh)
        gap[taken] = 0
        mass = np.cumsum(gap, dtype=np.float64)
        i = int(np.searchsorted(mass, r.random() * mass[-1], side="right"))
        taken.append(i)
    return np.array(taken)


def bench_k_center() -> None:
    """d = 64, 200 picks from 20k, 100k and 500k rows; then d = 512, 1000 picks from 100k."""
    for n in (20_000, 100_000, 500_000):
        X, _, labelled, rest = mixture(n)
        U, L = X[rest], X[labelled]
        ours, (ids, _) = seconds(lambda U=U, L=L: k_center(U, 200, np.random.default_rng(0), L))
        plain, reference = seconds(lambda U=U, L=L: plain_k_center(U, L, 200))
        line = f"k-center {n:>7} × 64: {ours:.3f} s, picks {picks(rest[ids])}; plain {plain:.3f} s, "
        line += f"picks {picks(rest[reference])}, {plain / ours:.1f} times"
        print(line + _mundig(X, labelled, n, ours))
    X, _, labelled, rest = mixture(100_000, 512)
    U, L = X[rest], X[labelled]
    ours, (ids, _) = seconds(lambda: k_center(U, 1000, np.random.default_rng(0), L))
    plain, reference = seconds(lambda: plain_k_center(U, L, 1000), 1)
    same = picks(ids) == picks(reference)
    print(f"k-center 100k × 512, 1000 picks: {ours:.2f} s; plain {plain:.2f} s, {plain / ours:.1f} times; "
          f"same picks: {same}")  # fmt: skip


def _mundig(X: Any, labelled: Any, n: int, ours: float) -> str:
    try:
        import lightly_mundig
    except ImportError:
        return "; lightly-mundig is not installed"

    def work() -> Any:
        selection = lightly_mundig.Selection()
        selection.add_diversifying_strategy(
            embeddings=X, strength=1.0, stopping_condition_minimum_distance=None
        )
        return selection.run_selection(
            preselected_indices=labelled.tolist(), n_total_samples=n,
            n_samples_to_select=200 + len(labelled),
        )  # fmt: skip

    theirs, result = seconds(work)
    found = np.asarray(result)
    found = found[len(labelled):] if len(found) > 200 else found
    return f"; lightly-mundig {theirs:.3f} s, picks {picks(found)}, {theirs / ours:.1f} times"


def bench_badge() -> None:
    """20k × 64 with 100 classes, 200 picks; 50k × 512 with 100 classes, 1000 picks."""
    X, y, labelled, rest = mixture(20_000, c=100)
    model = LogisticRegression(max_iter=200).fit(X[labelled], y[labelled])
    Q, U = gradient_factor(model.predict_proba(X[rest]).astype(np.float32)), X[rest]

    def work() -> Any:
        length = np.einsum("ij,ij->i", Q, Q) * np.einsum("ij,ij->i", U, U)
        return d_squared(U, 200, np.random.default_rng(0), Q, first=int(length.argmax()))

    ours, _ = seconds(work)
    plain, _ = seconds(lambda: plain_badge(Q, U, 200))
    line = f"BADGE 20k × 64, 100 classes, 200 picks: {ours:.3f} s, extra {extra(work):.0f} MB; "
    print(f"{line}plain {plain:.3f} s, {plain / ours:.1f} times{_activeml(X, y, labelled, ours)}")
    r = np.random.default_rng(0)
    X = r.normal(size=(50_000, 512)).astype(np.float32)
    odds = np.exp(2 * r.normal(size=(50_000, 100)).astype(np.float32))
    Q = gradient_factor(odds / odds.sum(axis=1, keepdims=True))
    length = np.einsum("ij,ij->i", Q, Q) * np.einsum("ij,ij->i", X, X)

    def large() -> Any:
        return d_squared(X, 1000, np.random.default_rng(0), Q, first=int(length.argmax()))

    ours, _ = seconds(large)
    plain, _ = seconds(lambda: plain_badge(Q, X, 1000))
    beside = f"{extra(large):.0f} MB beside {(X.nbytes + Q.nbytes) / 1e6:.0f} MB of inputs"
    print(f"BADGE 50k × 512, 100 classes, 1000 picks: {ours:.2f} s, extra {beside}; "
          f"plain {plain:.2f} s, {plain / ours:.1f} times")  # fmt: skip


def _activeml(X: Any, y: Any, labelled: Any, ours: float) -> str:
    try:
        from skactiveml.classifier import SklearnClassifier
        from skactiveml.pool import Badge
    except ImportError:
        return "; scikit-activeml is not installed"
    known = np.full(len(X), np.nan)
    known[labelled] = y[labelled]
    classifier = SklearnClassifier(LogisticRegression(max_iter=200), classes=list(range(100))).fit(X, known)
    theirs, _ = seconds(
        lambda: Badge(random_state=0).query(X, known, classifier, fit_clf=False, batch_size=200), 1
    )
    return f"; scikit-activeml {theirs:.1f} s, {theirs / ours:.0f} times"


def bench_margin() -> None:
    """Margins of a million rows of 10 probabilities, the 200 smallest."""
    r = np.random.default_rng(0)
    P = np.exp(2 * r.standard_normal((1_000_000, 10)))
    P /= P.sum(axis=1, keepdims=True)

    def reference() -> Any:
        top, second = np.maximum(P[:, 0], P[:, 1]), np.minimum(P[:, 0], P[:, 1])
        for j in range(2, 10):
            np.maximum(second, np.minimum(top, P[:, j]), out=second)
            np.maximum(top, P[:, j], out=top)
        gap = top - second
        best = np.argpartition(gap, 200)[:200]
        return best[np.argsort(gap[best])]

    ours, ids = seconds(lambda: top_n(closeness(P), 200, np.random.default_rng(0)), 7)
    plain, theirs = seconds(reference, 7)
    print(f"margin 1M × 10: {ours:.3f} s, picks {picks(ids)}; reference {plain:.3f} s, "
          f"picks {picks(theirs)}, {ours / plain:.2f} times its time")  # fmt: skip
    large = np.tile(P.astype(np.float32), (10, 1))
    view = Round.of(Pool.fresh(len(large), range(10)), Signals(len(large), {"proba": large}), Margin().needs)
    view.candidates.sum()  # the list of candidates is the round's, not the strategy's
    peak = extra(lambda: Margin().select(view, 200, np.random.default_rng(0)))
    print(f"margin 10M × 10 float32: {peak:.0f} MB beside {large.nbytes / 1e6:.0f} MB of input")


def main() -> None:
    """Run the benchmarks named, or all."""
    known = {"k-center": bench_k_center, "badge": bench_badge, "margin": bench_margin}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(known))
    for name in parser.parse_args().names:
        known[name]()


if __name__ == "__main__":
    main()
