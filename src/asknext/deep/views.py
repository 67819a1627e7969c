"""Views of images for contrast: a part of each, in other colours or none, on its device."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from asknext.deep.augment import Augmentation, together

GREY = (0.299, 0.587, 0.114)  # of red, green and blue in what the eye takes for brightness
_IQ = ((0.596, -0.274, -0.322), (0.211, -0.523, 0.312))  # the two axes of colour beside it


def cut(
    images: Tensor,
    generator: torch.Generator,
    scale: tuple[float, float] = (0.2, 1.0),
    ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> Tensor:
    """A random part of each image, in the size of the whole.

    Parameters
    ----------
    images : (n, c, h, w) floats.
    generator : on the device of the images.
    scale : share of the area that is left, uniform between the two.
    ratio : width over height of the part, its logarithm uniform between the two; a part that would be wider
        or higher than the image is as wide or high as it.

    Returns
    -------
    (n, c, h, w) by bilinear interpolation.

    Source
    ------
    "Random resized crop" of Szegedy et al. 2015, as in Chen et al. 2020, appendix A. There the area begins at
    0.08, meant for large photographs.
    """
    n = len(images)
    area, shape, x, y = torch.rand(4, n, generator=generator, device=images.device)
    low, high = math.log(ratio[0]), math.log(ratio[1])
    root, stretch = (scale[0] + (scale[1] - scale[0]) * area).sqrt(), ((low + (high - low) * shape) / 2).exp()
    across, down = (root * stretch).clamp(max=1), (root / stretch).clamp(max=1)
    place = torch.zeros(n, 2, 3, device=images.device)
    place[:, 0, 0], place[:, 1, 1] = across, down
    place[:, 0, 2], place[:, 1, 2] = (2 * x - 1) * (1 - across), (2 * y - 1) * (1 - down)
    grid = F.affine_grid(place, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def coloured(
    images: Tensor, generator: torch.Generator, strength: float = 0.4, hue: float = 0.1, share: float = 0.8
) -> Tensor:
    """Brightness, contrast, saturation and hue of some images changed, in this order.

    Parameters
    ----------
    images : (n, 3, h, w) numbers from 0 to 1.
    generator : on the device of the images.
    strength : brightness, contrast and saturation are multiplied by a number between 1 - strength and
        1 + strength, each by its own.
    hue : turned by so many full circles at most, either way.
    share : of the images that are changed.

    Returns
    -------
    (n, 3, h, w) numbers from 0 to 1.

    Source
    ------
    "Colour jitter" of Chen et al. 2020, appendix A. They draw the order as well and turn hues in the space of
    hue, saturation and value; ours are turned about the axis of grey, which keeps the brightness.
    """
    n = len(images)
    drawn = 1 + strength * (2 * torch.rand(3, n, 1, 1, 1, generator=generator, device=images.device) - 1)
    turn = 2 * math.pi * hue * (2 * torch.rand(n, generator=generator, device=images.device) - 1)
    found = images * drawn[0]
    mean = _grey(found).mean(dim=(2, 3), keepdim=True)
    found = mean + (found - mean) * drawn[1]
    grey = _grey(found)
    found = grey + (found - grey) * drawn[2]
    found = torch.einsum("nij,njhw->nihw", _turns(turn), found).clamp(0, 1)
    return torch.where(_chosen(images, generator, share), found, images)


def greyed(images: Tensor, generator: torch.Generator, share: float = 0.2) -> Tensor:
    """Some of the images (n, 3, h, w) without their colours."""
    return torch.where(_chosen(images, generator, share), _grey(images).expand_as(images), images)


def _chosen(images: Tensor, generator: torch.Generator, share: float) -> Tensor:
    return (torch.rand(len(images), generator=generator, device=images.device) < share)[:, None, None, None]


def _grey(images: Tensor) -> Tensor:
    """(n, 1, h, w) brightness."""
    weights = torch.tensor(GREY, device=images.device)[None, :, None, None]
    return (images * weights).sum(dim=1, keepdim=True)


def _turns(angles: Tensor) -> Tensor:
    """(n, 3, 3) which turn colours about the axis of grey by these angles (n,)."""
    axes = torch.tensor([GREY, *_IQ], device=angles.device)
    turn = torch.zeros(len(angles), 3, 3, device=angles.device)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = angles.cos()
    turn[:, 2, 1] = angles.sin()
    turn[:, 1, 2] = -angles.sin()
    return torch.linalg.inv(axes) @ turn @ axes


def view(smallest: float = 0.2) -> Augmentation:
    """What makes a view of each image: a part of it, of at least this share of its area, in other colours.

    Images are not mirrored: after a quarter turn that would make the turn another one.
    """
    return together(partial(cut, scale=(smallest, 1.0)), coloured, greyed)
