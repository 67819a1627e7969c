"""Write a strategy of your own, check it, and compare it beside margin and random.

A strategy is one small frozen dataclass. It sees a `Round`, which holds what has a label and the signals that
the strategy declares, and no model, no file and no global seed. Where it scores each item by itself, one
method is all: chunks, the n best and ties come with `Score`.

The idea here, `Frontier`: ask where the model is in doubt *and* nothing near has a label. It sounds right.
The comparison says what it is worth.

    python examples/own_sampler.py [DIR] [--quick]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stage import arguments, asknext_command, keep_report, print_table

from asknext.monitor.exploration import nearest_labelled
from asknext.round import Round
from asknext.strategies import Margin, Score, check_strategy
from asknext.types import Array, Ids

STRATEGIES = "random,margin,own_sampler:Frontier"
SEEDS, ROUNDS, BATCH = 6, 15, 10


@dataclass(frozen=True)
class Frontier(Score):
    """Ask the items that are doubtful and far from everything labelled: margin score × distance ** reach.

    Parameters
    ----------
    reach : how much distance counts; 0 is margin sampling.
    """

    name = "frontier"
    family = "hybrid"
    paper = "yours"
    cost = "N (L d + C)"
    needs = frozenset({"proba", "embedding"})

    reach: float = 1.0

    def score(self, round: Round, ids: Ids) -> Array:
        """One number for each item; larger is asked sooner."""
        doubt = Margin().score(round, ids)
        if len(round.labelled) == 0:  # nothing to be far from
            return doubt
        away = nearest_labelled(round.read("embedding", ids), round.read("embedding", round.labelled))
        return doubt * away**self.reach


@dataclass(frozen=True)
class FirstInLine(Score):
    """Ask the items in the order in which they lie: the first exercise of the tutorial, "DummySampler"."""

    name = "first-in-line"
    family = "baseline"
    paper = "notebook 1 of the tutorial"
    cost = "N"

    def score(self, round: Round, ids: Ids) -> Array:  # noqa: ARG002
        """The earlier, the larger."""
        return -ids.astype(float)


def main() -> None:
    given = arguments(__doc__)
    check_strategy(Frontier())
    print("frontier: passes the check")
    try:
        check_strategy(FirstInLine())
    except AssertionError as refused:
        print(f"first-in-line: {refused}")

    rounds, seeds = (3, 2) if given.quick else (ROUNDS, SEEDS)
    sizes = ("--batch", BATCH, "--rounds", rounds, "--seeds", seeds)
    words = ("compare", "digits", "--strategies", STRATEGIES, *sizes)
    with TemporaryDirectory() as folder:
        summary = asknext_command(Path(folder), *words, quick=given.quick)
        report = given.out / "own-sampler.html"
        keep_report(Path(folder) / "results", report, "Learning curves of margin, Frontier and random")
    print_table(summary)
    print(f"Report: {report}")


if __name__ == "__main__":
    main()
