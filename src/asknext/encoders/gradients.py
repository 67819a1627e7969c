"""A few colour images as histograms of their edges and means of their colours."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from asknext.kernels.threads import one_thread
from asknext.types import Array, Floats

CELLS = 4  # cells in each direction, over which edges and colours are pooled
DIRECTIONS = 9
TINY = np.float32(1e-6)


def embed(images: Array, dimensions: int) -> Floats:
    """Embeddings of images of which there are too few to learn a dictionary of patches from.

    Edges are counted by direction in each cell, weighted by their strength, and the square root is taken, as
    in a histogram of oriented gradients; beside them stands the mean colour of each cell. Both halves weigh
    the same, and principal components are taken of the two.

    Parameters
    ----------
    images : (n, height, width, 3) bytes, of at least 4 × 4 pixels.
    dimensions : of the embedding, at most.

    Returns
    -------
    (n, min(dimensions, n, 192)) rows of unit length; of zeros where all images are the same.

    Source
    ------
    Dalal & Triggs 2005, "Histograms of Oriented Gradients for Human Detection". They normalise overlapping
    blocks of cells; here the whole image is one block.
    """
    halves = []
    for half in (_edges(images), _colours(images)):
        centred = half - half.mean(axis=0)
        halves.append(centred / (np.sqrt(np.mean(np.square(centred).sum(axis=1))) + TINY))
    X = np.hstack(halves)
    with one_thread(), np.errstate(invalid="ignore", divide="ignore"):  # explained variance may be 0 / 0
        return normalize(PCA(min(dimensions, *X.shape), svd_solver="full").fit_transform(X))


def _edges(images: Array) -> Floats:
    """(n, CELLS² · DIRECTIONS) square roots of the strength of edges in each direction."""
    grey = images.mean(axis=3, dtype=np.float32)
    down, across = np.gradient(grey, axis=1), np.gradient(grey, axis=2)
    strength = np.hypot(down, across)
    angle = np.arctan2(down, across) % np.pi * (DIRECTIONS / np.pi)
    found = [_pooled(strength * (angle.astype(np.intp) % DIRECTIONS == d)) for d in range(DIRECTIONS)]
    return normalize(np.sqrt(np.hstack(found)))


def _colours(images: Array) -> Floats:
    """(n, 3 · CELLS²) mean colours from 0 to 1."""
    return np.hstack([_pooled(images[..., c].astype(np.float32)) for c in range(3)]) / 255


def _pooled(values: Array) -> Floats:
    """(n, CELLS²) means over cells; values is (n, height, width)."""
    rows, columns = (np.array_split(np.arange(length), CELLS) for length in values.shape[1:])
    found = [values[:, r[0] : r[-1] + 1, c[0] : c[-1] + 1].mean(axis=(1, 2)) for r in rows for c in columns]
    return np.stack(found, axis=1)
