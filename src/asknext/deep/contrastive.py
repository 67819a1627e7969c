"""Contrast: two views of an item are to be alike, and unlike the views of all others."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

TURNS = 4  # quarter turns of an image: 0, 90, 180 and 270 degrees


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """Normalised, temperature-scaled cross entropy of finding the other view of an item among all views.

    Parameters
    ----------
    first, second : (n, d) projections of two views of the same n items, of any length.
    temperature : by which cosines are divided.

    Returns
    -------
    The mean over all 2 n views of -log(exp(c / t) / sum of exp(c' / t)), with c the cosine to the other view
    and c' those to all views but the view itself.

    Source
    ------
    Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", equation 1.
    """
    z = F.normalize(torch.cat([first, second]).float(), dim=1)
    table = z @ z.T / temperature
    table.fill_diagonal_(-torch.inf)
    n = len(first)
    return F.cross_entropy(table, torch.arange(2 * n, device=z.device).roll(n))


def turned(images: Tensor) -> Tensor:
    """The images (n, c, side, side), then all of them turned by 90, by 180 and by 270 degrees; (4 n, …)."""
    return torch.cat([torch.rot90(images, turns, dims=(2, 3)) for turns in range(TURNS)])


def csi(first: Tensor, second: Tensor, logits: Tensor, temperature: float = 0.5) -> Tensor:
    """The loss of CSI: a turned image is another item to tell apart, and its turn is to be told as well.

    Parameters
    ----------
    first, second : (4 n, d) projections of two views of the items in the order of `turned`.
    logits : (8 n, 4) of how far each view is turned, those of the first view first.
    temperature : by which cosines are divided.

    Returns
    -------
    `nt_xent` over all 8 n views, plus the mean cross entropy of the turns, weighted 1 : 1.

    Source
    ------
    Tack et al. 2020, "CSI: Novelty Detection via Contrastive Learning on Distributionally Shifted Instances",
    equations 3 to 5, with turns as shifts.
    """
    turns = torch.arange(TURNS, device=logits.device).repeat_interleave(len(first) // TURNS).repeat(2)
    return nt_xent(first, second, temperature) + F.cross_entropy(logits.float(), turns)
