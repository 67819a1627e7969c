"""Networks as learners: each signal against what is written down, and campaigns that go on with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from sklearn.datasets import load_digits
from torch import nn

import asknext
from asknext.deep.networks import Network
from asknext.deep.supervised import Supervised
from asknext.deep.swag import weights
from asknext.deep.training import Plan
from asknext.errors import AskNextError
from asknext.learners import as_learner, make
from asknext.learners.base import Learner, OnePass
from asknext.learners.fitting import Fitting, Table
from asknext.learners.recipes import Linear, Mlp, Resnet18
from asknext.learners.torch import TorchLearner, TorchModel
from asknext.pool import Pool
from asknext.signals import softmax
from asknext.strategies.learning_loss import LearningLoss

X, DIGITS = load_digits(return_X_y=True)
X, DIGITS = X[:400].astype(np.float32), DIGITS[:400].astype(np.int32)
SEEN = np.arange(60)
QUICK = Plan(updates=60, batch=16, optimiser="adamw", rate=1e-2, decay=1e-2, schedule="cosine")
IMAGES = np.random.default_rng(0).integers(256, size=(30, 16, 16, 3)).astype(np.uint8)
KINDS = (np.arange(30) % 3).astype(np.int32)
TINY = TorchLearner(Resnet18(width=4), Supervised(Plan(updates=12, batch=8), "flip-and-move"))


def trained(learner: TorchLearner, seed: int = 0) -> TorchModel:
    return learner.fit(X[SEEN], DIGITS[SEEN], seed)


def pool(y: list[int], n: int) -> Pool:
    made = Pool.fresh(n, range(max(y) + 1))
    made.state[: len(y)] = y
    return made


def test_it_is_a_learner_whose_model_gives_all_at_once() -> None:
    assert isinstance(TINY, Learner)
    assert isinstance(trained(TorchLearner(Linear(), Supervised(QUICK))), OnePass)


def test_what_it_provides() -> None:
    plain, extra = TorchLearner(Mlp()), Supervised(loss_module=True)
    assert plain.provides == {"proba", "logits", "embedding"}
    assert TorchLearner(Mlp(), extra).provides == {"proba", "logits", "embedding", "predicted_loss"}
    assert TorchLearner(Mlp(), draws=3).provides == {"proba", "logits", "embedding", "samples"}
    assert TorchLearner(Mlp(), members=2).provides == {"proba", "embedding", "samples"}
    assert TorchLearner(Mlp(), Supervised(swag=3)).provides == {"proba", "embedding", "samples"}


def test_signals_of_a_hidden_layer_by_hand() -> None:
    """Standardised rows, one layer, the head: with the weights of the network, in plain numpy."""
    model = trained(TorchLearner(Mlp((8,)), Supervised(QUICK)))
    rows = X[100:140]
    mean = X[SEEN].mean(axis=0)
    scaled = (rows - mean) / np.sqrt(X[SEEN].var(axis=0).mean())
    layer, head = model.members[0].network.body[0][0], model.members[0].network.head
    hidden = np.maximum(scaled @ layer.weight.numpy().T + layer.bias.numpy(), 0)
    logits = hidden @ head.weight.numpy().T + head.bias.numpy()
    found = model.signals("proba", rows)
    np.testing.assert_allclose(found["embedding"], hidden, atol=1e-4)
    np.testing.assert_allclose(found["logits"], logits, atol=1e-4)
    np.testing.assert_allclose(found["proba"], softmax(logits), atol=1e-5)
    np.testing.assert_array_equal(model.signal("logits", rows), found["logits"])


def test_the_embedding_of_images_is_what_the_head_reads() -> None:
    model = TINY.fit(IMAGES, KINDS, 0)
    classifier, found = model.members[0], model.signals("proba", IMAGES)
    x = torch.from_numpy(IMAGES.transpose(0, 3, 1, 2) / 255).float()
    with torch.no_grad():
        features = classifier.network.features(classifier.standard(x))
        logits = classifier.network.head(features)
    np.testing.assert_allclose(found["embedding"], features, atol=1e-4)
    np.testing.assert_allclose(found["logits"], logits, atol=1e-4)
    assert found["embedding"].shape == (30, 32)


def test_what_is_said_of_an_item_does_not_depend_on_its_neighbours() -> None:
    learner = TorchLearner(Mlp((8, 8)), Supervised(QUICK, loss_module=True), members=2, draws=4)
    model = trained(learner)
    whole, part = model.signals("samples", X), model.signals("samples", X[[7, 300]])
    for name in learner.provides:
        np.testing.assert_allclose(part[name], whole[name][[7, 300]], atol=1e-5)


def test_signals_do_not_depend_on_which_is_wanted() -> None:
    for learner in (
        TorchLearner(Mlp((8,)), Supervised(QUICK), members=2, draws=3),
        TorchLearner(Mlp((8,)), Supervised(QUICK, swag=4), draws=3),
    ):
        model = trained(learner)
        found = model.signals("samples", X[:50])
        np.testing.assert_allclose(model.signal("proba", X[:50]), found["proba"], atol=1e-6)


def test_members_are_networks_of_other_seeds_and_probabilities_their_mean() -> None:
    model = trained(TorchLearner(Mlp((8,)), Supervised(QUICK), members=3))
    found = model.signals("proba", X)
    assert found["samples"].shape == (400, 3, 10)
    np.testing.assert_allclose(found["proba"], found["samples"].mean(axis=1), atol=1e-6)
    alone = trained(TorchLearner(Mlp((8,)), Supervised(QUICK)))
    np.testing.assert_allclose(found["samples"][:, 0], alone.signal("proba", X), atol=1e-6)
    assert np.abs(found["samples"][:, 0] - found["samples"][:, 1]).mean() > 0.001


def test_several_members_with_swag_are_multi_swag() -> None:
    learner = TorchLearner(Mlp((8,)), Supervised(QUICK, swag=4), members=2, draws=3)
    model = trained(learner)
    found = model.signals("samples", X)
    assert found["samples"].shape == (400, 6, 10)
    for member in model.members:
        assert torch.equal(weights(member.network), member.moments.mean)
    apart = found["samples"].reshape(400, 2, 3, 10).mean(axis=2)
    assert np.abs(apart[:, 0] - apart[:, 1]).mean() > 0.001


def test_it_learns() -> None:
    for name in ("linear-probe(updates=200)", "mlp-head(updates=200)"):
        model = make(name).fit(X[:200], DIGITS[:200], 0)
        accuracy = np.mean(model.classes[model.signal("proba", X[200:]).argmax(axis=1)] == DIGITS[200:])
        assert accuracy > 0.8, name


def test_classes_are_those_that_it_saw() -> None:
    model = TorchLearner(Linear(), Supervised(QUICK)).fit(X[:40], np.array([2, 7] * 20, dtype=np.int32), 0)
    assert model.classes.tolist() == [2, 7]
    fitting = Fitting(TorchLearner(Linear(), Supervised(QUICK)), Table(X), pool([1, 3, 3, 1], 400), 0)
    proba = fitting.column("proba")
    assert proba.shape == (400, 4)
    assert not proba[:, [0, 2]].any()


@pytest.mark.parametrize("rows", [1, 2])
def test_few_items_and_one_class(rows: int) -> None:
    for learner, items in ((TINY, IMAGES), (TorchLearner(Linear(), Supervised(QUICK)), X)):
        found = learner.fit(items[:rows], np.zeros(rows, np.int32), 0).signals("proba", items[:5])
        assert found["proba"].tolist() == [[1.0]] * 5
        assert np.isfinite(found["embedding"]).all()


def test_early_stopping_takes_the_best_weights_of_items_held_out() -> None:
    """With labels at random nothing can be learnt, and the loss on what is held out only rises."""
    y = np.random.default_rng(0).integers(5, size=200).astype(np.int32)
    told: list[int] = []
    plan = Plan(updates=2000, batch=32, optimiser="adamw", rate=1e-2, schedule="constant")
    how = Supervised(plan, held_out=0.3, patience=3)
    learner = TorchLearner(Mlp((32,), 0.0), how, progress=lambda done, _: told.append(done))
    member = learner.fit(X[:200], y, 0).members[0]
    assert told[-1] < 600
    assert int(member.best.since) == 3
    assert torch.equal(weights(member.network), weights(member.best.network))


# ---------------------------------------------------------------- the loss module


def test_learning_loss_asks_the_largest_predicted_loss() -> None:
    learner = TorchLearner(Mlp((16,)), Supervised(QUICK, loss_module=True))
    campaign = asknext.Campaign(X, learner, LearningLoss(), seed=3)
    campaign.tell(SEEN, DIGITS[SEEN].tolist())
    losses = campaign.fitting.column("predicted_loss")
    picked = campaign.ask(5)
    free = np.setdiff1d(np.arange(400), SEEN)
    assert picked.ids.tolist() == free[np.argsort(-losses[free])][:5].tolist()
    assert picked.scores is not None
    np.testing.assert_allclose(picked.scores, losses[picked.ids])


def test_predicted_losses_rank_unseen_items_better_than_chance() -> None:
    """Two classes that overlap at one end: the network is wrong there, and knows where that is."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, size=(1200, 2)).astype(np.float32)
    noise = (points[:, 0] > 0) & (rng.random(1200) < 0.5)
    y = ((points[:, 1] > 0) ^ noise).astype(np.int32)
    plan = Plan(updates=600, batch=32, optimiser="adamw", rate=3e-3, schedule="cosine")
    model = TorchLearner(Mlp((32,), 0.1), Supervised(plan, loss_module=True)).fit(points[:600], y[:600], 0)
    found = model.signals("predicted_loss", points[600:])
    true = -np.log(found["proba"][np.arange(600), y[600:]] + 1e-9)
    i, j = rng.integers(600, size=(2, 20_000))
    right = np.sign(true[i] - true[j]) == np.sign(found["predicted_loss"][i] - found["predicted_loss"][j])
    assert right[i != j].mean() > 0.6


