"""Randomness as an argument: every purpose has its own generator, derived from the seed alone."""

from __future__ import annotations

import zlib

import numpy as np


def spawn(seed: int, *purpose: int | str) -> np.random.Generator:
    """The generator of one purpose, such as `spawn(seed, round, "select")`.

    The same arguments give the same stream on any machine and in any order of calls; different purposes
    give independent streams.
    """
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else int(part) for part in purpose]
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words))


def spawn_seed(seed: int, *purpose: int | str) -> int:
    """A seed in [0, 2³¹) of one purpose, for libraries that want a number."""
    return int(spawn(seed, *purpose).integers(2**31))
