"""Networks: their shapes, their maps, and the published size."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from asknext.deep import networks


@pytest.mark.parametrize(("stem", "pixels", "sides"), [(32, 32, [32, 16, 8, 4]), (224, 64, [16, 8, 4, 2])])
def test_resnet_has_four_stages(stem: int, pixels: int, sides: list[int]) -> None:
    net = networks.resnet18(5, stem, width=4)
    shapes = []
    for name in net.maps:
        net.get_submodule(name).register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape)))
    x = torch.rand(2, 3, pixels, pixels)
    assert net(x).shape == (2, 5)
    assert net.features(x).shape == (2, net.width)
    assert shapes[:4] == [(2, 4 * 2**i, side, side) for i, side in enumerate(sides)]


def test_resnet_is_of_the_published_size() -> None:
    """11,689,512 weights for 1000 classes, and 11,173,962 in its small form for ten: counted elsewhere."""
    for classes, stem, size in ((1000, 224, 11_689_512), (10, 32, 11_173_962)):
        assert sum(p.numel() for p in networks.resnet18(classes, stem).parameters()) == size


def test_features_of_a_linear_probe_are_the_items() -> None:
    net, x = networks.linear(3, 4), torch.rand(2, 4)
    assert torch.equal(net.features(x), x)
    assert torch.equal(net(x), net.head(x))


def test_hidden_layers() -> None:
    net, x = networks.mlp(3, 4, (6, 5)), torch.rand(2, 4)
    assert net.features(x).shape == (2, 5)
    assert net.maps == ("body.layer1", "body.layer2")
    assert [m.p for m in net.modules() if isinstance(m, torch.nn.Dropout)] == [0.5, 0.5]