# ---------------------------------------------------------------- campaigns


def play(campaign: asknext.Campaign, rounds: int) -> list[list[int]]:
    asked = []
    for _ in range(rounds):
        if len(campaign.pending):
            campaign.tell(campaign.pending, DIGITS[campaign.pending].tolist())
        asked.append(campaign.ask(5).ids.tolist())
    return asked


def test_a_campaign_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    learner = make("mlp-head(updates=40)")
    with asknext.Campaign(X, learner, "bald", seed=1) as campaign:
        campaign.tell(SEEN[:20], DIGITS[:20].tolist())
        whole = play(campaign, 4)
    with asknext.Campaign(X, learner, "bald", seed=1, path=tmp_path / "c") as campaign:
        campaign.tell(SEEN[:20], DIGITS[:20].tolist())
        first = play(campaign, 2)
    with asknext.Campaign(X, learner, "bald", seed=1, path=tmp_path / "c") as campaign:
        assert first + play(campaign, 2) == whole


def test_a_fresh_process_asks_the_same() -> None:
    code = (
        "import numpy as np, asknext; from sklearn.datasets import load_digits; "
        "X, y = load_digits(return_X_y=True); "
        "c = asknext.Campaign(X[:400], 'mlp-head(updates=40)', 'bald', seed=2); "
        "c.tell(range(20), y[:20].tolist()); print(c.ask(10).ids.tolist())"
    )
    asked = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout]
    campaign = asknext.Campaign(X.astype(float), "mlp-head(updates=40)", "bald", seed=2)
    campaign.tell(range(20), DIGITS[:20].tolist())
    assert asked == [f"{campaign.ask(10).ids.tolist()}\n"]


