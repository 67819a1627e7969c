"""Redundancy of a batch against tables of all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import cosine_similarity

from asknext.kernels import distances
from asknext.monitor import redundancy
from asknext.types import Array

FORMS = [redundancy.mean_similarity, redundancy.near_duplicates]


@st.composite
def batches(draw: st.DrawFn) -> Array:
    """Rows on a grid, so that copies and rows of zeros occur."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(-2, 3, size=(draw(st.integers(2, 12)), draw(st.integers(1, 3)))).astype(float)


def others(table: Array, own: float) -> Array:
    table = table.copy()
    np.fill_diagonal(table, own)
    return table


def test_by_hand() -> None:
    batch = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [0.0, 2.5]])
    assert redundancy.mean_similarity(batch) == pytest.approx(1)
    assert redundancy.near_duplicates(batch) == 0
    assert redundancy.near_duplicates(batch, 0.5) == 0.5
    assert redundancy.near_duplicates(batch, 2.0) == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [0, 1])
def test_not_defined(form: Any, size: int) -> None:
    assert form(np.ones((size, 3))) is None


@pytest.mark.parametrize("shape", [np.asarray, sparse.csr_array])
def test_against_all_pairs_in_blocks(shape: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 100)
    batch = np.random.default_rng(0).normal(size=(37, 3))
    similar = others(cosine_similarity(batch), -np.inf).max(axis=1).mean()
    assert redundancy.mean_similarity(shape(batch)) == pytest.approx(similar)
    near = np.mean(others(cdist(batch, batch), np.inf).min(axis=1) <= 0.4)
    assert 0 < near < 1
    assert redundancy.near_duplicates(shape(batch), 0.4) == near


@given(batch=batches(), scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_bounds_and_what_plays_no_part(batch: Array, scale: float, seed: int) -> None:
    similar, copies = redundancy.mean_similarity(batch), redundancy.near_duplicates(batch)
    expected = others(cosine_similarity(batch), -np.inf).max(axis=1).mean()
    assert similar == pytest.approx(expected, abs=1e-12)
    assert copies == np.mean(others(cdist(batch, batch), np.inf).min(axis=1) == 0)
    assert similar is not None
    assert -1 <= similar <= 1
    order = np.random.default_rng(seed).permutation(len(batch))
    assert redundancy.mean_similarity(batch[order] * scale) == pytest.approx(similar, abs=1e-9)
    assert redundancy.near_duplicates(batch[order] + 100) == copies
    wide = redundancy.near_duplicates(batch, 1.5)
    assert redundancy.near_duplicates(batch * scale, 1.5 * scale) == wide
    assert redundancy.near_duplicates(np.repeat(batch, 2, axis=0)) == 1


def test_single_precision_copies_are_copies() -> None:
    batch = np.repeat(np.random.default_rng(1).normal(1000, 1, size=(5, 20)), 2, axis=0).astype(np.float32)
    assert redundancy.near_duplicates(batch) == 1
    assert redundancy.near_duplicates(batch[::2]) == 0
