"""Dropout at prediction: each draw leaves the same units out for all items, so that it is one network."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from asknext.randomness import spawn_seed

_CHANNELS = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


class Masks:
    """One draw of a network with dropout; as a context, passes through the network are passes of this draw.

    Nothing else changes: the network stays as it is for predictions, so that batch normalisation goes by what
    it has learnt. Published code draws new masks for each batch, so that what is said of an item depends on
    its neighbours in it; methods that look at several items at once, such as BatchBALD, need one network.

    Parameters
    ----------
    module : the network, in evaluation mode; dropout that is no layer of it is not seen.
    seed : of the draw.

    Source
    ------
    Gal & Ghahramani 2016, "Dropout as a Bayesian Approximation"; masks kept for all items as in Kirsch et al.
    2019, "BatchBALD", section 4.1.
    """

    def __init__(self, module: nn.Module, seed: int) -> None:
        self._module = module
        self._seed = seed
        self._masks: dict[tuple[str | int, ...], Tensor] = {}
        self._handles: list[Any] = []

    def __enter__(self) -> Masks:
        for name, part in dropouts(self._module).items():
            self._handles.append(part.register_forward_hook(self._hook(name, part)))
        return self

    def __exit__(self, *exception: object) -> None:
        while self._handles:
            self._handles.pop().remove()

    def _hook(self, name: str, part: nn.Module) -> Any:
        def mask(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
            shape = tuple(output.shape[1:])
            if isinstance(part, _CHANNELS):
                shape = (shape[0], *(1 for _ in shape[1:]))
            key = (name, *shape)
            if key not in self._masks:
                generator = torch.Generator().manual_seed(spawn_seed(self._seed, *key))
                kept = torch.rand(shape, generator=generator) >= part.p
                self._masks[key] = (kept / (1 - part.p)).to(output)
            return output * self._masks[key].to(output.dtype)

        return mask


def dropouts(module: nn.Module) -> dict[str, nn.Module]:
    """The dropout layers of a network that leave something out, by name."""
    kinds = (nn.Dropout, *_CHANNELS)
    return {name: part for name, part in module.named_modules() if isinstance(part, kinds) and 0 < part.p < 1}
