"""FlexMatch: thresholds and the loss against plain loops, and that images without labels teach something."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from asknext.deep.flexmatch import FlexMatch, taught, thresholds  # noqa: E402
from asknext.deep.training import Cancelled, Plan  # noqa: E402
from asknext.deep.views import view  # noqa: E402
from asknext.errors import AskNextError  # noqa: E402
from asknext.learners.base import Learner  # noqa: E402
from asknext.learners.flexmatch import FlexMatchLearner  # noqa: E402
from asknext.learners.recipes import Resnet18  # noqa: E402

QUICK = FlexMatch(Plan(updates=6, batch=4, rate=0.03), ratio=3)


def images(n: int = 60, side: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three kinds: bright above, bright below, and neither; in colours of their own, with noise."""
    rng = np.random.default_rng(seed)
    kinds = (np.arange(n) % 3).astype(np.int32)
    ramp = np.tile(np.linspace(-100, 100, side)[:, None], side)
    found = 128 + np.stack([ramp, -ramp, 0 * ramp])[kinds][..., None] * rng.uniform(0.3, 1, (n, 1, 1, 3))
    return np.clip(found + rng.normal(0, 25, found.shape), 0, 255).astype(np.uint8), kinds


def test_thresholds_in_numbers() -> None:
    """Of ten items 4 were believed to be of class 0, 2 of class 1, none of class 2."""
    said = torch.tensor([0, 0, 0, 0, 1, 1, -1, -1, -1, -1])
    expected = [0.95 * share / (2 - share) for share in (1.0, 0.5, 0.0)]
    np.testing.assert_allclose(thresholds(said, 3, 0.95), expected, rtol=1e-6)
    few = torch.tensor([0, 1, *[-1] * 8])  # most were not: counts are over 8
    np.testing.assert_allclose(thresholds(few, 2, 0.9), [0.9 * (1 / 8) / (2 - 1 / 8)] * 2, rtol=1e-6)
    assert thresholds(torch.full((5,), -1), 2, 0.9).tolist() == [0, 0]


def test_the_loss_of_strong_views_is_the_plain_loop() -> None:
    rng = np.random.default_rng(0)
    mild, hard = rng.normal(size=(9, 3)) * 4, rng.normal(size=(9, 3))
    said = torch.tensor([0] * 6 + [1] * 3 + [2] * 6 + [-1] * 5)
    ids = torch.tensor([19, 3, 5, 0, 7, 11, 12, 17, 18])
    how = FlexMatch(threshold=0.9)
    limits = thresholds(said, 3, 0.9).tolist()
    total, after, believed = 0.0, said.tolist(), 0
    for i, item in enumerate(ids.tolist()):
        p = np.exp(mild[i]) / np.exp(mild[i]).sum()
        told = int(p.argmax())
        if p[told] >= limits[told]:
            total -= math.log(np.exp(hard[i, told]) / np.exp(hard[i]).sum())
            believed += 1
        if p[told] >= 0.9:
            after[item] = told
    assert 0 < believed < 9
    found = taught(said, ids, torch.tensor(mild), torch.tensor(hard), how)
    assert float(found) == pytest.approx(total / 9, rel=1e-6)
    assert said.tolist() == after


def test_only_the_strong_view_is_taught() -> None:
    mild = torch.tensor([[9.0, 0.0]], requires_grad=True)
    hard = torch.tensor([[0.0, 0.0]], requires_grad=True)
    taught(torch.tensor([-1]), torch.tensor([0]), mild, hard, FlexMatch()).backward()
    assert mild.grad is None
    np.testing.assert_allclose(hard.grad, [[-0.5, 0.5]])


def test_images_without_labels_teach_something() -> None:
    """Two labels a kind: unseen images are known in strong views, which labels alone do not teach."""
    X, kinds = images(90)
    unseen, truth = images(90, seed=10)
    x = torch.from_numpy(unseen).permute(0, 3, 1, 2).float() / 255
    strong = (255 * view()(x, torch.Generator().manual_seed(0))).byte().permute(0, 2, 3, 1).numpy()
    how = FlexMatch(Plan(updates=80, batch=6, rate=0.03, nesterov=True, schedule="cosine"), ratio=6)
    learner = FlexMatchLearner(X, Resnet18(width=4), how)
    assert isinstance(learner, Learner)
    right = []
    for weight in (1.0, 0.0):
        model = replace(learner, how=replace(how, weight=weight)).fit(X[:6], kinds[:6], 0)
        right.append((model.signal("proba", strong).argmax(axis=1) == truth).mean())
    assert (model.signal("proba", unseen).argmax(axis=1) == truth).mean() > 0.8
    assert right[0] > right[1] + 0.05


def test_a_training_that_was_stopped_gives_the_same_network(tmp_path: Path) -> None:
    X, kinds = images(30)
    learner = FlexMatchLearner(X, Resnet18(width=4), QUICK)
    whole = learner.fit(X[:6], kinds[:6], 2).signal("logits", X)
    asked = iter(range(100))
    stopped = replace(learner, checkpoints=tmp_path, cancelled=lambda: next(asked) == 3)
    with pytest.raises(Cancelled):
        stopped.fit(X[:6], kinds[:6], 2)
    resumed = replace(learner, checkpoints=tmp_path).fit(X[:6], kinds[:6], 2)
    np.testing.assert_array_equal(resumed.signal("logits", X), whole)
    assert resumed.signals("proba", X).keys() == {"proba", "logits", "embedding"}
    assert (learner.fit(X[:6], kinds[:6], 3).signal("logits", X) != whole).any()


def test_what_it_cannot_learn_from_is_refused() -> None:
    X, kinds = images(30)
    with pytest.raises(AskNextError, match="give others as bytes"):
        FlexMatchLearner(X.astype(float))
    with pytest.raises(AskNextError, match="an item is 6 × 12 × 3 here, and 12 × 12 × 3 among the others"):
        FlexMatchLearner(X, Resnet18(width=4), QUICK).fit(X[:6, :6], kinds[:6], 0)


def test_the_key_is_of_all_that_matters() -> None:
    X, _ = images(30)
    learner = FlexMatchLearner(X, Resnet18(width=4), QUICK)
    others = [
        replace(learner, others=X[:20]), replace(learner, network=Resnet18(width=8)),
        replace(learner, how=replace(QUICK, ratio=4)),
    ]  # fmt: skip
    assert replace(learner, device="cpu").key == learner.key
    assert len({learner.key, *(other.key for other in others)}) == 4
