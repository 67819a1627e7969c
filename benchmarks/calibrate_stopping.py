"""The constants of `asknext.monitor.stopping.left`, chosen on all data sets but one, and tried on that one.

    asknext run recipes/stopping.toml
    python benchmarks/calibrate_stopping.py asknext-stopping

A stop is right where the labels after it would have added at most a point of test accuracy. Chosen are, on
a grid, the constants that save most labels among those that are right in at least `SAFE` of all runs and in
`LEAST` of those of every data set.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import numpy as np

from asknext.bench.stopping import Course, courses, lines, table
from asknext.monitor.stopping import RULES

WITHIN, SAFE, LEAST = 0.01, 0.93, 0.85
TURNOVERS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7)
GAINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
ROUNDS = (2, 3, 4)  # one round alone is noise


def ends(course: Course, per_turnover: float, per_gain: float, rounds: int) -> tuple[float, float]:
    """Labels saved and accuracy lost by the rule with these constants in a run."""
    pairs = zip(course.figures["turnover"], course.figures["gain"], strict=True)
    low = [t is not None and g is not None and per_turnover * t + per_gain * g < WITHIN for t, g in pairs]
    last = len(low) - 1
    at = next((i for i in range(rounds - 1, last) if all(low[i - rounds + 1 : i + 1])), last)
    return 1 - course.labelled[at] / course.labelled[last], course.accuracy[last] - course.accuracy[at]


def chosen(trials: np.ndarray, sets: np.ndarray) -> int:
    """The number of the constants that are safe on these runs and save most."""
    saved, right = trials[:, :, 0].mean(axis=1), trials[:, :, 1] <= WITHIN + 1e-9
    worst = np.min([right[:, sets == one].mean(axis=1) for one in set(sets)], axis=0)
    safe = (right.mean(axis=1) >= SAFE) & (worst >= LEAST)
    return int(np.where(safe, saved, right.mean(axis=1) - 1).argmax())


def main() -> None:
    """Print what is chosen, and how it does on the data set left out."""
    out = Path(sys.argv[1])
    found = [c for task in sorted(p for p in out.iterdir() if (p / "readings.csv").is_file())
             for c in courses(task, task.name)]  # fmt: skip
    sets = np.array([course.task.rpartition("-")[0] for course in found])
    grid = list(product(TURNOVERS, GAINS, ROUNDS))
    trials = np.array([[ends(course, *constants) for course in found] for constants in grid])
    print(f"{len(found)} runs of {len(set(sets))} data sets")
    for line in lines(table(RULES, found, WITHIN)):
        print("  ".join(f"{cell:>26}" for cell in line))
    best = chosen(trials, sets)
    print(f"chosen on all: per turnover, per gain, rounds = {grid[best]}")
    total = []
    for one in sorted(set(sets)):
        pick = chosen(trials[:, sets != one], sets[sets != one])
        here = trials[pick, sets == one]
        total.append(here)
        print(f"{one:>15} left out: {grid[pick]!s:18} {told(here)}")
    print(f"{'all':>15} left out once:            {told(np.concatenate(total))}")


def told(trials: np.ndarray) -> str:
    """Savings and losses in words."""
    saved, lost = trials.T
    right = (lost <= WITHIN + 1e-9).mean()
    return f"saved {saved.mean():6.1%}  right {right:6.1%}  lost {lost.mean():+.2%}, worst {lost.max():+.2%}"


if __name__ == "__main__":
    main()
