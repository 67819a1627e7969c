"""SWAG: a Gaussian of the weights that a training passes through, from which whole networks are drawn."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn


class Moments(nn.Module):
    """Mean, variance and deviations of the weights of a network, collected on the way.

    Parameters
    ----------
    network : of whose weights; they are collected later.
    rank : deviations that are kept, the last ones; each takes as much room as the network.

    Source
    ------
    Maddox et al. 2019, "A Simple Baseline for Bayesian Uncertainty in Deep Learning", section 3.2 and
    algorithm 1. Several trainings, each with its own, make MultiSWAG: Wilson & Izmailov 2020.
    """

    count: Tensor
    mean: Tensor
    square: Tensor
    deviations: Tensor

    def __init__(self, network: nn.Module, rank: int) -> None:
        super().__init__()
        size = len(weights(network))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("square", torch.zeros(size))
        self.register_buffer("deviations", torch.zeros(rank, size))

    def collect(self, network: nn.Module) -> None:
        """Take the weights in, as they are now."""
        now, n = weights(network), int(self.count)
        self.mean.add_((now - self.mean) / (n + 1))
        self.square.add_((now.square() - self.square) / (n + 1))
        self.deviations[n % len(self.deviations)] = now - self.mean
        self.count.add_(1)

    @property
    def variance(self) -> Tensor:
        """Of each weight; rounding below 0 is clipped."""
        return (self.square - self.mean.square()).clamp(min=0)

    def draw(self, seed: int) -> Tensor:
        """Weights from N(mean, ½ (diag(variance) + D Dᵀ / (r - 1))), with r deviations as columns of D."""
        generator = torch.Generator().manual_seed(seed)
        rank = min(int(self.count), len(self.deviations))
        single = torch.randn(len(self.mean), generator=generator).to(self.mean)
        shared = torch.randn(rank, generator=generator).to(self.mean)
        along = shared @ self.deviations[:rank] / max(1, rank - 1) ** 0.5
        return self.mean + (self.variance.sqrt() * single + along) / 2**0.5


def weights(network: nn.Module) -> Tensor:
    """All that is learnt in a network as one vector."""
    return torch.cat([parameter.detach().reshape(-1) for parameter in network.parameters()])


def load(network: nn.Module, vector: Tensor, seen: Iterable[Tensor]) -> None:
    """Put weights into a network, in place, and let its batch normalisation see the items again.

    Parameters
    ----------
    network : gets the weights, and stays in evaluation mode.
    vector : as from `weights`.
    seen : blocks of the items that it was trained on: means of other weights are of no use to these.
    """
    place = 0
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(vector[place : place + parameter.numel()].view(parameter.shape))
            place += parameter.numel()
    update_bn(seen, network)
    network.eval()
