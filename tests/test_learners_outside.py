"""One class more, for items out of scope, in the network itself."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import asknext
from asknext.cli import compare, replay  # noqa: F401  (they register)
from asknext.deep.supervised import Supervised
from asknext.deep.training import Plan
from asknext.detectors import get
from asknext.learners import make
from asknext.learners.fitting import Fitting, Table
from asknext.learners.recipes import Linear, Mlp
from asknext.learners.torch import TorchLearner
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals, softmax
from command_line import run

RNG = np.random.default_rng(0)
CENTRES = np.array([[4.0, 0], [-4, 0], [0, 4]])
KIND = np.arange(120) % 3  # two classes, and a third cloud that is out of scope
X = (CENTRES[KIND] + RNG.normal(size=(120, 2))).astype(np.float32)
SEEN = np.arange(45)
QUICK = Supervised(Plan(updates=80, batch=16, optimiser="adamw", rate=2e-2, decay=1e-2, schedule="cosine"))
OPEN = TorchLearner(Mlp((8,), 0.0), QUICK, outside=True)


def answered(out: bool = True) -> Pool:
    pool = Pool.fresh(120, ["a", "b"])
    pool.state[SEEN] = np.where(KIND[SEEN] == 2, ANSWER_CODES[OUT_OF_SCOPE] if out else -1, KIND[SEEN])
    return pool


def fitting(learner: Any, out: bool = True) -> Fitting:
    return Fitting(learner, Table(X), answered(out), 0)


def test_it_tells_what_is_out_of_scope() -> None:
    told = fitting(OPEN)
    outside = told.column("outside")
    assert outside.shape == (120,)
    assert outside[KIND == 2].min() > outside[KIND != 2].max()
    proba = told.column("proba")
    assert proba.shape == (120, 2)
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(proba[KIND != 2].argmax(axis=1), KIND[KIND != 2])


def test_signals_of_the_network_by_hand() -> None:
    """Three logits: the softmax of the first two is `proba`, the last of all three is `outside`."""
    ids = np.concatenate([answered().labelled, answered().out_of_scope])
    y = np.where(KIND[ids] == 2, -1, KIND[ids]).astype(np.int32)
    model = TorchLearner(Linear(), QUICK, outside=True).fit(X[ids], y, 0)
    assert model.classes.tolist() == [0, 1]
    found = model.signals("proba", X)
    head = model.members[0].network.head
    logits = found["embedding"] @ head.weight.numpy().T + head.bias.numpy()
    assert logits.shape == (120, 3)
    np.testing.assert_allclose(found["logits"], logits[:, :2], atol=1e-4)
    np.testing.assert_allclose(found["proba"], softmax(logits[:, :2]), atol=1e-5)
    np.testing.assert_allclose(found["outside"], softmax(logits)[:, 2], atol=1e-5)


@pytest.mark.parametrize("more", [{"members": 2}, {"draws": 3}, {"swag": 2}])
def test_several_networks_agree_in_what_they_speak_of(more: dict[str, int]) -> None:
    model = fitting(TorchLearner(Mlp((8,), 0.3), QUICK, outside=True).replaced(more)).model
    assert model is not None
    found = model.signals("samples", X)
    assert found["samples"].shape[2] == 2
    np.testing.assert_allclose(found["samples"].sum(axis=2), 1, atol=1e-5)
    assert found["outside"][KIND == 2].mean() > 0.8 > 0.2 > found["outside"][KIND != 2].mean()


def test_without_such_an_answer_it_is_an_ordinary_network() -> None:
    ordinary, told = fitting(TorchLearner(Mlp((8,), 0.0), QUICK), out=False), fitting(OPEN, out=False)
    np.testing.assert_array_equal(ordinary.column("proba"), told.column("proba"))
    assert not told.column("outside").any()


def test_other_learners_are_not_shown_items_out_of_scope() -> None:
    plain = TorchLearner(Mlp((8,), 0.0), QUICK)
    assert fitting(plain).key == fitting(plain, out=False).key
    np.testing.assert_array_equal(fitting(plain).column("proba"), fitting(plain, out=False).column("proba"))


def test_the_cache_knows_which_items_are_out_of_scope() -> None:
    assert OPEN.key != TorchLearner(Mlp((8,), 0.0), QUICK).key
    assert fitting(OPEN).key != fitting(OPEN, out=False).key


def test_only_items_out_of_scope_are_no_labels() -> None:
    pool = Pool.fresh(120, ["a", "b"])
    pool.state[:3] = ANSWER_CODES[OUT_OF_SCOPE]
    assert Fitting(OPEN, Table(X), pool, 0).model is None


def test_the_detector_reads_it_where_it_is_there() -> None:
    """The network's own probability; without an answer out of scope, or such a network, as before."""
    detector = get("k-plus-one")
    plain = TorchLearner(Mlp((8,), 0.0), QUICK)
    for learner, out, own in ((OPEN, True, True), (OPEN, False, False), (plain, True, False)):
        told = fitting(learner, out)
        view = Round.of(told.pool, Signals(120, told.sources()), ())
        assert detector.needed(view) == {"outside" if own else "embedding"}
        scores = asknext.detectors.scores(detector, view, view.candidates)
        if own:
            np.testing.assert_array_equal(scores, told.column("outside")[view.candidates])


def test_a_campaign_with_it_resumes(tmp_path: Path) -> None:
    truth = np.array(["a", "b", OUT_OF_SCOPE], dtype=object)[KIND]
    asked = []
    for place in ("whole", "killed"):
        campaign = asknext.Campaign(X, OPEN, "mqnet", detector="k-plus-one", seed=1, path=tmp_path / place)
        campaign.tell(SEEN[:12], truth[SEEN[:12]].tolist())
        picked = []
        for _ in range(2):
            ids = campaign.ask(6).ids
            if place == "killed":
                campaign.close()
                campaign = asknext.Campaign(
                    X, OPEN, "mqnet", detector="k-plus-one", seed=1, path=tmp_path / place
                )
            campaign.tell(ids, truth[ids].tolist())
            campaign.record()
            picked.append(ids.tolist())
        campaign.close()
        asked.append(picked)
    assert asked[0] == asked[1]


def test_a_comparison_and_its_replay(tmp_path: Path) -> None:
    """Images in a pool of which some belong to no class; then the same answers are learnt from by a proxy."""
    images = RNG.integers(60, size=(90, 8, 8, 3)).astype(np.uint8)
    y = np.arange(90) % 3
    for image, place in zip(images, y, strict=True):
        image[2 * place : 2 * place + 3, 2:5] = 250
    np.savez(tmp_path / "mine.npz", X=images, y=np.array(["x", "y", "z"])[y])
    learner = "resnet18(updates=6,width=2,outside=True)"
    asked = ("compare", tmp_path / "mine.npz", "--learner", learner, "--strategies", "random,mqnet")
    more = ("--scope", "x,y", "--detector", "k-plus-one", "--rounds", "2", "--seeds", "1", "--initial", "12")
    done = run(*asked, *more, "--batch", "6", "--jobs", "1", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    with (tmp_path / "out" / "results.csv").open() as file:
        assert {row["strategy"] for row in csv.DictReader(file)} == {"random", "mqnet"}
    again = run("replay", tmp_path / "out", "--learner", learner.replace("width=2", "width=3"))
    assert again.exit_code == 0, again.output


def test_it_is_spelt_in_brackets() -> None:
    made: Any = make("resnet18(outside=True)")
    assert made.reads_outside
    assert "outside" in made.provides
    assert not make("resnet18").reads_outside
