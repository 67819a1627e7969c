"""Responses of images to a dictionary of patches: against a plain implementation, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest

from asknext.encoders import patches
from asknext.encoders.base import Encoder
from asknext.encoders.patches import Dictionary, embed, learn, responses


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary that is quickly learnt."""
    monkeypatch.setattr(patches, "WORDS", 12)
    monkeypatch.setattr(patches, "SAMPLE", 2000)


def pictures(n: int, side: int = 16, seed: int = 0) -> np.ndarray:
    """Images of smooth blots, so that neighbouring pixels are alike."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 256, (n, side // 4, side // 4, 3))
    return np.repeat(np.repeat(coarse, 4, axis=1), 4, axis=2).astype(np.uint8)


def plainly(image: np.ndarray, dictionary: Dictionary) -> np.ndarray:
    """The responses of one image, patch by patch and word by word, in double precision."""
    mean, whitening, words = (part.astype(float) for part in dictionary)
    places = range(0, image.shape[0] - 5, 2)
    total = np.zeros((2, 2, len(words)))
    for picture in (image, image[:, ::-1]):
        for i, down in enumerate(places):
            for j, across in enumerate(places):
                patch = picture[down : down + 6, across : across + 6].transpose(2, 0, 1).ravel().astype(float)
                patch = (patch - patch.mean()) / np.sqrt(patch.var() + 10)
                z = np.linalg.norm((patch - mean) @ whitening - words, axis=1)
                middle = (len(places) + 1) // 2
                total[int(i >= middle), int(j >= middle)] += np.maximum(z.mean() - z, 0)
    return np.sqrt(total).ravel()


@pytest.mark.parametrize("side", [16, 20])
def test_responses_are_those_of_the_paper(side: int) -> None:
    images = pictures(5, side)
    images[0] = 7  # flat
    dictionary = learn(images, 12, np.random.default_rng(0))
    found = responses(images, dictionary)
    assert found.shape == (5, 4 * 12)
    expected = np.stack([plainly(image, dictionary) for image in images])
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


def test_a_mirror_image_is_the_same_and_each_image_stands_alone() -> None:
    images = pictures(9)
    dictionary = learn(images, 12, np.random.default_rng(0))
    found = responses(images, dictionary)
    np.testing.assert_allclose(responses(images[:, :, ::-1], dictionary), found, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(responses(images[4:5], dictionary)[0], found[4], rtol=1e-4, atol=1e-4)


def test_patches_of_the_dictionary_are_white() -> None:
    """Directions in which patches vary much are of variance 1, and none is of more."""
    images = pictures(200)
    dictionary = learn(images, 12, np.random.default_rng(0))
    windows = np.lib.stride_tricks.sliding_window_view(images, (6, 6), axis=(1, 2)).reshape(-1, 108)
    patch = windows - windows.mean(axis=1, keepdims=True)
    patch /= np.sqrt(patch.var(axis=1, keepdims=True) + 10)
    white = (patch - dictionary.mean) @ dictionary.whitening
    values = np.linalg.eigvalsh(np.cov(white.T))
    assert values.max() < 1.4
    assert values[-20:].min() > 0.8  # 0.1 is added to all, so those of little variance stay below 1


def test_embeddings_are_unit_rows_of_the_seed() -> None:
    images = pictures(60)
    first = embed(images, 8)
    assert first.shape == (60, 8)
    assert first.dtype == np.float64
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1)
    np.testing.assert_array_equal(embed(images, 8), first)
    assert not np.allclose(embed(images, 8, seed=1), first)
    assert embed(images[:5], 100).shape == (5, 5)


def test_the_encoder_makes_the_rows_of_the_embedding_in_batches_and_of_new_images() -> None:
    images, new = pictures(60), pictures(7, seed=1)
    encoder = patches.fit(images, 8)
    assert isinstance(encoder, Encoder)
    whole = embed(images, 8)
    parts = np.concatenate([encoder.encode(list(images[start : start + 25])) for start in (0, 25, 50)])
    assert parts.dtype == np.float32
    np.testing.assert_allclose(parts, whole, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(new), axis=1), 1, rtol=1e-5)
    assert patches.fit(images, 8).fingerprint == encoder.fingerprint
    assert patches.fit(images, 8, seed=1).fingerprint != encoder.fingerprint


def test_embeddings_stay_when_an_image_moves() -> None:
    """A moved image lies nearer to itself than to others."""
    images = pictures(80, side=32)
    moved = np.roll(images[:20], (2, 2), axis=(1, 2))
    X = embed(np.concatenate([images, moved]), 20)
    nearest = np.argmax(X[80:] @ X[:80].T, axis=1)
    assert (nearest == np.arange(20)).mean() >= 0.9


def test_embeddings_stay_under_the_changes_that_they_were_fitted_to() -> None:
    """Images that differ in brightness and hue: told apart, unless these are what changes."""
    rng = np.random.default_rng(0)
    shapes = pictures(5)
    images = np.repeat(shapes, 16, axis=0) * rng.uniform(0.3, 1, (80, 1, 1, 3))
    images = images.astype(np.uint8)

    def relit(some: np.ndarray, own: np.random.Generator) -> np.ndarray:
        return (some * own.uniform(0.4, 1, (len(some), 1, 1, 3))).astype(np.uint8)

    def apart(X: np.ndarray) -> float:
        """Variance of the lit copies of a shape, over the variance of all."""
        return float(X.reshape(5, 16, -1).var(axis=1).sum() / (5 * X.var(axis=0).sum()))

    once, more = (embed(images, 4, change=relit, copies=copies) for copies in (1, 4))
    assert apart(once) < 0.5 * apart(embed(images, 4))
    assert apart(more) < apart(once)


def test_discriminants_prefer_what_stays() -> None:
    """The first direction is the one that varies between images and not within, however small it is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3)) * [0.5, 3, 1]
    apart = rng.normal(size=(200, 3)) * [0.01, 3, 1]
    V = patches._discriminants(X, apart.T @ apart / (2 * len(apart)), 3)
    assert abs(V[0, 0]) > 10 * np.abs(V[1:, 0]).max()
    within = np.mean([np.cov(np.stack([difference, 0 * difference]).T) for difference in apart], axis=0)
    within += (patches.SHRINKAGE * np.trace(within) / 3 + patches.TINY) * np.eye(3)
    np.testing.assert_allclose(V.T @ within @ V, np.eye(3), atol=1e-6)
    ratios = np.diag(V.T @ (X.T @ X / 500) @ V)
    assert ratios.tolist() == sorted(ratios, reverse=True)


def test_images_that_are_all_the_same_have_embeddings_too() -> None:
    X = embed(np.full((6, 12, 12, 3), 9, np.uint8), 4)
    assert X.shape == (6, 4)
    assert np.isfinite(X).all()
