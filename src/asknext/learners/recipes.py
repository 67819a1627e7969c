"""Networks that have a name as learners, each with a training that suits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from asknext.deep import networks
from asknext.deep.networks import Network
from asknext.deep.supervised import Supervised
from asknext.deep.training import Plan
from asknext.errors import AskNextError
from asknext.learners.pretrained import PretrainedImages, PretrainedTexts
from asknext.learners.torch import TorchLearner


@dataclass(frozen=True)
class Linear:
    """A linear layer on the numbers of an item. `dropout` : share of them that is left out."""

    dropout: float = 0.0

    def __call__(self, classes: int, shape: tuple[int, ...]) -> Network:
        """For items (d,)."""
        return networks.linear(classes, _width(shape), self.dropout)


@dataclass(frozen=True)
class Mlp:
    """Hidden layers on the numbers of an item. `hidden` : units of each; `dropout` : share left out."""

    hidden: tuple[int, ...] = (128,)
    dropout: float = 0.5

    def __call__(self, classes: int, shape: tuple[int, ...]) -> Network:
        """For items (d,)."""
        return networks.mlp(classes, _width(shape), self.hidden, self.dropout)


@dataclass(frozen=True)
class Resnet18:
    """ResNet-18 from scratch, see `asknext.deep.networks.resnet18`."""

    images: ClassVar[bool] = True

    stem: int = 32
    width: int = 64
    dropout: float = 0.0

    def __call__(self, classes: int, shape: tuple[int, ...]) -> Network:
        """For images (3, h, w)."""
        if len(shape) != 3:
            raise AskNextError(
                f"resnet18 reads images, and an item is {shape}; give X as (n, height, width, 3) bytes, or "
                "choose mlp-head."
            )
        return networks.resnet18(classes, self.stem, self.width, self.dropout)


def _width(shape: tuple[int, ...]) -> int:
    if len(shape) != 1:
        raise AskNextError(f"this network reads rows of numbers, and an item is {shape}; choose resnet18.")
    return shape[0]


_HEAD = Plan(updates=1000, optimiser="adamw", rate=1e-2, decay=1e-2, schedule="cosine")
_TUNED = Plan(
    updates=1000, optimiser="adamw", rate=1e-5, decay=1e-4, schedule="cosine", warmup=100
)

RECIPES = {
    "linear-probe": TorchLearner(Linear(), Supervised(_HEAD)),
    "mlp-head": TorchLearner(Mlp(), Supervised(_HEAD), draws=20),
    "resnet18": TorchLearner(Resnet18(), Supervised(augmentation="flip-and-move")),
    "resnet18-224": TorchLearner(Resnet18(stem=224), Supervised(augmentation="flip", crop=224)),
    "clip-vit-b32": TorchLearner(PretrainedImages("clip"), Supervised(_TUNED, "flip", standardise=False)),
    "dinov2": TorchLearner(PretrainedImages("dinov2"), Supervised(_TUNED, "flip", standardise=False)),
    "text-encoder": TorchLearner(PretrainedTexts("sentence"), Supervised(_TUNED, standardise=False)),
}
"""Learners by name. ResNet-18 is trained as published by Park et al. 2022, but for 2000 updates: 200 epochs,
`resnet18(epochs=200)`, are ten times as many.

Pretrained networks are fine-tuned as in LabelBench (Zhang et al. 2024), by AdamW along half a wave after a
warm-up, with a rate for batches of 64 in place of 400; its label smoothing, mixing of images and clipping of
gradients are left out."""
