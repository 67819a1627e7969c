"""Views for contrast: what may change and what may not, and the same views from the same seed."""

from __future__ import annotations

import colorsys
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from asknext.deep.views import _turns, coloured, cut, greyed, view  # noqa: E402


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int = 40, side: int = 16) -> torch.Tensor:
    return torch.rand(n, 3, side, side, generator=seeded(7))


def ramp(n: int, side: int = 16) -> torch.Tensor:
    """Red tells how far right a pixel is, green how far down, from 0 to 1 between the outer edges."""
    place = (torch.arange(side) + 0.5) / side
    one = torch.stack([place.expand(side, side), place[:, None].expand(side, side), torch.zeros(side, side)])
    return one.expand(n, 3, side, side)


def test_a_cut_shows_a_part_of_the_asked_size_and_shape_anywhere() -> None:
    """On a ramp, bilinear interpolation is exact, so the part can be read off its colours."""
    found = cut(ramp(3000), seeded(), (0.3, 0.8))
    step_right = (found[:, 0, 8, 12] - found[:, 0, 8, 4]) / 8 * 16
    step_down = (found[:, 1, 12, 8] - found[:, 1, 4, 8]) / 8 * 16
    inside = (step_right < 0.999) & (step_down < 0.999)  # others were as wide or high as the image
    area, shape = (step_right * step_down)[inside], (step_right / step_down)[inside]
    assert 0.299 < area.min() < 0.31
    assert 0.75 < area.max() < 0.801
    assert 0.749 < shape.min() < 0.77
    assert 1.3 < shape.max() < 1.334
    middle = found[:, 0, 8, 7:9].mean(dim=1)
    low, high = middle - step_right / 2, middle + step_right / 2
    assert low.min() > -1e-3
    assert high.max() < 1 + 1e-3
    assert abs(float(middle.mean()) - 0.5) < 0.01
    assert float((low < 0.02).float().mean()) > 0.02  # the borders are reached


def test_a_cut_of_everything_changes_nothing() -> None:
    x = images()
    torch.testing.assert_close(cut(x, seeded(), (1.0, 1.0), (1.0, 1.0)), x, atol=1e-5, rtol=0)


def test_about_four_of_five_images_change_their_colours_within_bounds() -> None:
    x = images(2000, 4)
    found = coloured(x, seeded())
    changed = (found != x).flatten(1).any(dim=1)
    assert 0.77 < float(changed.float().mean()) < 0.83
    assert found.min() >= 0
    assert found.max() <= 1
    assert torch.equal(coloured(x, seeded(), share=0.0), x)
    torch.testing.assert_close(coloured(x, seeded(), strength=0.0, hue=0.0, share=1.0), x, atol=1e-5, rtol=0)


def test_hues_turn_and_brightness_stays() -> None:
    """A sixth of a circle takes red through yellow or magenta, as colorsys has it, nearly."""
    x = torch.tensor([0.6, 0.3, 0.3])
    for angle in (-math.pi / 3, 0.2, math.pi / 3):
        turned = _turns(torch.tensor([angle]))[0] @ x
        grey = torch.tensor([0.299, 0.587, 0.114])
        assert float(turned @ grey) == pytest.approx(float(x @ grey), abs=1e-5)
        hue = colorsys.rgb_to_hsv(*turned.tolist())[0]
        away = min(hue, 1 - hue) * 2 * math.pi
        assert away == pytest.approx(abs(angle), abs=0.4)
    both = _turns(torch.tensor([0.3])) @ _turns(torch.tensor([-0.3]))
    torch.testing.assert_close(both[0], torch.eye(3), atol=1e-5, rtol=0)


def test_grey_images_have_three_equal_channels_and_a_fifth_are_grey() -> None:
    x = images(2000, 4)
    found = greyed(x, seeded())
    grey = (found.std(dim=1) < 1e-6).flatten(1).all(dim=1)
    assert 0.17 < float(grey.float().mean()) < 0.23
    assert torch.equal(found[~grey], x[~grey])
    expected = 0.299 * x[grey][:, 0] + 0.587 * x[grey][:, 1] + 0.114 * x[grey][:, 2]
    torch.testing.assert_close(found[grey][:, 1], expected)


def test_views_are_of_the_seed_and_each_image_has_its_own() -> None:
    x = images(1).expand(30, -1, -1, -1)
    make = view()
    first = make(x, seeded())
    assert torch.equal(make(x, seeded()), first)
    assert not torch.equal(make(x, seeded(1)), first)
    assert len(np.unique(first.flatten(1).numpy(), axis=0)) == 30
    assert first.shape == x.shape
