"""Self-supervision: a network learns from images without labels to know an image again in another view."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from asknext import rows
from asknext.deep.augment import flip
from asknext.deep.batches import Batches, Standard
from asknext.deep.contrastive import TURNS, csi, nt_xent, turned
from asknext.deep.networks import resnet18
from asknext.deep.training import Plan, best_device, order, precision, reproducible, train
from asknext.deep.views import view
from asknext.kernels.csi import Turned
from asknext.types import Array

Method = Literal["simclr", "csi"]
PROJECTED = 128  # numbers that views are compared by
FEWEST = 8  # images, below which there is nothing to be unlike
LARGE = 96  # pixels, from which on a network begins as for large photographs


@dataclass(frozen=True)
class SelfSupervision:
    """How to learn without labels.

    Parameters
    ----------
    method : "simclr", or "csi", which also tells turned images apart and by how much they are turned.
    epochs : passes over the images.
    batch : images an update, at most; twice as many views are compared, and for CSI eight times as many.
    temperature : of the contrast.
    width : channels of the first stage of the ResNet-18, whose features are eight times as many.
    smallest : share of its area that a view shows at least.
    rate : the highest learning rate, at a batch of 256; in proportion to the batch.
    decay : weight decay.

    Source
    ------
    Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", appendix B.9 on
    small images, and Tack et al. 2020 (CSI). Both descend by LARS, which batches below a thousand do not
    need: here it is SGD with momentum, a warm-up of a twentieth and a cosine, as in the code of TypiClust.
    """

    method: Method = "simclr"
    epochs: int = 200
    batch: int = 256
    temperature: float = 0.2
    width: int = 64
    smallest: float = 0.2
    rate: float = 0.2
    decay: float = 5e-4

    def plan(self, n: int) -> Plan:
        """How to descend on n images."""
        updates = self.epochs * math.ceil(n / self.batch)
        rate = self.rate * min(n, self.batch) / 256
        return Plan(
            updates=updates, batch=self.batch, optimiser="sgd", rate=rate, nesterov=True, decay=self.decay,
            schedule="cosine", warmup=updates // 20,
        )  # fmt: skip


class Contrast(nn.Module):
    """A ResNet-18, of which views are compared by a projection, and turns told by a linear head.

    Parameters
    ----------
    standard : of the colours.
    side : pixels of the images, which choose how the network begins.
    width : channels of its first stage.
    """

    def __init__(self, standard: Standard, side: int, width: int) -> None:
        super().__init__()
        self.standard = standard
        self.network = resnet18(PROJECTED, 32 if side < LARGE else 224, width)
        features = self.network.width
        self.network.head = nn.Sequential(
            nn.Linear(features, features), nn.ReLU(), nn.Linear(features, PROJECTED)
        )
        self.turn = nn.Linear(features, TURNS)

    def features(self, images: Tensor) -> Tensor:
        """(m, 8 · width) of images (m, 3, h, w) from 0 to 1."""
        standard = self.standard(images).contiguous(memory_format=torch.channels_last)
        return self.network.features(standard)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(m, 128) projections, and (m, 4) logits of how far an image is turned."""
        features = self.features(images)
        return self.network.head(features), self.turn(features)


def learn(
    images: Array,
    how: SelfSupervision,
    seed: int = 0,
    *,
    device: torch.device | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    checkpoint: Path | None = None,
) -> Contrast:
    """A network that was taught by the images alone.

    Parameters
    ----------
    images : (n, h, w, 3) bytes, at least 8 of them; for CSI they are square.
    how : the method and its settings.
    seed : of the first weights, the order, and the views.
    device : None takes the GPU if there is one.
    progress : called with the updates done and those due.
    cancelled : asked before each update.
    checkpoint : a file to resume from where it is there, and to write to, after each epoch.

    Returns
    -------
    The network, in evaluation mode.

    Raises
    ------
    Cancelled : `cancelled` said so.
    AskNextError : see `training.train`.
    ValueError : there are too few images, or they are not square.
    """
    n, height, width = images.shape[:3]
    if n < FEWEST:
        raise ValueError(f"there are {n} images; at least {FEWEST} are needed to tell them apart")
    if how.method == "csi" and height != width:
        raise ValueError(f"CSI turns images, so they must be square, not {height} × {width}")
    where = device or best_device()
    batches = Batches(images, where)
    with reproducible(where, seed):
        module = Contrast(Standard.of(batches), max(height, width), how.width).to(where)
    module.to(memory_format=torch.channels_last)
    change = view(how.smallest)

    def loss(update: int, generator: torch.Generator) -> Tensor:
        x = batches.take(order(n, how.batch, update, seed))
        both = [flip(x, generator), flip(x, generator)]
        if how.method == "csi":
            both = [turned(x) for x in both]
        projections, logits = module(torch.cat([change(x, generator) for x in both]))
        first, second = projections.chunk(2)
        if how.method == "csi":
            return csi(first, second, logits, how.temperature)
        return nt_xent(first, second, how.temperature)

    train(
        module, loss, how.plan(n), seed, progress=progress, cancelled=cancelled, checkpoint=checkpoint,
        key=rows.fingerprint(images, repr(how)), save_every=math.ceil(n / how.batch),
    )  # fmt: skip
    return module


def features(module: Contrast, images: Array) -> Array:
    """(n, 8 · width) float32 features of images (n, h, w, 3) bytes, of which none is changed."""
    return _all(module, images, lambda x: module.features(x))


def projections(module: Contrast, images: Array) -> Array:
    """(n, 128) float32 projections of images, whose cosines are MQ-Net's purity where the method was CSI."""
    return _all(module, images, lambda x: module(x)[0])


def turns(module: Contrast, images: Array) -> Turned:
    """What CSI's score needs of images (n, side, side, 3), each turned four times."""

    def told(x: Tensor) -> Tensor:
        z, logits = module(turned(x))
        own = logits.unflatten(0, (TURNS, len(x))).diagonal(dim1=0, dim2=2)
        return torch.cat([z.unflatten(0, (TURNS, len(x))).transpose(0, 1).flatten(1), own], dim=1)

    found = _all(module, images, told)
    return Turned(found[:, :-TURNS].reshape(len(images), TURNS, PROJECTED), found[:, -TURNS:])


def _all(module: Contrast, images: Array, told: Callable[[Tensor], Tensor]) -> Array:
    device = next(module.parameters()).device
    with torch.inference_mode(), precision(device):
        found = [told(x).float().cpu().numpy() for _, x in Batches(images, device).blocks()]
    return np.concatenate(found)
