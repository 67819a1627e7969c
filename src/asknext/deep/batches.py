"""Items on the device, some at a time: images as bytes or rows of numbers, in memory or in a memory map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from asknext import rows
from asknext.errors import AskNextError
from asknext.types import Array, Ids

NUMBERS = 1 << 20  # aimed at in a block, of which there are at least 64 and at most 4096 items
FITTING_SHARE = 0.5  # of the free memory of a GPU that items may take


class Batches:
    """Items that can be taken as tensors.

    Parameters
    ----------
    X : (n, h, w, 3) or (n, h, w) bytes, which are images; or (n, …) numbers, also CSR or a data frame.
    device : where the tensors are to be. On a GPU all items are kept there, as they are, when they take at
        most half of its free memory; else they travel batch by batch.
    most : items in a block.

    Raises
    ------
    AskNextError : the items are neither images nor numbers.
    """

    def __init__(self, X: Any, device: torch.device, most: int = 4096) -> None:
        self.X = X
        self.device = device
        self.most = most
        self.images = rows.is_images(X)
        first = self._numbers(np.arange(min(1, len(self))))
        self.shape: tuple[int, ...] = (3, *X.shape[1:3]) if self.images else first.shape[1:]
        self._kept = self._on_device(first.dtype) if device.type == "cuda" else None

    def __len__(self) -> int:
        return rows.count(self.X)

    def take(self, ids: Ids) -> Tensor:
        """The given items: images (m, 3, h, w) from 0 to 1, channels last in memory, or numbers (m, …)."""
        if self._kept is not None:
            found = self._kept[torch.from_numpy(ids).to(self.device)]
        else:
            found = torch.from_numpy(np.ascontiguousarray(self._numbers(ids)))
            if self.device.type == "cuda":
                found = found.pin_memory().to(self.device, non_blocking=True)
        if not self.images:
            return found
        if found.ndim == 3:
            found = found[..., None].expand(-1, -1, -1, 3)
        return found.permute(0, 3, 1, 2).float().div_(255)

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """All items in order, as many at a time as suit the device."""
        step = int(np.clip(NUMBERS // max(1, int(np.prod(self.shape))), 64, self.most))
        for start in range(0, len(self), step):
            part = slice(start, min(start + step, len(self)))
            yield part, self.take(np.arange(part.start, part.stop))

    def _numbers(self, ids: Ids) -> Array:
        """The items as an array in single precision, or bytes where these are images."""
        found = rows.take(self.X, ids)
        if self.images:
            return found
        found = rows.numbers(found)
        if found is None:
            raise AskNextError("networks read numbers or images, and X holds something else; give features.")
        return (found.toarray() if sparse.issparse(found) else found).astype(np.float32, copy=False)

    def _on_device(self, kind: Any) -> Tensor | None:
        """All items as they are, where they fit."""
        free, _ = torch.cuda.mem_get_info(self.device)
        if not isinstance(self.X, np.ndarray) or self.X.size * kind.itemsize > FITTING_SHARE * free:
            return None
        held = torch.uint8 if self.images else torch.float32
        kept = torch.empty(self.X.shape, dtype=held, device=self.device)
        for start in range(0, len(self), 4096):
            ids = np.arange(start, min(start + 4096, len(self)))
            kept[start : start + 4096] = torch.from_numpy(np.ascontiguousarray(self._numbers(ids)))
        return kept


class Standard(nn.Module):
    """Takes the mean away and divides by the deviation; part of what was learnt, and kept with it.

    Parameters
    ----------
    mean, deviation : for each channel of images, or for each number of an item.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    @classmethod
    def of(cls, batches: Batches) -> Standard:
        """The mean and deviation of some items.

        Of images, each channel has its own. Of numbers, each has its own mean, and all have one deviation:
        with a few items that of a single number says nothing, and features of an encoder belong together.
        """
        n, axes = len(batches), (0, 2, 3) if batches.images else (0,)
        first = sum(x.double().mean(axes) * len(x) / n for _, x in batches.blocks())
        mean = torch.as_tensor(first)
        along = mean[:, None, None] if batches.images else mean
        second = sum((x - along).square().mean(axes) * len(x) / n for _, x in batches.blocks())
        variance = torch.as_tensor(second)
        if not batches.images:
            variance = variance.mean().expand_as(variance)
        deviation = torch.where(variance > 1e-12, variance.sqrt(), 1.0)
        shape = (-1, 1, 1) if batches.images else mean.shape
        return cls(mean.float().reshape(shape), deviation.float().reshape(shape))

    def forward(self, x: Tensor) -> Tensor:
        """The same items, standardised."""
        return (x - self.mean) / self.deviation
