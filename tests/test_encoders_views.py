"""Views of images without PyTorch: what may change, what may not, and the same views from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from asknext.encoders import views
from asknext.encoders.views import GREY, view


def flat(n: int, side: int = 8) -> np.ndarray:
    """Images of one colour each."""
    colours = np.random.default_rng(1).integers(90, 160, (n, 1, 1, 3))
    return np.tile(colours, (1, side, side, 1)).astype(np.uint8)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views that keep their colours."""
    monkeypatch.setattr(views, "COLOURED", 0.0)
    monkeypatch.setattr(views, "GREYED", 0.0)


def test_views_are_of_the_seed_and_each_image_has_its_own() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, 12, 10, 3)).astype(np.uint8).repeat(20, axis=0)
    first = view(images, np.random.default_rng(5))
    assert first.shape == images.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(view(images, np.random.default_rng(5)), first)
    assert len(np.unique(first.reshape(20, -1), axis=0)) == 20


@pytest.mark.usefixtures("plain")
def test_a_view_shows_a_part_of_at_least_a_fifth_and_half_are_mirrored() -> None:
    ramp = np.zeros((4000, 64, 64, 3), dtype=np.uint8)
    ramp[..., 0] = np.arange(64) * 4
    ramp[..., 1] = np.arange(64)[:, None] * 4
    found = view(ramp, np.random.default_rng(0)).astype(float)
    across = np.abs(found[:, 32, 56, 0] - found[:, 32, 8, 0]) / (4 * 48)
    down = np.abs(found[:, 56, 32, 1] - found[:, 8, 32, 1]) / (4 * 48)
    inside = (across < 0.97) & (down < 0.97)
    assert 0.18 < (across * down)[inside].min() < 0.23
    assert (across / down)[inside].max() < 4 / 3 + 0.06
    mirrored = found[:, 32, 56, 0] < found[:, 32, 8, 0]
    assert 0.47 < mirrored.mean() < 0.53
    assert (found[:, 56, 32, 1] > found[:, 8, 32, 1]).all()  # and none upside down


def test_colours_change_in_four_of_five_views_and_a_fifth_is_grey() -> None:
    images = flat(3000)
    found = view(images, np.random.default_rng(0)).astype(float)
    assert np.ptp(found, axis=(1, 2)).max() <= 1  # a plain image stays plain
    grey = np.ptp(found[:, 0, 0], axis=1) < 1
    assert 0.17 < grey.mean() < 0.23
    same = (found[:, 0, 0] == images[:, 0, 0]).all(axis=1)
    assert 0.13 < same.mean() < 0.19  # 0.2 of the 0.8 that are not grey
    before, after = images[:, 0, 0] @ GREY, found[:, 0, 0] @ GREY
    ratio = (after / before)[~grey]
    assert 0.59 < ratio.min() < 0.63
    assert 1.36 < ratio.max() < 1.41


def test_hue_leaves_the_brightness_and_contrast_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "COLOURED", 1.0)
    monkeypatch.setattr(views, "GREYED", 0.0)

    class Fixed:
        """Draws brightness 1, contrast 1.2, saturation 0.5, and a hue turned by a tenth."""

        def __init__(self) -> None:
            self.drawn = iter([np.array([[1.0], [1.2], [0.5]]), np.array([0.1])])

        def uniform(self, *_: object) -> np.ndarray:
            return next(self.drawn)

        def random(self, n: int) -> np.ndarray:
            return np.full(n, 0.5)

    images = np.random.default_rng(3).integers(100, 150, (1, 6, 6, 3)).astype(np.uint8)
    found = views._recoloured(images, Fixed()).astype(float)  # type: ignore[arg-type]
    before, after = images.astype(float) @ GREY, found @ GREY
    assert after.mean() == pytest.approx(before.mean(), abs=0.5)
    np.testing.assert_allclose(after - after.mean(), 1.2 * (before - before.mean()), atol=1)
    away = np.linalg.norm((found - after[..., None]) @ views._AXES[1:].T, axis=-1)
    was = np.linalg.norm((images - before[..., None]) @ views._AXES[1:].T, axis=-1)
    np.testing.assert_allclose(away, 0.6 * was, atol=1.2)
