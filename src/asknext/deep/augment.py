"""Images changed at random where they are, on the device, each in its own way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

Augmentation = Callable[[Tensor, torch.Generator], Tensor]
"""From images (m, 3, h, w), from 0 to 1, to changed ones; all randomness is from the generator, which is on
the device of the images."""


def together(*steps: Augmentation) -> Augmentation:
    """One change after the other."""

    def change(x: Tensor, generator: torch.Generator) -> Tensor:
        for step in steps:
            x = step(x, generator)
        return x

    return change


def flip(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each image mirrored, left to right, with probability one half."""
    chosen = torch.rand(len(x), generator=generator, device=x.device) < 0.5
    return torch.where(chosen[:, None, None, None], x.flip(3), x)


def crop(x: Tensor, generator: torch.Generator, side: int) -> Tensor:
    """A square cut out of each image, all places alike; a smaller image stays whole."""
    height, width = min(side, x.shape[2]), min(side, x.shape[3])
    return _cut(x, generator, height, width)


def pad_crop(x: Tensor, generator: torch.Generator, pad: int = 4) -> Tensor:
    """Each image moved by up to `pad` pixels in both directions; what comes in is black."""
    return _cut(F.pad(x, (pad, pad, pad, pad)), generator, *x.shape[2:])


def middle(x: Tensor, side: int) -> Tensor:
    """The square in the middle of each image, as `crop` cuts; nothing is random."""
    top, left = max(0, x.shape[2] - side) // 2, max(0, x.shape[3] - side) // 2
    return x[:, :, top : top + side, left : left + side]


def _cut(x: Tensor, generator: torch.Generator, height: int, width: int) -> Tensor:
    """(m, 3, height, width) a piece of each image."""
    places = []
    for length, wanted in zip(x.shape[2:], (height, width), strict=True):
        start = torch.randint(length - wanted + 1, (len(x), 1), generator=generator, device=x.device)
        places.append(start + torch.arange(wanted, device=x.device))
    down, across = places
    each = torch.arange(len(x), device=x.device)[:, None, None]
    return x.permute(0, 2, 3, 1)[each, down[:, :, None], across[:, None, :]].permute(0, 3, 1, 2)


AUGMENTATIONS: dict[str, Augmentation] = {
    "none": lambda x, _: x,
    "flip": flip,
    "flip-and-move": together(flip, partial(pad_crop, pad=4)),
}
"""Changes by name; the last is the usual one for images of 32 pixels."""