def test_one_pass_for_all_that_a_strategy_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    signals = TorchModel.signals

    def counted(self: TorchModel, name: str, X: Any) -> Any:
        calls.append(name)
        return signals(self, name, X)

    monkeypatch.setattr(TorchModel, "signals", counted)
    campaign = asknext.Campaign(IMAGES, TINY, "badge", seed=0)
    campaign.tell(range(9), KINDS[:9].tolist())
    assert len(campaign.ask(3)) == 3
    assert len(calls) == 1


def test_distances_between_images_are_those_of_the_network() -> None:
    campaign = asknext.Campaign(IMAGES, TINY, "k-center", seed=0)
    campaign.tell(range(9), KINDS[:9].tolist())
    embedding = campaign.fitting.column("embedding")
    picked = campaign.ask(1)
    nearest = np.linalg.norm(embedding[:, None] - embedding[None, :9], axis=2).min(axis=1)
    assert picked.ids.tolist() == [int(nearest.argmax())]


class Broken(nn.Module):
    """Goes wrong in training, in one of two ways."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.layer, self.how = nn.Linear(64, 3), how

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.how == "memory":
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return self.layer(x) * float("nan")


@pytest.mark.parametrize(("how", "said"), [("memory", "memory does not suffice"), ("nan", "is not finite")])
def test_what_goes_wrong_in_training_leaves_the_log_as_it_is(how: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "c"
    with asknext.Campaign(X, TorchLearner(Broken(how), Supervised(QUICK)), "margin", path=path) as campaign:
        campaign.tell(range(9), DIGITS[:9].tolist())
        with pytest.raises(AskNextError, match=said) as error:
            campaign.ask(3)
        assert "\n" not in str(error.value)
        assert len(campaign.labels) == 9
    with asknext.Campaign(X, make("linear-probe(updates=20)"), "margin", path=path) as campaign:
        assert len(campaign.labels) == 9
        assert len(campaign.ask(3)) == 3


def test_checkpoints_spare_a_training_that_was_done(tmp_path: Path) -> None:
    told: list[int] = []
    learner = TorchLearner(
        Mlp((8,)), Supervised(QUICK, loss_module=True, swag=2), members=2, checkpoints=tmp_path,
        progress=lambda done, _: told.append(done),
    )  # fmt: skip
    first = trained(learner).signals("samples", X[:50])
    assert len(list(tmp_path.iterdir())) == 2
    before = len(told)
    again = trained(learner).signals("samples", X[:50])
    assert len(told) == before
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    trained(learner, seed=1)
    assert len(told) == 2 * before


def test_training_can_be_stopped() -> None:
    with pytest.raises(AskNextError, match="stopped after 0 of 60"):
        trained(TorchLearner(Mlp(), Supervised(QUICK), cancelled=lambda: True))


# ---------------------------------------------------------------- any network


class Lightning(nn.Module):
    """Looks like a Lightning module: a forward of its own, and things that are no layers."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.5))
        self.classify = nn.Linear(16, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classify(self.encode(x))


def test_any_module_is_trained_from_its_weights_with_a_head_of_its_own() -> None:
    module = Lightning()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    learner = TorchLearner(
        module, Supervised(Plan(updates=1, rate=0.0), loss_module=True, maps=("encode.1", "encode")), draws=3
    )
    assert as_learner(module).key == TorchLearner(module).key
    model = trained(learner)
    network = model.members[0].network
    torch.testing.assert_close(network.encode[0].weight, before["encode.0.weight"])
    assert network.classify.out_features == 10
    found = model.signals("samples", X[:20])
    assert found["embedding"].shape == (20, 16)
    assert found["samples"].shape == (20, 3, 10)
    assert found["predicted_loss"].shape == (20,)
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])


