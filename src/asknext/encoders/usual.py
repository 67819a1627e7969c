"""The usual encoder of pictures: which one for how many, without a label, a pretrained network or a GPU."""

from __future__ import annotations

import numpy as np

from asknext.encoders import gradients, patches
from asknext.encoders.views import view
from asknext.types import Array, Floats

FEW = 200  # pictures, from which on a dictionary of patches is learnt from them
FITTED_ON = 20_000  # pictures that the dictionary is learnt from at most
COPIES = 4  # views of each picture, that the discriminants are fitted to
VIEWS = 12_000  # views in all at most, as long as there is one of each picture


def embed(images: Array, dimensions: int) -> tuple[Floats, str]:
    """Embeddings of pictures, and the name of what made them.

    Parameters
    ----------
    images : (n, side, side, 3) bytes.
    dimensions : of the embedding, at most.

    Returns
    -------
    (n, d) rows of unit length, and "gradients", or where there are many "discriminants": a dictionary of
    patches, reduced to what stays the same in other views of a picture.
    """
    if len(images) < FEW:
        return gradients.embed(images, dimensions), "gradients"
    copies = int(np.clip(VIEWS // len(images), 1, COPIES))
    found = patches.embed(images, dimensions, fitted_on=FITTED_ON, change=view, copies=copies)
    return found, "discriminants"
