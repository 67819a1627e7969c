"""Open-set strategies on large pools: seconds and memory of one round.

Run: OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 python benchmarks/bench_openset.py [NAME …] [--rows 1000000]

A Gaussian mixture in single precision with 256 features: 10 of 25 clusters are classes, the others, 60 % of
the items, are out of scope; 1,000 items of each kind are answered. `proba` is given; `ood` comes from the
detector that an audit of the answers chooses, within the time that is measured. Each strategy asks 1,000
items twice, the second time with the first batch answered, so that what learns has learnt; `in scope` is
the share of the second batch. Seconds of the clock on the wall, and of processors over all threads, which
other work on the machine does not lengthen; the peak is of the process, data and all.
"""

from __future__ import annotations

import argparse
import json
import resource
from time import perf_counter, process_time
from typing import Any

import numpy as np

from asknext.detectors import with_ood
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import choose, get

NAMES = ("mqnet", "lfosa", "eaoa", "bual", "eoal", "active-outliers", "ccal", "similar")
CLASSES, CLUSTERS, DIMENSIONS, ASKED = 10, 25, 256, 1000


def made(n: int) -> tuple[Any, dict[str, Any]]:
    """The cluster of each item, of which the first ten are classes, and the signals."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((CLUSTERS, DIMENSIONS), dtype=np.float32) * np.float32(0.3)
    cluster = rng.integers(CLUSTERS, size=n)
    X = np.empty((n, DIMENSIONS), dtype=np.float32)
    proba = np.empty((n, CLASSES), dtype=np.float32)
    for start in range(0, n, 1 << 16):
        part = slice(start, start + (1 << 16))
        X[part] = centres[cluster[part]] + rng.standard_normal(X[part].shape, dtype=np.float32)
        scores = np.exp(0.2 * X[part] @ centres[:CLASSES].T)
        proba[part] = scores / scores.sum(axis=1, keepdims=True)
    return cluster, {"embedding": X, "proba": proba}


def run(name: str, cluster: Any, columns: dict[str, Any]) -> None:
    """Two rounds of one strategy, and a line about them."""
    strategy, rng = get(name), np.random.default_rng(0)
    truth = np.where(cluster < CLASSES, cluster, ANSWER_CODES[OUT_OF_SCOPE])
    state = np.full(len(cluster), -1, dtype=np.int32)
    for kind in (cluster < CLASSES, cluster >= CLASSES):
        first = np.flatnonzero(kind)[:ASKED]
        state[first] = truth[first]
    memory: Any = {}
    spent, worked = [], []
    for index in range(2):
        pool = Pool(state.copy(), tuple(range(CLASSES)))
        view = Round.of(pool, Signals(len(state), columns), strategy.needs, index, memory)
        round = with_ood(view, "auto")
        start = perf_counter(), process_time()
        chosen = choose(strategy, round, ASKED, rng)
        spent.append(perf_counter() - start[0])
        worked.append(process_time() - start[1])
        state[chosen.ids] = truth[chosen.ids]
        memory = json.loads(json.dumps(dict(chosen.memory)))
    share = np.mean(cluster[chosen.ids] < CLASSES)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{name:16s} wall {spent[0]:6.1f} s, {spent[1]:6.1f} s; processor {worked[0]:6.1f} s, "
        f"{worked[1]:6.1f} s; "
        f"in scope {share:4.0%}; memory in the log {len(json.dumps(memory)) / 1024:5.0f} kB; "
        f"the process at most {peak:.1f} GiB",
        flush=True,
    )


def main() -> None:
    """All strategies, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    cluster, columns = made(given.rows)
    for name in given.names:
        run(name, cluster, columns)


if __name__ == "__main__":
    main()
