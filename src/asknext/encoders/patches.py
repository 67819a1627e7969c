"""Small colour images as responses to a dictionary of patches: no labels, no pretrained network, no GPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import eigh
from sklearn.preprocessing import normalize

from asknext import rows
from asknext.kernels.kmeans import k_means
from asknext.kernels.threads import one_thread
from asknext.types import Array, Floats

WORDS = 800  # at most, and no more than images
SIDE = 6  # of a patch, pixels
STRIDE = 2  # pixels between patches
SAMPLE = 60_000  # patches that the dictionary is learnt from
FLAT = 10.0  # added to the variance of a patch, so that noise of flat ones is not blown up
WHITENING = 0.1  # added to the eigenvalues of the patches' covariance, likewise
MOVED = 12_000  # images that are moved
FARTHEST = 4  # pixels, in each direction
SHRINKAGE = 0.03  # of the covariance within images towards a multiple of the identity
TINY = np.float32(1e-6)  # added where all images may be the same
BLOCK = 4  # images at a time, so that the responses stay in the processor's cache


Change = Callable[[Array, np.random.Generator], Array]
"""From images (n, height, width, 3), bytes, to changed ones of the same size."""


class Dictionary(NamedTuple):
    """What patches are compared with: `mean` (p,) and `whitening` (p, p) of patches, `words` (k, p)."""

    mean: Floats
    whitening: Floats
    words: Floats


@dataclass(frozen=True, eq=False)
class Patches:
    """The encoder: responses to a dictionary (f of them), standardised and projected.

    Parameters
    ----------
    dictionary : of patches.
    centre, spread : (f,) of the responses that it was fitted on.
    directions : (f, d).
    """

    dictionary: Dictionary
    centre: Floats
    spread: Floats
    directions: Floats

    name = "patches"
    kind = "image"

    @property
    def fingerprint(self) -> str:
        """A hash of all that was fitted."""
        return rows.fingerprint(*self.dictionary, self.centre, self.spread, self.directions)

    def encode(self, items: Sequence[Any] | Array) -> Array:
        """(m, d) float32 rows of unit length of m images of the size that it was fitted on."""
        X = (responses(np.asarray(items), self.dictionary) - self.centre) / self.spread
        with one_thread():
            return normalize(X @ self.directions)


def embed(
    images: Array,
    dimensions: int,
    seed: int = 0,
    fitted_on: int | None = None,
    change: Change | None = None,
    copies: int = 1,
) -> Floats:
    """Embeddings of images: square roots of pooled responses, reduced to what stays when an image changes.

    Principal components would keep what varies most. We keep what varies most between images, compared with
    how it varies between an image and a changed copy: Fisher's linear discriminants (1936) with each image as
    a class of its own. Mirror images are the same by construction. All is fitted on the images given, or on
    a sample of them; the responses of all at once take 13 kB an image. Of a few hundred images as many words
    are learnt as there are images: more take longer and tell no more.

    Parameters
    ----------
    images : (n, height, width, 3) bytes, of at least 8 × 8 pixels.
    dimensions : of the embedding, at most.
    seed : of the patches taken, the first words, the changes, and the sample.
    fitted_on : size of the sample, where there are more images; None takes all.
    change : makes a copy of each of some images; None moves them by a few pixels.
    copies : of each image that is changed.

    Returns
    -------
    (n, min(dimensions, n, 4 · WORDS)) rows of unit length.

    Source
    ------
    Coates, Lee & Ng 2011, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning". They go on
    to a linear machine on all 4 · WORDS responses, which is too wide to fit again after each answer.
    """
    encoder, X = _fitted(images, dimensions, seed, fitted_on, change, copies)
    if len(X) == len(images):
        with one_thread():
            return normalize(X @ encoder.directions).astype(np.float64)
    found = np.empty((len(images), encoder.directions.shape[1]))
    for start in range(0, len(images), MOVED):
        found[start : start + MOVED] = encoder.encode(images[start : start + MOVED])
    return found


def fit(
    images: Array,
    dimensions: int,
    seed: int = 0,
    fitted_on: int | None = None,
    change: Change | None = None,
    copies: int = 1,
) -> Patches:
    """The encoder that makes the rows of `embed`, for images that are not there yet; see there."""
    return _fitted(images, dimensions, seed, fitted_on, change, copies)[0]


def words_of(n: int) -> int:
    """How many words are learnt from n images."""
    return min(WORDS, n)


def _fitted(
    images: Array, dimensions: int, seed: int, fitted_on: int | None, change: Change | None, copies: int
) -> tuple[Patches, Floats]:
    """The encoder, and the standardised responses of the images that it was fitted on."""
    rng = np.random.default_rng(seed)
    if fitted_on is not None and len(images) > fitted_on:
        images = images[np.sort(rng.choice(len(images), fitted_on, replace=False))]
    dictionary = learn(images, words_of(len(images)), rng)
    X = responses(images, dictionary)
    centre, spread = X.mean(axis=0), X.std(axis=0) + TINY
    X -= centre  # standardised in place
    X /= spread
    ids = rng.choice(len(images), min(MOVED, len(images)), replace=False)
    within: Any = 0
    for _ in range(copies):
        apart = responses((change or _moved)(images[ids], rng), dictionary)
        apart -= centre
        apart /= spread
        np.subtract(X[ids], apart, out=apart)
        with one_thread():
            within = within + apart.T @ apart / (2 * copies * len(apart))
    with one_thread():
        return Patches(dictionary, centre, spread, _discriminants(X, within, dimensions)), X


def learn(images: Array, words: int, rng: np.random.Generator) -> Dictionary:
    """A dictionary of patches: they are whitened, and the words are the centres of k-means.

    Parameters
    ----------
    images : (n, height, width, 3) bytes.
    words : how many, at most.
    rng : takes the patches and the first centres.
    """
    windows = sliding_window_view(images, (SIDE, SIDE), axis=(1, 2))
    places = tuple(rng.integers(length, size=SAMPLE) for length in windows.shape[:3])
    patches = _contrast(windows[places].reshape(SAMPLE, -1))
    mean = patches.mean(axis=0)
    patches -= mean
    with one_thread():
        values, vectors = np.linalg.eigh(patches.T @ patches / SAMPLE)
        whitening = (vectors / np.sqrt(np.maximum(values, 0) + WHITENING)) @ vectors.T
        centres = k_means(patches @ whitening, words, rng).centres
    return Dictionary(mean, whitening, centres)


def responses(images: Array, dictionary: Dictionary) -> Floats:
    """How much each quadrant of an image and of its mirror image holds of each word.

    A patch responds to a word by how much nearer it is than to the average word (the "triangle" of the
    paper); responses are summed over a quadrant, added to those of the mirror image, and their square root
    is taken, so that a large plain surface does not drown the rest.

    Parameters
    ----------
    images : (n, height, width, 3) bytes.
    dictionary : of k words.

    Returns
    -------
    (n, 4 k) float32.
    """
    table = _table(dictionary)

    found = np.empty((len(images), 4 * len(dictionary.words)), dtype=np.float32)

    def fill(start: int) -> None:
        part = images[start : start + BLOCK]
        both = _pooled(part, dictionary, table) + _pooled(part[:, :, ::-1], dictionary, table)
        np.sqrt(both, out=found[start : start + BLOCK])

    with one_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, range(0, len(images), BLOCK)))  # a list, so that an error is raised
    return found


def _pooled(images: Array, dictionary: Dictionary, table: Floats) -> Floats:
    """(b, 4 k) sums of responses over quadrants."""
    windows = sliding_window_view(images, (SIDE, SIDE), axis=(1, 2))[:, ::STRIDE, ::STRIDE]
    b, down, across = windows.shape[:3]
    white = (_contrast(windows.reshape(b * down * across, -1)) - dictionary.mean) @ dictionary.whitening
    norms = np.einsum("ij,ij->i", white, white)[:, None]
    distances = np.hstack([white, norms, np.ones_like(norms)]) @ table  # squared
    np.sqrt(np.maximum(distances, 0, out=distances), out=distances)
    nearer = np.maximum(distances.mean(axis=1, keepdims=True) - distances, 0, out=distances)
    grid = nearer.reshape(b, down, across, -1)
    halves = np.add.reduceat(grid, [0, (down + 1) // 2], axis=1)
    return np.add.reduceat(halves, [0, (across + 1) // 2], axis=2).reshape(b, -1)


def _table(dictionary: Dictionary) -> Floats:
    """(p + 2, k) columns whose product with (x, |x|², 1) is the squared distance of x to a word."""
    words = dictionary.words
    norms = np.einsum("ij,ij->i", words, words)
    return np.vstack([-2 * words.T, np.ones_like(norms), norms]).astype(np.float32)


def _contrast(patches: Array) -> Floats:
    """Patches of mean 0 and, unless they are flat, of variance 1."""
    centred = patches.astype(np.float32)
    centred -= centred.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred) / centred.shape[1]
    return centred / np.sqrt(variance + np.float32(FLAT))[:, None]


def _moved(images: Array, rng: np.random.Generator) -> Array:
    """The images, each shifted by a few pixels; what comes in at a border is mirrored."""
    n, height, width, _ = images.shape
    margin = (FARTHEST, FARTHEST)
    padded = np.pad(images, ((0, 0), margin, margin, (0, 0)), mode="reflect")
    views = sliding_window_view(padded, (height, width), axis=(1, 2))
    down, across = rng.integers(2 * FARTHEST + 1, size=(2, n))
    return views[np.arange(n), down, across].transpose(0, 2, 3, 1)


def _discriminants(X: Floats, within: Floats, dimensions: int) -> Floats:
    """(f, d) directions of most variance of X (n, f) relative to that within copies, (f, f), altered."""
    n, f = X.shape
    d = min(dimensions, n, f)
    within.flat[:: f + 1] += SHRINKAGE * np.trace(within) / f + TINY
    _, vectors = eigh(X.T @ X / n, within, subset_by_index=[f - d, f - 1])
    return vectors[:, ::-1]
