"""What is done to a picture before a pretrained network sees it: resized, cut to a square, standardised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from asknext.types import Array

BICUBIC = 3
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """The steps, as the publishers of networks write them down in `preprocessor_config.json`.

    Parameters
    ----------
    shortest : pixels that the shorter side is resized to; None leaves the picture.
    exact : (height, width) that it is resized to instead, whatever its shape.
    crop : (height, width) cut out of the middle, what is missing black; None cuts nothing.
    resample : how to interpolate, by Pillow's numbers: 2 is bilinear, 3 bicubic.
    scale : bytes are multiplied by.
    mean, std : of each colour, taken away and divided by afterwards.
    """

    shortest: int | None
    exact: tuple[int, int] | None
    crop: tuple[int, int] | None
    resample: int
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, told: dict[str, Any], side: int, like_clip: bool) -> Preprocessing:
        """The steps of a file; where it leaves something open, what the network's publishers do.

        Parameters
        ----------
        told : the file's content, empty where there is none.
        side : pixels of the network's input.
        like_clip : the colours are standardised as for CLIP, not as for ImageNet.
        """
        size = told.get("size", side if like_clip else round(side * 8 / 7))
        size = {"shortest_edge": size} if isinstance(size, int) else size
        crop = told.get("crop_size", side)
        crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
        exact = (size["height"], size["width"]) if "height" in size else None
        mean, std = (CLIP_MEAN, CLIP_STD) if like_clip else (IMAGENET_MEAN, IMAGENET_STD)
        standardised = told.get("do_normalize", True)
        return cls(
            shortest=size.get("shortest_edge") if told.get("do_resize", True) else None,
            exact=exact if told.get("do_resize", True) else None,
            crop=(crop["height"], crop["width"]) if told.get("do_center_crop", exact is None) else None,
            resample=int(told.get("resample", BICUBIC)),
            scale=float(told.get("rescale_factor", 1 / 255)) if told.get("do_rescale", True) else 1.0,
            mean=tuple(told.get("image_mean", mean)) if standardised else (0.0, 0.0, 0.0),
            std=tuple(told.get("image_std", std)) if standardised else (1.0, 1.0, 1.0),
        )

    def __call__(self, pictures: Sequence[Array]) -> Array:
        """(m, 3, height, width) float32 of m pictures (h, w, 3), bytes, of any sizes."""
        pixels = np.stack([self._sized(picture) for picture in pictures]).astype(np.float32)
        pixels *= np.float32(self.scale)
        pixels -= np.asarray(self.mean, dtype=np.float32)
        pixels /= np.asarray(self.std, dtype=np.float32)
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))

    def _sized(self, picture: Array) -> Array:
        height, width = picture.shape[:2]
        if self.shortest is not None:
            least = min(height, width)
            height, width = (side * self.shortest // least for side in (height, width))
        if self.exact is not None:
            height, width = self.exact
        if (height, width) != picture.shape[:2]:
            image = Image.fromarray(np.ascontiguousarray(picture))
            picture = np.asarray(image.resize((width, height), Image.Resampling(self.resample)))
        if self.crop is None:
            return picture
        out = np.zeros((*self.crop, 3), dtype=np.uint8)
        top, left = ((have - wanted) // 2 for have, wanted in zip((height, width), self.crop, strict=True))
        piece = picture[max(0, top) : top + self.crop[0], max(0, left) : left + self.crop[1]]
        down, across = max(0, -top), max(0, -left)
        out[down : down + piece.shape[0], across : across + piece.shape[1]] = piece
        return out
