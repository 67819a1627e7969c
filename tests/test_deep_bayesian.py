"""Draws of a network, against what is written down: dropout, moments of the weights, and predicted losses."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor, nn

from asknext.deep import networks
from asknext.deep.batches import Batches
from asknext.deep.dropout import Masks, dropouts
from asknext.deep.inference import dropout_masks, outputs, swag_draws, swag_mean
from asknext.deep.loss_module import LossModule, ranking_loss
from asknext.deep.supervised import Classifier, Supervised, fit
from asknext.deep.swag import Moments, load, weights
from asknext.deep.taps import head_of, tapped, with_head
from asknext.deep.training import Plan

CPU = torch.device("cpu")
rng = np.random.default_rng(0)
IMAGES = rng.integers(256, size=(24, 16, 16, 3)).astype(np.uint8)
KINDS = np.arange(24) % 3


def resnet(**options: Any) -> networks.Network:
    torch.manual_seed(0)
    return networks.resnet18(3, width=2, **options)


def classifier(**how: Any) -> Classifier:
    plan = Plan(updates=16, batch=8, rate=0.05)
    make = lambda classes, _: networks.resnet18(classes, width=2, dropout=0.5)  # noqa: E731
    return fit(make, Batches(IMAGES, CPU), KINDS, 3, Supervised(plan, **how), 0)


# ---------------------------------------------------------------- dropout


def test_dropout_leaves_batch_normalisation_alone() -> None:
    """The statistics stay as they are, and what is said of an item does not depend on the others."""
    trained = classifier()
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    masks = dropout_masks(trained, 3, 0)
    whole = outputs(trained, Batches(IMAGES, CPU), masks)["draws"]
    for name, value in trained.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert not any(module.training for module in trained.modules())
    alone = outputs(trained, Batches(IMAGES[5:6], CPU), dropout_masks(trained, 3, 0))["draws"]
    np.testing.assert_allclose(alone[0], whole[5], atol=1e-5)


def test_a_draw_leaves_out_the_same_units_for_all_items() -> None:
    net = networks.mlp(4, 6, (50, 1000), dropout=0.4).eval()
    x = torch.rand(7, 6)
    seen: list[Tensor] = []
    with Masks(net, 1) as masks, tapped(net, (), into="head") as found:
        for part in (x[:3], x):
            net(part)
            seen.append(found["head"])
    mask = masks._masks["dropout", 1000]
    assert mask.unique().tolist() == pytest.approx([0.0, 1 / 0.6])
    assert 0.35 < (mask == 0).float().mean() < 0.45
    torch.testing.assert_close(seen[0], seen[1][:3])
    assert not seen[1][:, mask == 0].any()
    with torch.no_grad():
        assert torch.equal(net(x), net(x))


def test_draws_by_hand() -> None:
    """One hidden layer: the head of the masked units, its softmax."""
    trained = classifier()
    masks = dropout_masks(trained, 2, 9)
    found = outputs(trained, Batches(IMAGES, CPU), masks)
    head = trained.network.head
    for draw, each in enumerate(masks):
        (mask,) = each._masks.values()
        logits = (found["features"] * mask.numpy()) @ head.weight.numpy().T + head.bias.numpy()
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        np.testing.assert_allclose(found["draws"][:, draw], odds / odds.sum(axis=1, keepdims=True), atol=1e-5)
    assert not np.allclose(found["draws"][:, 0], found["draws"][:, 1])


def test_dropout_of_channels_leaves_out_whole_channels() -> None:
    net = nn.Sequential(nn.Conv2d(3, 20, 1), nn.Dropout2d(0.5), nn.Flatten(), nn.Linear(20 * 16, 2)).eval()
    with Masks(net, 0), tapped(net, ("1",)) as found:
        net(torch.rand(4, 3, 4, 4))
    silent = (found["1"] == 0).all(dim=(0, 2, 3))
    assert 3 < int(silent.sum()) < 17
    assert list(dropouts(net)) == ["1"]


# ---------------------------------------------------------------- SWAG


def test_moments_of_three_snapshots() -> None:
    """Weights 1, 2, 3: mean 2, variance 2/3; the deviations are from the means on the way: 0, ½, 1."""
    net = nn.Linear(1, 1, bias=False)
    moments = Moments(net, rank=2)
    for value in (1.0, 2.0, 3.0):
        nn.init.constant_(net.weight, value)
        moments.collect(net)
    assert moments.mean.item() == pytest.approx(2.0)
    assert moments.variance.item() == pytest.approx(2 / 3)
    assert sorted(moments.deviations[:, 0].tolist()) == pytest.approx([0.5, 1.0])


def test_draws_have_the_covariance_of_the_paper() -> None:
    net = nn.Linear(3, 1, bias=False)
    moments = Moments(net, rank=4)
    snapshots = rng.normal(size=(9, 3))
    for values in snapshots:
        net.weight.data = torch.tensor(values[None], dtype=torch.float32)
        moments.collect(net)
    means = np.cumsum(snapshots, axis=0) / np.arange(1, 10)[:, None]
    D = (snapshots - means)[-4:].T
    expected = 0.5 * (np.diag(snapshots.var(axis=0)) + D @ D.T / 3)
    drawn = np.stack([moments.draw(seed).numpy() for seed in range(20_000)])
    np.testing.assert_allclose(drawn.mean(axis=0), snapshots.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=0.06)


def test_rounding_makes_no_negative_variance() -> None:
    net = nn.Linear(1, 1, bias=False)
    moments = Moments(net, 1)
    nn.init.constant_(net.weight, 1234.567)
    for _ in range(5):
        moments.collect(net)
    assert moments.variance.item() >= 0
    assert torch.isfinite(moments.draw(0)).all()


def test_weights_go_back_where_they_came_from() -> None:
    net = resnet().to(memory_format=torch.channels_last).eval()
    other = copy.deepcopy(net)
    nn.init.zeros_(other.body.stem[0][0].weight)
    load(other, weights(net), [])
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert not other.training


def test_a_drawn_network_has_batch_statistics_of_its_own() -> None:
    trained = classifier(swag=4)
    assert trained.moments is not None
    assert int(trained.moments.count) == 4
    seen = Batches(IMAGES, CPU)
    norm = "body.stem.0.1"
    with torch.no_grad():
        x = trained.prepared(seen.take(np.arange(24)))
        for drawn in swag_draws(trained, seen, 2, 0):
            network = drawn.network
            found = network.body.stem[0][0](x)
            torch.testing.assert_close(
                network.get_submodule(norm).running_mean, found.mean((0, 2, 3)), atol=1e-5, rtol=1e-4
            )
            assert network is not trained.network


def test_swag_predicts_by_the_mean_of_its_snapshots() -> None:
    trained = classifier(swag=4)
    assert trained.moments is not None
    assert not torch.equal(weights(trained.network), trained.moments.mean)
    swag_mean(trained, Batches(IMAGES, CPU))
    assert torch.equal(weights(trained.network), trained.moments.mean)


@pytest.mark.parametrize(("updates", "swag"), [(16, 4), (17, 3), (40, 10)])
def test_snapshots_are_spread_over_the_last_quarter(updates: int, swag: int) -> None:
    from asknext.deep.supervised import _due

    how = Supervised(Plan(updates=updates), swag=swag)
    due = [done for done in range(1, updates + 1) if _due(done, how)]
    assert len(due) == swag
    assert due[-1] == updates
    assert due[0] > 0.75 * updates


# ---------------------------------------------------------------- predicted losses


def test_ranking_loss_by_hand() -> None:
    """Pairs (0, 3) and (1, 2): 1 - (0.5 - 0.2) = 0.7 in the right order, 1 + (2 - 1) = 2 in the wrong one."""
    predicted = torch.tensor([0.5, 2.0, 1.0, 0.2])
    actual = torch.tensor([3.0, 1.0, 4.0, 0.0])
    assert ranking_loss(predicted, actual).item() == pytest.approx((0.7 + 2.0) / 2)
    assert ranking_loss(predicted[:3], torch.tensor([1.0, 9.0, 2.0])).item() == pytest.approx(1 + 0.5 - 1.0)
    assert ranking_loss(predicted, torch.ones(4)).item() == 0.0
    assert ranking_loss(predicted[:1], actual[:1]).item() == 0.0


def test_ranking_loss_moves_the_prediction_alone() -> None:
    predicted, actual = torch.rand(6, requires_grad=True), torch.rand(6, requires_grad=True)
    ranking_loss(predicted, actual).backward()
    assert predicted.grad is not None
    assert actual.grad is None


def test_the_loss_module_reads_means_of_maps() -> None:
    module = LossModule([4, 5, 6], hidden=3)
    maps = [torch.rand(2, 4, 3, 3), torch.rand(2, 7, 5), torch.rand(2, 6)]
    means = [maps[0].mean((2, 3)), maps[1].mean(1), maps[2]]
    hidden = torch.cat([layer(mean).relu() for layer, mean in zip(module.layers, means, strict=True)], dim=1)
    torch.testing.assert_close(module(maps), module.last(hidden)[:, 0])


def test_the_gradient_is_stopped_when_told() -> None:
    """Before, the ranking loss changes the network; from then on, only the loss module."""
    net = resnet()
    trained = Classifier(net, nn.Identity(), net.maps, 0)
    trained.losses = LossModule([2, 4, 8, 16])
    x = torch.rand(4, 3, 16, 16)
    for detached in (False, True):
        trained.zero_grad()
        ranking_loss(trained(x, detached=detached).losses, torch.arange(4.0)).backward()
        moved = net.body.stem[0][0].weight.grad
        assert (moved is None or not moved.any()) == detached
        assert trained.losses.last.weight.grad.any()
    weights_of = [weights(classifier(loss_module=True, detach=share).network) for share in (0.0, 0.5, 1.0)]
    assert not torch.equal(weights_of[0], weights_of[1])
    assert not torch.equal(weights_of[1], weights_of[2])


# ---------------------------------------------------------------- taps


def test_parts_are_tapped_only_inside() -> None:
    net, x = networks.mlp(2, 3, (4,)), torch.rand(5, 3)
    with tapped(net, ("body.layer1",), into="head") as found:
        net(x)
    assert torch.equal(found["body.layer1"], net.body(x))
    assert found["head"].shape == (5, 4)
    found.clear()
    net(x)
    assert not found


def test_a_head_is_replaced_where_it_does_not_fit() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 2, bias=False)), nn.Identity())
    assert head_of(net) == "1.1"
    old = net[1][1]
    assert with_head(net, 2)[1][1] is old
    assert with_head(net, 7)[1][1].weight.shape == (7, 3)
    assert net[1][1].bias is None
