"""FlexMatch by its name: in a campaign and in a comparison it learns from the pool's own images."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import asknext
from asknext.cli import compare, replay  # noqa: F401  (they register)
from asknext.errors import AskNextError
from asknext.learners import make
from asknext.learners.flexmatch import FlexMatchLearner
from asknext.learners.recipes import Resnet18
from command_line import run

SMALL = "flexmatch(updates=4,batch=4,ratio=2,width=2)"


def images(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Dark squares, bright in one of three places."""
    X = np.random.default_rng(seed).integers(60, size=(n, 10, 10, 3)).astype(np.uint8)
    y = np.arange(n) % 3
    for image, kind in zip(X, y, strict=True):
        image[3 * kind : 3 * kind + 3, 2:8] = 250
    return X, y


X, KINDS = images(40)


def test_it_is_found_by_name_with_parameters_of_all_parts() -> None:
    made: Any = make("flexmatch(updates=7, ratio=3, width=8, threshold=0.9, device='cpu')")
    assert isinstance(made, FlexMatchLearner)
    assert (made.how.plan.updates, made.how.ratio, made.how.threshold) == (7, 3, 0.9)
    assert (made.network, made.device) == (Resnet18(width=8), "cpu")
    assert make("flexmatch").key == make("flexmatch").key != made.key
    with pytest.raises(AskNextError, match="no parameter 'members'"):
        make("flexmatch(members=2)")


def test_a_campaign_gives_it_its_pool() -> None:
    """The model is that of the learner which was given the same images at its making."""
    campaign = asknext.Campaign(X, SMALL, "margin", seed=4)
    campaign.tell(range(6), KINDS[:6].tolist())
    learner: Any = make(SMALL)
    own = FlexMatchLearner(X, learner.network, learner.how)
    seed, y = campaign.fitting.seed, KINDS[:6].astype(np.int32)
    np.testing.assert_allclose(campaign.proba(), own.fit(X[:6], y, seed).signal("proba", X), atol=1e-6)
    other = FlexMatchLearner(X[:20], learner.network, learner.how).fit(X[:6], y, seed)
    assert np.abs(campaign.proba() - other.signal("proba", X)).max() > 1e-5


def test_another_pool_is_another_model() -> None:
    keys = []
    for pool in (X, X[:30]):
        campaign = asknext.Campaign(pool, SMALL, "margin")
        campaign.tell(range(6), KINDS[:6].tolist())
        keys.append(campaign.fitting.key)
    assert keys[0] != keys[1]


def test_a_comparison_keeps_the_test_items_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "mine.npz", X=X, y=KINDS)
    given = []
    fit = FlexMatchLearner.fit

    def noted(self: FlexMatchLearner, X: Any, y: Any, seed: int, others: Any = None) -> Any:
        given.append(others)
        return fit(self, X, y, seed, others)

    monkeypatch.setattr(FlexMatchLearner, "fit", noted)
    asked = ("compare", tmp_path / "mine.npz", "--learner", SMALL, "--strategies", "random,typiclust")
    more = ("--rounds", "1", "--seeds", "1", "--initial", "6", "--batch", "3", "--jobs", "1")
    done = run(*asked, *more, "--test-share", "0.25", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    with (tmp_path / "out" / "results.csv").open() as file:
        assert {row["strategy"] for row in csv.DictReader(file)} == {"random", "typiclust"}
    assert len(given) == 4
    for others in given:
        assert others.shape == (30, 10, 10, 3)
        assert np.array_equal(others, given[0])
    again = run("replay", tmp_path / "out", "--learner", SMALL.replace("width=2", "width=3"))
    assert again.exit_code == 0, again.output
    assert given[-1].shape == (30, 10, 10, 3)


def test_what_is_no_pool_of_images_is_refused() -> None:
    with pytest.raises(AskNextError, match="give others as bytes"):
        make("flexmatch").fit(X[:6], KINDS[:6].astype(np.int32), 0)
    campaign = asknext.Campaign(np.random.default_rng(0).normal(size=(9, 4)), "flexmatch", "margin")
    campaign.tell([0, 1], ["a", "b"])
    with pytest.raises(AskNextError, match="give others as bytes"):
        campaign.ask(2)
