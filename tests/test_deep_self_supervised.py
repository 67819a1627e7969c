"""SimCLR and CSI on a few small images: what is learnt, what is resumed, and what is read off the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from asknext.deep.self_supervised import (  # noqa: E402
    Contrast,
    SelfSupervision,
    features,
    learn,
    projections,
    turns,
)
from asknext.deep.training import Cancelled  # noqa: E402

TINY = SelfSupervision(epochs=3, batch=16, width=4, rate=1.0)


def landscapes(n: int = 40, side: int = 12, seed: int = 0) -> np.ndarray:
    """Bright above and dark below, each in colours of its own, so that the way up can be told."""
    rng = np.random.default_rng(seed)
    light = np.linspace(1, 0, side)[:, None, None] * rng.uniform(0.6, 1, (n, 1, 1, 3))
    return (255 * np.clip(light + rng.normal(0, 0.05, (n, side, side, 3)), 0, 1)).astype(np.uint8)


def weights(module: Contrast) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in module.state_dict().items()}


def test_simclr_learns_to_know_an_image_again_in_a_darker_copy() -> None:
    """The nearest other image of a darker, mirrored copy is the original, more often than before training."""
    images = landscapes(60)
    other = (0.8 * images[:, :, ::-1]).astype(np.uint8)

    def known_again(module: Contrast) -> float:
        here, there = (projections(module, part) for part in (images, other))
        here, there = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in (here, there))
        return float(((there @ here.T).argmax(axis=1) == np.arange(60)).mean())

    before = known_again(learn(images, SelfSupervision(epochs=1, batch=60, width=4, rate=0.0)))
    after = known_again(learn(images, SelfSupervision(epochs=60, batch=60, width=4, rate=1.0)))
    assert after > before + 0.1


def test_csi_learns_how_far_unseen_images_are_turned() -> None:
    module = learn(landscapes(64), SelfSupervision("csi", epochs=12, batch=32, width=4, rate=1.0))
    images = np.concatenate([np.rot90(landscapes(25, seed=1), turn, axes=(1, 2)) for turn in range(4)])
    x = torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        told = module(x)[1].argmax(dim=1).numpy()
    assert (told == np.repeat(np.arange(4), 25)).mean() > 0.8


@pytest.mark.parametrize("method", ["simclr", "csi"])
def test_a_training_that_was_stopped_gives_the_same_weights(method: str, tmp_path: Path) -> None:
    images = landscapes()
    how = SelfSupervision(method, epochs=3, batch=16, width=4)  # type: ignore[arg-type]
    whole = weights(learn(images, how, seed=3))
    asked = iter(range(100))
    with pytest.raises(Cancelled):
        learn(images, how, seed=3, checkpoint=tmp_path / "c", cancelled=lambda: next(asked) == 4)
    heard: list[tuple[int, int]] = []
    torch.manual_seed(99)
    resumed = learn(images, how, 3, checkpoint=tmp_path / "c", progress=lambda *told: heard.append(told))
    assert heard == [(6, 9), (9, 9)]
    for name, value in weights(resumed).items():
        np.testing.assert_array_equal(value, whole[name], err_msg=name)
    other = weights(learn(images, how, seed=4))
    assert any((other[name] != whole[name]).any() for name in whole)


def test_a_checkpoint_of_other_images_is_refused(tmp_path: Path) -> None:
    learn(landscapes(), TINY, checkpoint=tmp_path / "c")
    with pytest.raises(ValueError, match="another training"):
        learn(landscapes(seed=1), TINY, checkpoint=tmp_path / "c")


def test_what_is_read_off_is_what_the_network_says_of_each_image_alone() -> None:
    images = landscapes(70)
    module = learn(images, SelfSupervision("csi", epochs=1, batch=35, width=4))
    F, Z, T = features(module, images), projections(module, images), turns(module, images)
    assert F.shape == (70, 32)
    assert Z.shape == (70, 128)
    assert T.projections.shape == (70, 4, 128)
    assert T.logits.shape == (70, 4)
    np.testing.assert_allclose(T.projections[:, 0], Z, rtol=1e-4, atol=1e-5)
    for i in (0, 69):
        for turn in range(4):
            one = np.rot90(images[i], turn).copy()
            x = torch.from_numpy(one).permute(2, 0, 1)[None].float() / 255
            with torch.no_grad():
                z, logits = module(x)
            np.testing.assert_allclose(T.projections[i, turn], z[0].numpy(), rtol=1e-4, atol=1e-5)
            assert T.logits[i, turn] == pytest.approx(float(logits[0, turn]), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("images", "method", "said"),
    [
        (landscapes(5), "simclr", "there are 5 images"),
        (landscapes()[:, :8], "csi", "must be square, not 8 × 12"),
    ],
)
def test_images_that_cannot_be_learnt_from(images: np.ndarray, method: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        learn(images, SelfSupervision(method, epochs=1))  # type: ignore[arg-type]


def test_images_that_are_not_square_are_learnt_from() -> None:
    assert features(learn(landscapes()[:, :8], TINY), landscapes()[:, :8]).shape == (40, 32)