def factory(classes: int, shape: tuple[int, ...]) -> Network:
    return Network(nn.Linear(shape[0], 4), 4, classes)


def test_a_function_may_make_the_network() -> None:
    assert trained(TorchLearner(factory, Supervised(QUICK))).signal("embedding", X[:3]).shape == (3, 4)


def test_keys_tell_learners_apart() -> None:
    module = Lightning()
    learners = [
        TorchLearner(Mlp()), TorchLearner(Mlp((8,))), TorchLearner(Linear()), TorchLearner(Mlp(), draws=1),
        TorchLearner(Mlp(), members=2), TorchLearner(Mlp(), Supervised(Plan(rate=0.2))),
        TorchLearner(Mlp(), Supervised(augmentation="flip")), TorchLearner(module), TorchLearner(Lightning()),
        TorchLearner(factory),
    ]  # fmt: skip
    keys = [learner.key for learner in learners]
    assert len(set(keys)) == len(keys)
    assert TorchLearner(Mlp(), device="cpu", progress=print).key == TorchLearner(Mlp()).key
    assert TorchLearner(module).key == TorchLearner(module).key


def test_a_skorch_net_is_taken_as_it_is() -> None:
    skorch = pytest.importorskip("skorch")
    net = skorch.NeuralNetClassifier(
        nn.Linear, module__in_features=64, module__out_features=10, criterion=nn.CrossEntropyLoss,
        max_epochs=60, lr=0.01, train_split=None, verbose=0,
    )  # fmt: skip
    learner = as_learner(net)
    inside = SEEN[DIGITS[SEEN] != 3]
    models = [learner.fit(X[inside], DIGITS[inside], seed) for seed in (0, 0, 1)]
    assert models[0].classes.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    first, same, other = (model.signal("proba", X) for model in models)
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.01
    assert np.mean(models[0].classes[first.argmax(axis=1)] == DIGITS) > 0.6
    campaign = asknext.Campaign(X, net, "margin", seed=0)
    campaign.tell(range(60), DIGITS[:60].tolist())
    assert len(campaign.ask(5)) == 5


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["linear-probe", "mlp-head", "resnet18", "resnet18-224"])
def test_names_have_parameters_of_all_parts(name: str) -> None:
    made: Any = make(f"{name}(updates=7, dropout=0.25, members=2, loss_module=True)")
    assert (made.how.plan.updates, made.network.dropout, made.members) == (7, 0.25, 2)
    assert "predicted_loss" in made.provides
    assert make(name).key == make(name).key != made.key
    with pytest.raises(AskNextError, match=r"no parameter 'depth'; there is: .*updates"):
        make(f"{name}(depth=3)")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("updates=0", "updates is 0; give a whole number of at least 1"),
        ("updates='many'", "updates is 'many'"),
        ("optimiser='adam'", "optimiser is 'adam'; choose one of sgd, adamw"),
        ("schedule='linear'", "choose one of step, cosine, constant"),
        ("rate=-1", "rate is -1; give a number of at least 0"),
        ("swag=-1", "swag is -1"),
        ("held_out=1", "held_out is 1; give a share"),
        ("augmentation='flop'", "unknown augmentation 'flop'; did you mean 'flip'"),
    ],
)
def test_parameters_out_of_range(wrong: str, said: str) -> None:
    with pytest.raises(AskNextError, match=said):
        make(f"resnet18({wrong})")


