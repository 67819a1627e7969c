"""What our loop adds to a bare hand-written scikit-learn loop with the same picks.

Run: python benchmarks/bench_overhead.py [--repeats 5] [--seed 0]

Both loops do the same work — fit, predict on pool and test, select — for the default comparison on digits;
ours also keeps the log, the columns and the books. What it adds is ours - bare in seconds of processor time,
medians over repeats that alternate between the two, one numerical thread. It is given as a share of our loop,
and of the whole command `asknext compare digits`, which also starts, measures and writes the report.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from asknext import strategies
from asknext.bench.compare import class_positions
from asknext.bench.protocol import DEFAULT_STRATEGIES, Settings, fit_to_pool, split
from asknext.bench.run import Run, execute
from asknext.datasets import Dataset, load
from asknext.log import read_events
from asknext.pool import Pool
from asknext.randomness import spawn, spawn_seed
from asknext.round import Round
from asknext.signals import Signals


def bare(name: str, seed: int, data: Dataset, settings: Settings) -> list[list[int]]:
    """The loop as written by hand: arrays, a fit, two predictions, a selection. Returns the picks."""
    y = class_positions(data)
    parts = split(y, settings, seed)
    X, truth, X_test = data.X[parts.pool], y[parts.pool], data.X[parts.test]
    state = np.full(len(X), -1, dtype=np.int32)
    state[parts.initial] = truth[parts.initial]
    strategy, picks = strategies.get(name), []
    for number in range(settings.rounds + 1):
        known = np.flatnonzero(state >= 0)
        model = LogisticRegression(max_iter=1000, random_state=spawn_seed(seed, number, "fit"))
        model.fit(X[known], truth[known])
        proba = np.zeros((len(X), len(data.classes)), dtype=np.float32)
        proba[:, model.classes_] = model.predict_proba(X)
        model.predict_proba(X_test)
        if number == settings.rounds:
            return picks
        signals = Signals(len(X), {"embedding": X, "proba": proba})
        view = Round.of(Pool(state.copy(), data.classes), signals, strategy.needs, number)
        ids = strategy.select(view, settings.batch, spawn(seed, number, "select")).ids
        state[ids] = truth[ids]
        picks.append(ids.tolist())
    raise AssertionError("unreachable")


def ours(name: str, seed: int, data: Dataset, settings: Settings, out: Path) -> Run:
    """The same by `asknext compare`'s own runner."""
    return execute(Run(out, name, seed), data.X, class_positions(data), data.classes, settings)


def command() -> float:
    """Processor seconds of `asknext compare digits`, from the start of the process to its end."""
    with tempfile.TemporaryDirectory() as out:
        program = "from asknext.cli import main; main()"
        subprocess.run(
            [sys.executable, "-c", program, "compare", "digits", "--jobs", "1", "--out", out],
            check=True, capture_output=True,
        )  # fmt: skip
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def main() -> None:
    """Measure and print the share for every strategy and for the whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data = load("digits")
    settings = fit_to_pool(
        Settings("digits", None, DEFAULT_STRATEGIES, "logistic-regression", -1, -1, 20, 1, 0.3), data
    )
    total = {"bare": 0.0, "ours": 0.0}
    with threadpool_limits(limits=1):
        for name in settings.strategies:
            spent: dict[str, list[float]] = {"bare": [], "ours": []}
            for _ in range(options.repeats):
                out = Path(tempfile.mkdtemp())
                start = process_time()
                by_hand = bare(name, options.seed, data, settings)
                spent["bare"].append(process_time() - start)
                start = process_time()
                run = ours(name, options.seed, data, settings, out)
                spent["ours"].append(process_time() - start)
                by_us = [event.body["ids"] for event in read_events(run.path) if event.type == "asked"]
                shutil.rmtree(out)
                assert by_hand == by_us, f"{name}: the two loops picked differently"
            a, b = median(spent["bare"]), median(spent["ours"])
            total["bare"] += a
            total["ours"] += b
            print(f"{name:18} bare {a:6.3f} s   ours {b:6.3f} s   added {(b - a) / b:6.1%}")
    added = total["ours"] - total["bare"]
    share = added / total["ours"]
    print(f"{'all':18} bare {total['bare']:6.3f} s   ours {total['ours']:6.3f} s   added {share:6.1%}")
    whole = command()
    print(f"asknext compare digits, five seeds: {whole:.1f} s, of which added {5 * added / whole:.1%}")


if __name__ == "__main__":
    main()
