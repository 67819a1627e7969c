"""K-center as a strategy: what counts as a centre, and where it starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

import asknext
from asknext.strategies.k_center import KCenter

POINTS = np.array([[0, 0], [64, 1], [32, 0], [16, 1], [8, 0], [4, 1]], dtype=float)


@pytest.mark.parametrize(
    "asked", [{"labelled": [0], "y": ["a"]}, {"pending": [0]}, {"out_of_scope": [0]}], ids=str
)
def test_everything_asked_is_a_centre(asked: dict[str, Any]) -> None:
    picked = asknext.select(POINTS, 5, KCenter(), **asked)
    assert picked.ids.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(picked.parts["distance"], [64.008, 32, 16.031, 8, 4.123], atol=5e-4)


def test_it_starts_closest_to_the_mean() -> None:
    line = np.array([[0.0], [4.0], [6.0], [20.0]])
    picked = asknext.select(line, 2, KCenter())
    assert picked.ids.tolist() == [2, 3]
    assert picked.scores is not None
    assert picked.scores.tolist() == [14, 14]


@given(seed=st.integers(0, 10**6), l=st.integers(1, 5), n=st.integers(1, 10))
def test_within_twice_the_best_radius(seed: int, l: int, n: int) -> None:  # noqa: E741
    """Any n + l + 1 items so far apart would need a centre each: the greedy radius is at most doubled."""
    X = np.random.default_rng(seed).normal(size=(30, 2))
    picked = asknext.select(X, n, KCenter(), labelled=np.arange(l), y=np.zeros(l))
    centres = np.concatenate([np.arange(l), picked.ids])
    pairs = cdist(X[centres], X[picked.ids])
    for position in range(n):
        before = pairs[: l + position, position].min()
        assert before == pytest.approx(picked.parts["distance"][position])
    radius = cdist(X, X[centres]).min(axis=1).max()
    assert radius <= picked.parts["distance"][-1] + 1e-9
