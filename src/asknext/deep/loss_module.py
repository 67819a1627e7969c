"""A small network beside the network, which learns from its feature maps how large its loss will be."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LossModule(nn.Module):
    """The mean of each feature map, through a layer of its own; all together through one more.

    Parameters
    ----------
    widths : channels of each map.
    hidden : units for each map.

    Source
    ------
    Yoo & Kweon 2019, "Learning Loss for Active Learning", figure 2.
    """

    def __init__(self, widths: Sequence[int], hidden: int = 128) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, hidden) for width in widths)
        self.last = nn.Linear(hidden * len(widths), 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """(m,) predicted losses; only their order means something."""
        hidden = [F.relu(layer(channels(each))) for layer, each in zip(self.layers, maps, strict=True)]
        return self.last(torch.cat(hidden, dim=1))[:, 0]


def channels(each: Tensor) -> Tensor:
    """(m, c) means over places, of maps (m, c, h, w), of tokens (m, t, c), or of features (m, c)."""
    if each.ndim == 4:
        return each.mean(dim=(2, 3))
    return each.mean(dim=1) if each.ndim == 3 else each


def ranking_loss(predicted: Tensor, actual: Tensor, margin: float = 1.0) -> Tensor:
    """How far pairs of predicted losses are from the order of the actual ones.

    Item i of m is paired with item m - 1 - i. The loss of a pair is max(0, margin - s · (p_i - p_j)), where s
    is 1 if the actual loss of i is the larger one, else -1. Two equal losses have no order, and their pair
    counts 0; published code takes them for ordered.

    Parameters
    ----------
    predicted : (m,) by the loss module.
    actual : (m,) of the network; no gradient flows into it.

    Returns
    -------
    The mean over pairs; 0 without a pair.

    Source
    ------
    Yoo & Kweon 2019, equation 2.
    """
    half = len(predicted) // 2
    sign = torch.sign(actual - actual.flip(0)).detach()[:half]
    apart = (predicted - predicted.flip(0))[:half]
    return (sign.abs() * F.relu(margin - sign * apart)).sum() / max(1, half)
