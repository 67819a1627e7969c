"""The usual encoder of pictures: which one for how many, without a label, a pretrained network or a GPU."""

from __future__ import annotations

from asknext.encoders import gradients, patches
from asknext.types import Array, Floats

FEW = 200  # pictures, from which on a dictionary of patches is learnt from them
FITTED_ON = 20_000  # pictures that the dictionary is learnt from at most


def embed(images: Array, dimensions: int) -> tuple[Floats, str]:
    """Embeddings of pictures, and the name of what made them.

    Parameters
    ----------
    images : (n, side, side, 3) bytes.
    dimensions : of the embedding, at most.

    Returns
    -------
    (n, d) rows of unit length, and "gradients" or "patches".
    """
    if len(images) < FEW:
        return gradients.embed(images, dimensions), "gradients"
    return patches.embed(images, dimensions, fitted_on=FITTED_ON), "patches"
