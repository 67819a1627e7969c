"""Views of images without PyTorch: a part of each, mirrored, in other colours or none."""

from __future__ import annotations

import numpy as np
from PIL import Image

from asknext.types import Array, Floats

SMALLEST = 0.2  # share of its area that a view shows at least
RATIO = np.log(4 / 3)  # of width to height of the part, either way
STRENGTH, HUE = 0.4, 0.1  # of changes in brightness, contrast and saturation; of hue, in full circles
COLOURED, GREYED = 0.8, 0.2  # shares of the views
GREY = np.array([0.299, 0.587, 0.114])
_AXES = np.array([GREY, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])  # brightness, and two of colour


def view(images: Array, rng: np.random.Generator) -> Array:
    """Another view of each image, in the size of the whole.

    Parameters
    ----------
    images : (n, h, w, 3) bytes.
    rng : draws the parts and the colours, for each image its own.

    Returns
    -------
    (n, h, w, 3) bytes.

    Source
    ------
    Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", appendix A,
    without blur; with the numbers of `asknext.deep.views`, which does the same on a GPU.
    """
    n, height, width = images.shape[:3]
    area, x, y = rng.uniform((SMALLEST, 0, 0), 1, (n, 3)).T
    stretch = np.exp(rng.uniform(-RATIO, RATIO, n) / 2)
    across, down = np.minimum(np.sqrt(area) * stretch, 1), np.minimum(np.sqrt(area) / stretch, 1)
    left, top = x * (1 - across), y * (1 - down)
    boxes = np.stack([left, top, left + across, top + down], axis=1) * [width, height, width, height]
    parts = np.stack([_part(image, box) for image, box in zip(images, boxes.tolist(), strict=True)])
    mirrored = rng.random(n) < 0.5
    parts[mirrored] = parts[mirrored, :, ::-1]
    return _recoloured(parts, rng)


def _part(image: Array, box: list[float]) -> Array:
    """What a box (left, top, right, bottom) holds, in the size of the whole."""
    height, width = image.shape[:2]
    part = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR, tuple(box))
    return np.asarray(part)


def _recoloured(images: Array, rng: np.random.Generator) -> Array:
    """Images whose colours went through a matrix each: scaled, away from or towards grey, turned about it."""
    n = len(images)
    light, contrast, saturation = rng.uniform(1 - STRENGTH, 1 + STRENGTH, (3, n))
    turn = 2 * np.pi * rng.uniform(-HUE, HUE, n)
    middle = np.zeros((n, 3, 3))
    middle[:, 0, 0] = 1
    middle[:, 1, 1] = middle[:, 2, 2] = saturation * np.cos(turn)
    middle[:, 2, 1] = saturation * np.sin(turn)
    middle[:, 1, 2] = -middle[:, 2, 1]
    matrix = np.linalg.inv(_AXES) @ middle @ _AXES * (light * contrast)[:, None, None]
    offset = (1 - contrast) * light * (images.mean(axis=(1, 2)) @ GREY)
    same = rng.random(n) >= COLOURED
    matrix[same], offset[same] = np.eye(3), 0
    grey = rng.random(n) < GREYED
    matrix[grey] = (GREY @ matrix[grey])[:, None]
    return _through(images, matrix, offset)


def _through(images: Array, matrix: Floats, offset: Floats) -> Array:
    """Bytes of colours c that became matrix @ c + offset, for each image its own."""
    n = len(images)
    flat = images.reshape(n, -1, 3).astype(np.float32) @ matrix.transpose(0, 2, 1).astype(np.float32)
    flat += offset[:, None, None].astype(np.float32)
    return np.rint(np.clip(flat, 0, 255)).astype(np.uint8).reshape(images.shape)
