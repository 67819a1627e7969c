"""Items as tensors: what they are scaled to, and that it does not matter how they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

pytest.importorskip("torch")

import torch

from asknext.deep import augment
from asknext.deep.batches import Batches, Standard
from asknext.errors import AskNextError

CPU = torch.device("cpu")
rng = np.random.default_rng(0)
IMAGES = rng.integers(256, size=(70, 6, 5, 3)).astype(np.uint8)
NUMBERS = rng.normal(3, [[1.0, 5.0, 0.5]], size=(70, 3))


def test_images_are_from_0_to_1_with_channels_last_in_memory() -> None:
    batches = Batches(IMAGES, CPU)
    x = batches.take(np.array([5, 0]))
    np.testing.assert_allclose(x.numpy(), IMAGES[[5, 0]].transpose(0, 3, 1, 2) / 255, atol=1e-7)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert batches.shape == (3, 6, 5)


def test_grey_images_have_three_equal_channels() -> None:
    x = Batches(IMAGES[..., 0], CPU).take(np.arange(4))
    assert x.shape == (4, 3, 6, 5)
    np.testing.assert_allclose(x[:, 2].numpy(), IMAGES[:4, ..., 0] / 255, atol=1e-7)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, pd.DataFrame], ids=["array", "csr", "frame"])
def test_numbers_in_any_form(form: Any) -> None:
    x = Batches(form(NUMBERS), CPU).take(np.array([7, 7, 1]))
    np.testing.assert_array_equal(x.numpy(), NUMBERS[[7, 7, 1]].astype(np.float32))


def test_a_memory_map_is_read_in_blocks(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", IMAGES)
    kept = np.load(tmp_path / "images.npy", mmap_mode="r")
    batches = Batches(kept, CPU)
    parts = list(batches.blocks())
    assert [len(x) for _, x in parts] == [70]
    assert torch.equal(parts[0][1], Batches(IMAGES, CPU).take(np.arange(70)))


def test_blocks_hold_all_items_in_order() -> None:
    X = np.arange(9000.0)[:, None]
    parts = list(Batches(X, CPU).blocks())
    assert len(parts) == 3
    assert torch.equal(torch.cat([x for _, x in parts])[:, 0], torch.arange(9000.0))
    assert [(part.start, part.stop) for part, _ in parts] == [(0, 4096), (4096, 8192), (8192, 9000)]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(AskNextError, match="read numbers or images"):
        Batches(np.array(["a text"], dtype=object), CPU)


def test_channels_are_standardised() -> None:
    batches = Batches(IMAGES, CPU)
    x = Standard.of(batches)(batches.take(np.arange(70)))
    np.testing.assert_allclose(x.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std((0, 2, 3), unbiased=False), 1, rtol=1e-5)


def test_numbers_share_one_deviation() -> None:
    batches = Batches(NUMBERS, CPU)
    x = Standard.of(batches)(batches.take(np.arange(70))).numpy()
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(x, (NUMBERS - NUMBERS.mean(0)) / np.sqrt(NUMBERS.var(0).mean()), atol=1e-5)
    constant = Batches(np.ones((3, 2)), CPU)
    assert torch.equal(Standard.of(constant)(constant.take(np.arange(3))), torch.zeros(3, 2))


def pieces(seed: int, change: augment.Augmentation) -> Any:
    return change(Batches(IMAGES, CPU).take(np.arange(70)), torch.Generator().manual_seed(seed))


def test_each_image_is_flipped_or_not() -> None:
    x = Batches(IMAGES, CPU).take(np.arange(70))
    changed = pieces(0, augment.flip)
    mirrored = [torch.equal(a, b.flip(2)) for a, b in zip(changed, x, strict=True)]
    same = [torch.equal(a, b) for a, b in zip(changed, x, strict=True)]
    assert [a != b for a, b in zip(mirrored, same, strict=True)] == [True] * 70
    assert 20 < sum(mirrored) < 50


def test_each_image_is_moved_by_itself() -> None:
    x = torch.nn.functional.pad(Batches(IMAGES, CPU).take(np.arange(70)), (4, 4, 4, 4))
    changed = pieces(0, augment.pad_crop)
    assert changed.is_contiguous(memory_format=torch.channels_last)
    places = []
    for image, piece in zip(x, changed, strict=True):
        found = [
            (i, j) for i in range(9) for j in range(9) if torch.equal(piece, image[:, i : i + 6, j : j + 5])
        ]
        assert found
        places.append(found[0])
    assert len(set(places)) > 30
    assert torch.equal(changed, pieces(0, augment.pad_crop))
    assert not torch.equal(changed, pieces(1, augment.pad_crop))


def test_a_square_is_cut_out_and_the_middle_one_is_not_random() -> None:
    x = Batches(IMAGES, CPU).take(np.arange(70))
    assert torch.equal(augment.middle(x, 4), x[:, :, 1:5, 0:4])
    assert torch.equal(augment.middle(x, 9), x)
    cut = augment.crop(x, torch.Generator().manual_seed(0), 4)
    assert cut.shape == (70, 3, 4, 4)
    assert torch.equal(augment.crop(x, torch.Generator(), 9), x)


def test_changes_follow_one_another() -> None:
    both = pieces(3, augment.AUGMENTATIONS["flip-and-move"])
    generator = torch.Generator().manual_seed(3)
    x = augment.flip(Batches(IMAGES, CPU).take(np.arange(70)), generator)
    assert torch.equal(both, augment.pad_crop(x, generator, 4))