def test_a_wrong_kind_of_items_is_refused() -> None:
    with pytest.raises(AskNextError, match="reads images"):
        TINY.fit(X[:5], DIGITS[:5], 0)
    with pytest.raises(AskNextError, match="reads rows of numbers"):
        make("mlp-head").fit(IMAGES, KINDS, 0)
    model = trained(TorchLearner(Linear(), Supervised(QUICK)))
    with pytest.raises(AskNextError, match="an item is"):
        model.signal("proba", X[:, :5])


def test_what_is_no_network() -> None:
    with pytest.raises(AskNextError, match="is no network"):
        TorchLearner("resnet50")
    with pytest.raises(AskNextError, match="members is 0; give a whole number of at least 1"):
        TorchLearner(Mlp(), members=0)
    with pytest.raises(AskNextError, match="no network can be made for 10 classes of items"):
        trained(TorchLearner(Mlp(dropout=7)))
    with pytest.raises(AskNextError, match="no linear layer"):
        trained(TorchLearner(nn.Sequential(nn.Flatten())))
    with pytest.raises(AskNextError, match="no dropout"):
        trained(TorchLearner(Linear(), Supervised(QUICK), draws=2)).signal("samples", X[:3])
    with pytest.raises(AskNextError, match="no part 'nothing'"):
        trained(TorchLearner(Mlp(), Supervised(QUICK, loss_module=True, maps=("nothing",))))
