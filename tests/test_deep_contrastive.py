"""Contrastive losses: against plain double loops, and what must hold of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from asknext.deep.contrastive import csi, nt_xent, turned  # noqa: E402


def vectors(n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * rng.uniform(0.1, 9, (n, 1))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


def plain_nt_xent(first: np.ndarray, second: np.ndarray, t: float) -> float:
    views = [*first, *second]
    n = len(first)
    total = 0.0
    for i in range(2 * n):
        other = i + n if i < n else i - n
        against = sum(math.exp(cosine(views[i], views[k]) / t) for k in range(2 * n) if k != i)
        total -= math.log(math.exp(cosine(views[i], views[other]) / t) / against)
    return total / (2 * n)


@pytest.mark.parametrize(("n", "t"), [(2, 0.5), (7, 0.1), (5, 2.0)])
def test_nt_xent_is_the_double_loop(n: int, t: float) -> None:
    first, second = vectors(n, 6, 0), vectors(n, 6, 2)
    found = nt_xent(torch.tensor(first), torch.tensor(second), t)
    assert float(found) == pytest.approx(plain_nt_xent(first, second, t), rel=1e-5)


def test_nt_xent_of_items_that_are_told_apart_and_of_those_that_are_not() -> None:
    apart = torch.eye(4)
    expected = -math.log(math.e**2 / (math.e**2 + 6))  # one view alike, six at a right angle
    assert float(nt_xent(apart, 3 * apart)) == pytest.approx(expected, rel=1e-6)
    assert float(nt_xent(torch.ones(4, 3), torch.ones(4, 3))) == pytest.approx(math.log(7), rel=1e-6)
    worse = nt_xent(apart, apart.roll(1, 0))
    assert float(worse) > float(nt_xent(apart, apart)) + 1.9


def test_nt_xent_pulls_views_together_and_survives_large_numbers() -> None:
    first = torch.tensor(vectors(5, 4, 0), requires_grad=True)
    second = torch.tensor(vectors(5, 4, 2))
    loss = nt_xent(first, second, 0.5)
    loss.backward()
    with torch.no_grad():
        assert float(nt_xent(first - 0.01 * first.grad, second, 0.5)) < float(loss)
    assert math.isfinite(float(nt_xent(1e18 * torch.eye(3), torch.eye(3), 0.01)))


def test_images_are_turned_all_by_one_angle_after_the_other() -> None:
    images = torch.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    found = turned(images)
    assert found.shape == (8, 3, 4, 4)
    for turn in range(4):
        for i in range(2):
            expected = np.rot90(images[i].numpy(), turn, axes=(1, 2))
            assert np.array_equal(found[2 * turn + i].numpy(), expected)


def test_csi_is_the_contrast_of_turned_items_and_the_cross_entropy_of_turns() -> None:
    """Different turns of one image are negatives; logits are in the order of the projections."""
    n, t = 3, 0.5
    first, second = vectors(4 * n, 5, 0), vectors(4 * n, 5, 2)
    logits = vectors(8 * n, 4, 4) / 9
    turns = [turn for _ in range(2) for turn in range(4) for _ in range(n)]
    shift = 0.0
    for row, turn in zip(logits, turns, strict=True):
        shift -= math.log(math.exp(row[turn]) / sum(math.exp(value) for value in row))
    found = csi(*(torch.tensor(part) for part in (first, second, logits)), t)
    expected = plain_nt_xent(first, second, t) + shift / (8 * n)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_csi_is_low_where_all_is_told() -> None:
    views = torch.eye(8)
    right = 20 * torch.eye(4).repeat_interleave(2, 0).repeat(2, 1)
    assert float(csi(views, views, right, 0.05)) < 1e-3
    assert float(csi(views, views, right.roll(1, 0), 0.05)) > 5
