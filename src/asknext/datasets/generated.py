"""Data sets made from a seed: what is in them is known, noise included."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from asknext.datasets.base import Dataset
from asknext.randomness import spawn

CLASSES = 10


class Blobs(NamedTuple):
    """Sizes of noisy blobs.

    pure : blobs with a centre of their own.
    sites : places where two blobs share one centre, so that labels cannot be guessed there.
    size : points of a blob.
    d : features.
    half_width : centres are uniform in [-half_width, half_width]^d.
    distinct : the two blobs of a place are never of one class.
    """

    pure: int
    sites: int
    size: int
    d: int
    half_width: float
    distinct: bool


LOW = Blobs(pure=100, sites=50, size=50, d=2, half_width=100.0, distinct=False)
HIGH = Blobs(pure=60, sites=15, size=111, d=40, half_width=3.0, distinct=True)


def noisy_blobs_ld(seed: int = 0) -> Dataset:
    """Blobs in 2 dimensions, half of them on top of another (after Abraham & Dreyfus-Schmidt 2021)."""
    return noisy_blobs("noisy-blobs-ld", LOW, seed)


def noisy_blobs_hd(seed: int = 0) -> Dataset:
    """Blobs in 40 dimensions, a third of them on top of another (after Abraham & Dreyfus-Schmidt 2021)."""
    return noisy_blobs("noisy-blobs-hd", HIGH, seed)


def noisy_blobs(name: str, blobs: Blobs, seed: int) -> Dataset:
    """Gaussian blobs of deviation 1 and of one class each, some of them in pairs that share a centre.

    Each class has equally many blobs, by chance pure or in a pair. All points of pairs count as noisy, also
    where the two are of one class.

    Parameters
    ----------
    name : of the data set; a seed other than 0 is added to it.
    blobs : sizes; the number of blobs must be a multiple of 10, the number of classes.
    seed : makes centres, points, classes and the order of rows.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2021, "Sample Noise Impact on Active Learning". The law was recovered from the
    authors' two arrays, as their generator is not published: their data are one draw of it, ours another. Of
    their pairs at least 2 of 50 are of one class in 2 dimensions, none of 15 in 40.
    """
    rng = spawn(seed, "noisy-blobs")
    centres = rng.uniform(-blobs.half_width, blobs.half_width, (blobs.pure + blobs.sites, blobs.d))
    site = np.concatenate([np.arange(len(centres)), np.arange(blobs.pure, len(centres))])
    labels = rng.permutation(np.arange(len(site)) % CLASSES)
    while blobs.distinct and np.any(np.diff(labels[blobs.pure :].reshape(2, -1), axis=0) == 0):
        labels = rng.permutation(labels)
    blob = rng.permutation(np.repeat(np.arange(len(site)), blobs.size))
    return Dataset(
        name=f"{name}-{seed}" if seed else name,
        X=centres[site[blob]] + rng.standard_normal((len(blob), blobs.d)),
        y=labels[blob],
        classes=tuple(range(CLASSES)),
        notes=(f"made from seed {seed}: {blobs.pure} blobs alone, {2 * blobs.sites} in pairs on one place",),
        noisy=site[blob] >= blobs.pure,
    )


GENERATED: dict[str, Callable[..., Dataset]] = {
    "noisy-blobs-hd": noisy_blobs_hd,
    "noisy-blobs-ld": noisy_blobs_ld,
}
"""Names of data sets that are made, each with its maker; `name:7` takes seed 7."""
