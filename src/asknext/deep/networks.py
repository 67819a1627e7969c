"""Networks of two parts: a body that makes features of items, and a linear head that makes logits of them."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional as F


class Network(nn.Module):
    """A body, dropout and a linear head.

    Parameters
    ----------
    body : from items (m, …) to features (m, width).
    width : features.
    classes : logits.
    dropout : share of the features that is left out in training.
    maps : names of the submodules whose outputs are the feature maps, from the first to the last.
    scale : length that the head's rows begin with, each along the mean feature of its class; 0 begins at
        random.
    """

    def __init__(
        self,
        body: nn.Module,
        width: int,
        classes: int,
        dropout: float = 0.0,
        maps: tuple[str, ...] = (),
        scale: float = 0.0,
    ) -> None:
        super().__init__()
        self.body = body
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, classes)
        self.width = width
        self.maps = maps
        self.scale = scale
        self.imprinted = not scale

    def features(self, x: Tensor) -> Tensor:
        """(m, width) what the head reads."""
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        """(m, classes) logits."""
        return self.head(self.dropout(self.features(x)))


def linear(classes: int, d: int, dropout: float = 0.0) -> Network:
    """A linear probe: the features are the d numbers of an item themselves."""
    return Network(nn.Identity(), d, classes, dropout, maps=("body",))


def mlp(classes: int, d: int, hidden: tuple[int, ...] = (128,), dropout: float = 0.5) -> Network:
    """Hidden layers of rectified units over the d numbers of an item, dropout between them."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for place, (before, after) in enumerate(zip((d, *hidden), hidden, strict=False)):
        unit = nn.Sequential(nn.Linear(before, after), nn.ReLU())
        if place:
            unit.insert(0, nn.Dropout(dropout))
        layers[f"layer{place + 1}"] = unit
    maps = tuple(f"body.{name}" for name in layers)
    return Network(nn.Sequential(layers), hidden[-1], classes, dropout, maps)


def resnet18(classes: int, stem: int = 32, width: int = 64, dropout: float = 0.0) -> Network:
    """ResNet-18 for colour images (m, 3, h, w), from scratch.

    Parameters
    ----------
    classes : logits.
    stem : 32 begins with a 3 × 3 convolution, for images of about 32 pixels; 224 with a 7 × 7 convolution of
        stride 2 and a maximum over 3 × 3, for images of about 224 pixels.
    width : channels of the first stage; the published network has 64.
    dropout : before the head; the published network has none.

    Returns
    -------
    A network of 8 · width features, whose maps are its four stages.

    Source
    ------
    He et al. 2016, "Deep Residual Learning for Image Recognition", table 1; the small
    stem is that of its section 4.2. Weights begin as in He et al. 2015, normal with variance 2 / fan-out.
    """
    parts = OrderedDict[str, nn.Module](stem=_stem(stem, width))
    channels = width
    for stage in range(4):
        out = width * 2**stage
        first = Block(channels, out, stride=1 if stage == 0 else 2)
        parts[f"stage{stage + 1}"] = nn.Sequential(first, Block(out, out))
        channels = out
    maps = tuple(f"body.{name}" for name in parts if name != "stem")
    parts["mean"] = Mean()
    body = nn.Sequential(parts)
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return Network(body, channels, classes, dropout, maps)


class Block(nn.Module):
    """Two 3 × 3 convolutions, and a way around them."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.first = _convolution(before, after, 3, stride)
        self.second = _convolution(after, after, 3)
        same = before == after and stride == 1
        self.around = nn.Identity() if same else _convolution(before, after, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(m, after, h / stride, w / stride)."""
        return F.relu(self.second(F.relu(self.first(x))) + self.around(x))


class Mean(nn.Module):
    """The mean of each channel; unlike a pooling layer, its gradient is the same in each run on a GPU."""

    def forward(self, x: Tensor) -> Tensor:
        """(m, channels) of maps (m, channels, h, w)."""
        return x.mean(dim=(2, 3))


def _stem(pixels: int, width: int) -> nn.Module:
    if pixels == 32:
        return nn.Sequential(_convolution(3, width, 3), nn.ReLU())
    return nn.Sequential(_convolution(3, width, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1))


def _convolution(before: int, after: int, side: int, stride: int = 1) -> nn.Module:
    """A convolution and batch normalisation."""
    convolution = nn.Conv2d(before, after, side, stride, padding=side // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after))
