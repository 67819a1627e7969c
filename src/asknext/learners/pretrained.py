"""Pretrained networks that learners fine-tune as a whole, each time from the weights of their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from asknext.deep import fine_tuning
from asknext.deep.networks import Network
from asknext.deep.pretrained import Pretrained
from asknext.deep.training import check_whole
from asknext.errors import AskNextError
from asknext.types import Array, Label

BLOCK = 64  # items in a pass: a layer makes much more of an item than its own numbers


@dataclass(frozen=True)
class PretrainedImages:
    """A network for images, such as CLIP or DINOv2, with a new head.

    Where the network reads texts as well, as CLIP does, and every class has a text as its name, the head
    begins as what the network says of the names; else as the mean of what it says of each class's items.

    Parameters
    ----------
    weights : a directory, or the name of a network in the user's cache, as for encoders.
    dropout : share of the features that is left out before the head.
    template : the sentence in which a class's name stands, in the place of {}.

    Raises
    ------
    AskNextError : the template has no place for a name.
    """

    images: ClassVar[bool] = True
    stem: ClassVar[int] = 256  # pixels of the squares that pictures of any size are read as
    block: ClassVar[int] = BLOCK

    weights: str = field(default="clip", repr=False)
    dropout: float = 0.0
    template: str = "a photo of a {}"

    def __post_init__(self) -> None:
        if not isinstance(self.template, str) or "{}" not in self.template:
            raise AskNextError(f"template is {self.template!r}; give a sentence with {{}} for the name.")

    @property
    def content(self) -> str:
        """A fingerprint of the weights, wherever they lie."""
        return _source(self.weights).fingerprint

    def __call__(self, classes: int, shape: tuple[int, ...], names: Sequence[Label] = ()) -> Network:
        """For images (3, h, w), of classes with these names or with none."""
        if len(shape) != 3:
            raise AskNextError(
                f"'{self.weights}' reads images, and an item is {shape}; give X as (n, height, width, 3) "
                "bytes."
            )
        worded = [self.template.replace("{}", name) for name in names if isinstance(name, str)]
        named = worded if len(worded) == classes else ()
        return fine_tuning.of_pictures(_source(self.weights), classes, shape, self.dropout, named)


@dataclass(frozen=True)
class PretrainedTexts:
    """A network for texts, such as a sentence encoder, with a new head.

    The head begins as the mean of what the network says of each class's items.

    Parameters
    ----------
    weights : a directory, or the name of a network in the user's cache, as for encoders.
    longest : tokens of a text that are read, at most; each text takes four bytes for each.
    dropout : share of the features that is left out before the head.

    Raises
    ------
    AskNextError : longest is no whole number above 0.
    """

    texts: ClassVar[bool] = True
    block: ClassVar[int] = BLOCK

    weights: str = field(default="sentence", repr=False)
    longest: int = 128
    dropout: float = 0.1

    def __post_init__(self) -> None:
        check_whole("longest", self.longest, 1)

    @property
    def content(self) -> str:
        """A fingerprint of the weights, wherever they lie."""
        return _source(self.weights).fingerprint

    def rows(self, X: Any) -> Array:
        """(n, longest) the tokens of n texts.

        Raises
        ------
        AskNextError : an item is no text.
        """
        texts: list[Any] = X.tolist() if isinstance(X, np.ndarray) and X.ndim == 1 else [None]
        if not all(isinstance(text, str) for text in texts):
            raise AskNextError(
                f"'{self.weights}' reads texts, and X holds something else; give a list of texts."
            )
        return fine_tuning.token_rows(_source(self.weights), texts, self.longest).numpy()

    def __call__(self, classes: int, shape: tuple[int, ...]) -> Network:
        """For rows of tokens (longest,)."""
        return fine_tuning.of_texts(_source(self.weights), classes, shape[0], self.dropout)


def _source(weights: str) -> Pretrained:
    return Pretrained(weights, reader="the network")
