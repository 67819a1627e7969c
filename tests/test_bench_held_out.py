"""The publisher's own test part, kept as it is: who is in it, what is refused, and how it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from asknext.bench.protocol import Settings, check_place, claim, class_positions, fit_to_pool, reopen, split
from asknext.bench.recipe import read_recipe
from asknext.bench.scenario import Scenario
from asknext.cli import compare  # noqa: F401  (it registers)
from asknext.cli.app import app
from asknext.datasets import Dataset
from asknext.errors import AskNextError

KEPT = Settings(
    source="cifar", target=None, strategies=("random",), learner="logistic-regression",
    initial=50, batch=50, rounds=2, seeds=5, test_share="published",
)  # fmt: skip


def cifar(classes: int = 10, train: int = 500, test: int = 100) -> Dataset:
    """A data set laid out as CIFAR-10, of a tenth of its size."""
    names = [f"class {c}" for c in range(classes)]
    y = np.concatenate([np.random.default_rng(0).permutation(np.repeat(names, n)) for n in (train, test)])
    X = np.random.default_rng(1).normal(size=(len(y), 2))
    return Dataset("cifar", X, y, tuple(names), (), test=classes * test)


@pytest.mark.parametrize(("rate", "size"), [(0.1, 2222), (0.2, 2500), (0.4, 3333), (0.6, 5000)])
def test_pools_of_mq_net_keep_the_test_images(rate: float, size: int) -> None:
    """As published: the pool is of training images, also what is out of scope; tested is what is in scope."""
    data = cifar()
    scope = (("class 4", "class 2", "class 5", "class 7"), ("class 7", "class 1", "class 2", "class 5"))
    settings = fit_to_pool(replace(KEPT, scenario=Scenario(scope=scope, ood_rate=rate)), data)
    y = class_positions(data)
    for seed in range(2):
        part = split(y, settings, seed, data.classes)
        inside = [int(name[-1]) for name in scope[seed]]
        assert part.test.tolist() == [i for i in range(5000, 6000) if y[i] in inside]
        assert len(part.test) == 400
        assert len(part.pool) == size
        assert part.pool.max() < 5000
        assert np.isin(y[part.pool], inside).sum() == 2000
        assert len(part.initial) == 50


def test_without_a_scenario_seeds_differ_in_their_first_labels_alone() -> None:
    data = cifar()
    settings = fit_to_pool(KEPT, data)
    y = class_positions(data)
    first, second = (split(y, settings, seed) for seed in range(2))
    for part in (first, second):
        assert part.test.tolist() == list(range(5000, 6000))
        assert part.pool.tolist() == list(range(5000))
    assert first.initial.tolist() != second.initial.tolist()
    assert "the publisher's test part" in settings.departures[0]


def test_a_long_tail_is_cut_from_the_training_part() -> None:
    """CIFAR-100-LT has 10,847 images, and all test images."""
    data = cifar(classes=100)
    cut = Scenario(long_tail=0.01, long_tail_order="label")
    part = split(class_positions(data), fit_to_pool(replace(KEPT, scenario=cut), data), 0)
    assert len(part.pool) == 10_847
    assert len(part.test) == 10_000


@pytest.mark.parametrize(
    ("data", "settings", "said"),
    [
        (replace(cifar(), test=0), KEPT, "cifar has no test part of its own"),
        (replace(cifar(), test=3), KEPT, "the publisher's test part of cifar holds no item of the class 'cl"),
        (cifar(), replace(KEPT, halves=True), "halves swap pool and test"),
        (cifar(), replace(KEPT, test_share="own"), "--test-share is own; it must lie between 0 and 1, or be"),
        (cifar(), replace(KEPT, initial=5000), "--initial is 5000, but the pool of cifar has 5000 items"),
    ],
)
def test_what_cannot_be_kept_is_refused(data: Dataset, settings: Settings, said: str) -> None:
    with pytest.raises(AskNextError, match=said):
        fit_to_pool(settings, data)


def test_a_directory_remembers_which_items_it_tests_on(tmp_path: Path) -> None:
    data = cifar()
    settings = fit_to_pool(KEPT, data)
    claim(tmp_path / "kept", settings, data)
    assert reopen(tmp_path / "kept") == settings
    with pytest.raises(AskNextError, match=r"other settings \(test_share: published, here 0.3\)"):
        check_place(tmp_path / "kept", fit_to_pool(replace(KEPT, test_share=0.3), data), data)
    file = tmp_path / "kept" / "settings.json"
    whole = json.loads(file.read_text())
    for damage in ({"test_rows": "all"}, {"test_share": 7.0}, {"test_share": "0.3"}):
        file.write_text(json.dumps({**whole, "settings": whole["settings"] | damage}))
        with pytest.raises(AskNextError, match=r"settings\.json is damaged"):
            reopen(tmp_path / "kept")


def test_recipes_and_the_command_line_know_the_word() -> None:
    text = """
    title = "T"
    description = "D"
    [[tasks]]
    name = "t"
    data = "wine"
    learner = "logistic-regression"
    initial = 6
    batch = 5
    rounds = 2
    seeds = 2
    test_share = "published"
    strategies = ["random"]
    """
    assert read_recipe(text).tasks["t"].test_share == "published"
    with pytest.raises(AskNextError, match="test_share must be a fraction, not 'publish'"):
        read_recipe(text.replace("published", "publish"))
    result = CliRunner().invoke(app, ["compare", "wine", "--test-share", "published"])
    assert result.exit_code == 2
    assert "wine has no test part of its own" in result.stderr
