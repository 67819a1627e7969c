"""Published protocols keep the count: what is asked, what is learnt from, how large pools are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.bench.protocol import split
from asknext.bench.recipe import read_recipe
from asknext.datasets.published.cifar import CIFAR10
from asknext.learners import as_learner
from asknext.learners.base import Model

RECIPES = Path(__file__).parents[1] / "recipes"
SIZES = {"ood-10": 22_222, "ood-20": 25_000, "ood-40": 33_333, "ood-60": 50_000}


@pytest.mark.parametrize(("recipe", "each"), [("mqnet-cifar10", 5000), ("mqnet-cifar100", 500)])
@pytest.mark.parametrize("task", SIZES)
def test_mq_net_s_recipes_have_its_pools_and_5000_answers_after_round_10(
    recipe: str, each: int, task: str
) -> None:
    """The first labels are round 1; images are counted without their pixels."""
    settings = read_recipe((RECIPES / f"{recipe}.toml").read_text()).tasks[task]
    scopes = settings.scenario.scope
    assert isinstance(scopes, tuple)
    known = {name for names in scopes for name in names}
    names = CIFAR10.tolist() if each == 5000 else [*sorted(known), *map(str, range(100 - len(known)))]
    y = np.concatenate([np.repeat(np.arange(len(names)), n) for n in (each, each // 5)])
    settings = replace(settings, test_rows=10_000)
    for seed in range(settings.seeds):
        part = split(y, settings, seed, names)
        outside = part.positions(y)[part.pool] < 0
        total = SIZES[task] if each == 5000 else round(20_000 / (1 - settings.scenario.ood_rate))
        assert len(part.pool) == total == SIZES[task]
        assert (~outside).sum() == 20_000
        assert part.pool.max() < 50_000 <= part.test.min()
        assert len(part.test) == 4000
        answers = np.cumsum([len(part.initial), *[settings.batch] * settings.rounds])
        assert (len(answers), answers[-1]) == (10, 5000)
        assert outside[part.initial].sum() == round(500 * settings.scenario.ood_rate)


class Counting:
    """Logistic regression that writes down what it is fitted on."""

    def __init__(self) -> None:
        self.inner = as_learner("logistic-regression")
        self.provides, self.needs_labels, self.key = self.inner.provides, True, "counting"
        self.rows: list[NDArray[Any]] = []

    def fit(self, X: NDArray[Any], y: NDArray[np.int32], seed: int) -> Model:
        """Fit, and remember the rows."""
        self.rows.append(np.ravel(X))
        return self.inner.fit(X, y, seed)


def test_the_model_of_each_round_learns_from_all_that_is_labelled_by_then_and_from_nothing_else() -> None:
    """No row of a round before is lost, and none out of scope, unsure, skipped or pending slips in."""
    n, learner, rng = 120, Counting(), np.random.default_rng(0)
    X = np.arange(float(n))[:, None]
    truth = rng.choice(np.array(["a", "b", "c", OUT_OF_SCOPE, UNSURE, SKIPPED], dtype=object), n)
    campaign = Campaign(X, learner, "margin", seed=0)
    first = np.flatnonzero(np.isin(truth, ["a", "b"]))[:4]
    campaign.tell(first, truth[first].tolist())
    told = set(first.tolist())
    for number in range(6):
        ids = campaign.ask(10).ids  # fits before it asks
        labelled = sorted(i for i in told if truth[i] in ("a", "b", "c"))
        assert learner.rows[-1].astype(int).tolist() == labelled
        assert len(learner.rows) == number + 1, "one fit a round"
        campaign.tell(ids[:8], truth[ids[:8]].tolist())  # two stay pending
        told |= set(ids[:8].tolist())
