"""How to combine purity and informativeness: a toy problem with a known worth of every item.

Run: OMP_NUM_THREADS=1 python benchmarks/bench_mqnet_toy.py [--seeds 8] [--batch 500]

15,000 items, 60 % of them out of scope. An item in scope has a difficulty d ~ N(0, 1), is worth
log(1 + exp(1.2 d - 0.5)), looks informative by 0.7 d + 0.7 noise, and pure by separation - 0.35 d + noise;
one out of scope is worth nothing, looks informative by N(0.6, 1) and pure by noise. The first batch is asked
by the sum of exponentials; each line is the mean worth of the second, and its share in scope, mean over
seeds. One toy model is no evidence about images; it shows what consistent standardisation is worth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np

from asknext.strategies.combiners import Combiner, Pareto, PublishedRanker, Ranker, SumExp, Weighted
from asknext.strategies.lessons import Lesson, Scale

SEPARATIONS = (1.6, 3.0)  # AUROC 0.87 and 0.98
COMBINERS: dict[str, Combiner] = {
    "informativeness only": Weighted(0.0),
    "purity only": Weighted(1.0),
    "half of each": Weighted(0.5),
    "sum of exp (first round)": SumExp(),
    "Pareto fronts": Pareto(),
    "released, by loss (B1, B2, B5)": PublishedRanker("loss"),
    "released, by confidence (B2, B5)": PublishedRanker("confidence"),
    "paper": PublishedRanker(),
    "ours, trees": Ranker("trees"),
    "ours, net (the default)": Ranker(),
}


def world(separation: float, rng: np.random.Generator, n: int = 15_000) -> tuple[Any, Any, Any]:
    """Purity and informativeness (n, 2), worth (n,) and whether in scope (n,)."""
    inside = rng.permutation(n) >= 0.6 * n
    d, noise, other = rng.normal(size=(3, n))
    informative = np.where(inside, 0.7 * d + 0.7 * noise, 0.6 + noise)
    pure = np.where(inside, separation - 0.35 * d, 0.0) + other
    worth = np.where(inside, np.logaddexp(0.0, 1.2 * d - 0.5), 0.0)
    return np.stack([pure, informative], axis=1), worth, inside


def second_batch(combiner: Combiner, separation: float, batch: int, seed: int) -> tuple[float, ...]:
    """Mean worth and share in scope of the second batch, and seconds to learn and score."""
    raw, worth, inside = world(separation, np.random.default_rng(seed))
    scale = Scale.of(raw)
    z = scale.standardised(raw)
    asked = np.argsort(-SumExp().rule([], scale, np.random.default_rng(seed))(z))[:batch]
    past = Lesson(z[asked], raw[asked], worth[asked], inside[asked])
    left = np.setdiff1d(np.arange(len(raw)), asked)
    scale = Scale.of(raw[left])
    start = process_time()
    rule = combiner.rule([past], scale, np.random.default_rng(seed))
    scores = rule(scale.standardised(raw[left]))
    spent = process_time() - start
    best = left[np.argsort(-scores)[:batch]]
    return worth[best].mean(), inside[best].mean(), spent


def line(name: str, result: Callable[[float, int], tuple[float, ...]], seeds: int) -> None:
    """A row of the table."""
    means = [np.mean([result(s, seed) for seed in range(seeds)], axis=0) for s in SEPARATIONS]
    cells = [f"{worth:5.2f} ({share:4.0%}) {spent:6.2f} s" for worth, share, spent in means]
    print(f"{name:34s}", *cells)


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--batch", type=int, default=500)
    given = parser.parse_args()
    print(f"{'':34s}", *(f"separation {separation:10.1f}" for separation in SEPARATIONS))

    def oracle(separation: float, seed: int) -> tuple[float, ...]:
        _, worth, _ = world(separation, np.random.default_rng(seed))
        return np.sort(worth)[::-1][: given.batch].mean(), 1.0, 0.0

    for name, combiner in COMBINERS.items():
        line(name, lambda s, seed, c=combiner: second_batch(c, s, given.batch, seed), given.seeds)
    line("the best of all", oracle, given.seeds)


if __name__ == "__main__":
    main()
