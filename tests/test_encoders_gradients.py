"""Edges and colours: real digits are told apart, and pictures that say nothing do no harm."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from asknext.encoders.gradients import embed

DIGITS = load_digits()
GREY = (DIGITS.images[:200, ..., None] * 15).astype(np.uint8).repeat(2, axis=1).repeat(2, axis=2)
IMAGES = np.repeat(GREY, 3, axis=3)


def test_digits_are_told_apart_by_their_edges() -> None:
    X = embed(IMAGES, 50)
    assert X.shape == (200, 50)
    assert np.allclose(np.linalg.norm(X, axis=1), 1)
    assert cross_val_score(LogisticRegression(C=10), X, DIGITS.target[:200], cv=4).mean() > 0.9


def test_colours_are_told_apart_where_there_are_no_edges() -> None:
    plain = np.zeros((20, 16, 16, 3), dtype=np.uint8)
    plain[:10, ..., 0] = 200
    plain[10:, ..., 2] = 200
    X = embed(plain, 5)
    assert np.linalg.norm(X[0] - X[9]) < 1e-3
    assert np.linalg.norm(X[0] - X[10]) > 1.9


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_same_picture_again_and_again(n: int) -> None:
    X = embed(np.repeat(IMAGES[:1], n, axis=0), 100)
    assert X.shape == (n, n)
    assert np.isfinite(X).all()


def test_a_picture_does_not_depend_on_the_order() -> None:
    order = np.random.default_rng(0).permutation(60)
    straight, mixed = embed(IMAGES[:60], 20), embed(IMAGES[:60][order], 20)
    assert np.allclose(straight[order] @ straight[order].T, mixed @ mixed.T, atol=1e-3)


def test_sides_that_no_cell_divides() -> None:
    assert embed(IMAGES[:30, :15, :13], 10).shape == (30, 10)
