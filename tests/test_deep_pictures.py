"""What is done to a picture before a network sees it, step by step and by the files of publishers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from asknext.deep.pictures import CLIP_MEAN, CLIP_STD, IMAGENET_MEAN, Preprocessing

CLIP = {
    "crop_size": 224, "do_center_crop": True, "do_normalize": True, "do_resize": True,
    "image_mean": list(CLIP_MEAN), "image_std": list(CLIP_STD), "resample": 3, "size": 224,
}  # fmt: skip
"""As in the publisher's file of 2021."""


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_the_file_of_clip_is_read() -> None:
    found = Preprocessing.of(CLIP, 999, True)
    assert found == Preprocessing(224, None, (224, 224), 3, 1 / 255, CLIP_MEAN, CLIP_STD)
    new = {"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}}
    assert Preprocessing.of(CLIP | new, 999, True) == found


def test_without_a_file_it_is_as_the_publishers_do() -> None:
    assert Preprocessing.of({}, 224, True) == Preprocessing.of(CLIP, 224, True)
    dino = Preprocessing.of({}, 224, False)
    assert (dino.shortest, dino.crop, dino.mean) == (256, (224, 224), IMAGENET_MEAN)


def test_pictures_of_all_shapes_become_one_and_are_standardised() -> None:
    """Against Pillow and NumPy, step by step."""
    steps = Preprocessing.of(CLIP | {"size": 20, "crop_size": 16}, 0, True)
    shapes = [(40, 31), (25, 60), (20, 20), (7, 9)]
    found = steps([picture(*shape) for shape in shapes])
    assert found.shape == (4, 3, 16, 16)
    assert found.dtype == np.float32
    for one, (height, width) in zip(found, shapes, strict=True):
        image = Image.fromarray(picture(height, width))
        short = min(height, width)
        size = (width * 20 // short, height * 20 // short)
        resized = np.asarray(image.resize(size, Image.Resampling.BICUBIC)).astype(float)
        top, left = (size[1] - 16) // 2, (size[0] - 16) // 2
        cut = resized[top : top + 16, left : left + 16]
        expected = ((cut / 255 - CLIP_MEAN) / CLIP_STD).transpose(2, 0, 1)
        np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-5)


def test_what_a_cut_lacks_is_black_and_an_exact_size_forgets_the_shape() -> None:
    plain = {"do_resize": False, "do_normalize": False, "do_rescale": False, "crop_size": 6}
    found = Preprocessing.of(plain, 0, True)([np.full((4, 10, 3), 9, np.uint8)])
    assert found[0, 0].tolist() == [[0] * 6, *[[9] * 6] * 4, [0] * 6]
    exact = Preprocessing.of({"size": {"height": 5, "width": 8}}, 0, False)
    assert exact.crop is None
    assert exact([picture(30, 10)]).shape == (1, 3, 5, 8)


def test_the_library_does_the_same() -> None:
    transformers = pytest.importorskip("transformers")
    kind = getattr(transformers, "CLIPImageProcessorPil", None) or transformers.CLIPImageProcessor
    theirs = kind(size={"shortest_edge": 20}, crop_size={"height": 16, "width": 16})
    ours = Preprocessing.of({"size": 20, "crop_size": 16}, 0, True)
    pictures = [picture(*shape) for shape in [(40, 31), (25, 60), (20, 20), (17, 23)]]
    expected = theirs(images=pictures, return_tensors="np")["pixel_values"]
    np.testing.assert_allclose(ours(pictures), expected, atol=1e-4)
