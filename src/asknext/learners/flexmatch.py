"""A semi-supervised network as a learner: it learns from the images of the whole pool each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from asknext import rows
from asknext.deep.batches import Batches
from asknext.deep.flexmatch import FlexMatch, fit
from asknext.deep.supervised import Supervised
from asknext.deep.training import best_device
from asknext.errors import AskNextError
from asknext.learners.parameters import replaced
from asknext.learners.recipes import Resnet18
from asknext.learners.torch import TorchLearner, TorchModel
from asknext.types import Array


@dataclass(frozen=True)
class FlexMatchLearner:
    """Trains a network on the labelled images, and on all others by what it is sure of.

    With a few labels a class this is what TypiClust's strongest results were had with. It takes many updates,
    each eight times as dear as one on the labelled alone.

    Parameters
    ----------
    others : (n, h, w, 3) bytes that are learnt from without labels; labelled images may be among them. None:
        what `fit` is given, which is the pool of a campaign or of a comparison, without its test items.
    network : what makes the network for a number of classes and the shape of an image.
    how : the training, see `asknext.deep.flexmatch.FlexMatch`.
    device : such as "cuda:1" or "cpu"; by default the GPU if there is one.
    checkpoints : a folder for the weights, so that a training that was killed goes on.
    progress : called with the updates done and those due.
    cancelled : asked before each update; if it says yes, training ends in an error.

    Raises
    ------
    AskNextError : the others are no images.

    Source
    ------
    Zhang et al. 2021 (FlexMatch); Hacohen et al. 2022 (TypiClust), section 4.2.3.
    """

    others: Array | None = None
    network: Callable[[int, tuple[int, ...]], Any] = field(default_factory=Resnet18)
    how: FlexMatch = field(default_factory=FlexMatch)
    device: str | None = None
    checkpoints: Path | None = None
    progress: Callable[[int, int], None] | None = None
    cancelled: Callable[[], bool] | None = None

    needs_labels: ClassVar[bool] = True
    reads_images: ClassVar[bool] = True
    reads_pool: ClassVar[bool] = True
    provides: ClassVar[frozenset[str]] = frozenset({"proba", "logits", "embedding"})

    def __post_init__(self) -> None:
        if self.others is not None:
            _check(self.others)

    @cached_property
    def key(self) -> str:
        """Fingerprint of the images, the network, the training, and PyTorch's version."""
        return rows.fingerprint(
            "flexmatch", torch.__version__, self.others, repr(self.network), repr(self.how)
        )

    def replaced(self, parameters: Mapping[str, Any]) -> FlexMatchLearner:
        """The same with other parameters, by name; see `asknext.learners.parameters.replaced`."""
        return replaced(self, parameters, ("device",))

    def fit(self, X: Any, y: NDArray[np.int32], seed: int, others: Any = None) -> TorchModel:
        """Train on images X with class positions y, and on the others.

        Parameters
        ----------
        X, y, seed : as for any learner.
        others : (n, h, w, 3) bytes, where the learner has none of its own.

        Raises
        ------
        AskNextError : there are no others, X holds no images of their size, the loss is no number any more,
            the memory does not suffice, or `cancelled` said so.
        """
        others = _check(others if self.others is None else self.others)
        if not rows.is_images(X) or X.shape[1:] != others.shape[1:]:
            shape, due = (" × ".join(map(str, part.shape[1:])) for part in (X, others))
            raise AskNextError(f"an item is {shape} here, and {due} among the others; give one size.")
        device = torch.device(self.device) if self.device else best_device()
        classes, places = np.unique(y, return_inverse=True)
        batches = Batches(X, device)
        key = rows.fingerprint(self.key, X, y, others) if self.checkpoints else ""
        trained = fit(
            self.network, batches, places, len(classes), Batches(others, device), self.how, seed,
            checkpoint=self.checkpoints / f"{key}-{seed}.safetensors" if self.checkpoints else None,
            key=key, progress=self.progress, cancelled=self.cancelled,
        )  # fmt: skip
        learner = TorchLearner(self.network, Supervised(self.how.plan))
        return TorchModel(learner, classes.astype(np.int32), [trained], batches, seed)


def _check(others: Any) -> Array:
    """The images that are learnt from without labels.

    Raises
    ------
    AskNextError : they are none.
    """
    if not rows.is_images(others):
        raise AskNextError("FlexMatch learns from changed images; give others as bytes, n × h × w × 3.")
    return others
