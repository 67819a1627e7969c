"""Semi-supervised training: what a network is sure of in a mild view, it is taught in a strong one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from asknext.deep.augment import AUGMENTATIONS
from asknext.deep.batches import Batches, Standard
from asknext.deep.supervised import Classifier
from asknext.deep.training import Plan, order, reproducible, train, without_onednn
from asknext.deep.views import view
from asknext.randomness import spawn_seed
from asknext.types import Array

WEAK = AUGMENTATIONS["flip-and-move"]
UNSURE = -1  # what stands for an item of which nothing was ever sure


@dataclass(frozen=True)
class FlexMatch:
    """How to learn from a few items with labels and many without.

    Parameters
    ----------
    plan : updates, optimiser, schedule; its batch is of items with labels, and its epochs are of the others.
    ratio : items without labels in an update, for each item of a batch.
    threshold : probability from which the network counts as sure, of the class that it has learnt best.
    weight : of what is learnt from items without labels.

    Source
    ------
    Zhang et al. 2021, "FlexMatch: Boosting Semi-Supervised Learning with Curriculum Pseudo Labeling", with
    their numbers; the strong view is that of contrastive learning, where they draw two of fourteen changes
    (RandAugment), and the last weights are taken, where they take a moving average.
    """

    plan: Plan = field(default_factory=lambda: Plan(rate=0.03, nesterov=True, schedule="cosine"))
    ratio: int = 7
    threshold: float = 0.95
    weight: float = 1.0


class Semi(nn.Module):
    """A classifier, and the class that it was last sure of for each item without a label, or -1."""

    said: Tensor

    def __init__(self, classifier: Classifier, n: int) -> None:
        super().__init__()
        self.classifier = classifier
        self.register_buffer("said", torch.full((n,), UNSURE))


def thresholds(said: Tensor, classes: int, threshold: float) -> Tensor:
    """(k,) the probability from which each class is believed: lower, the less it was believed so far.

    Parameters
    ----------
    said : (n,) the class of each item that was believed, or -1.
    classes : k of them.
    threshold : of the class that was believed most often.

    Source
    ------
    Zhang et al. 2021, equations 5, 7 and 11: counts over the largest one, or over that of items of which
    nothing was believed while these are more; mapped by x / (2 - x).
    """
    counts = torch.bincount(said + 1, minlength=classes + 1).float()
    share = counts[1:] / counts.max().clamp(min=1)
    return threshold * share / (2 - share)


def fit(
    make: Callable[[int, tuple[int, ...]], nn.Module],
    batches: Batches,
    y: Array,
    classes: int,
    others: Batches,
    how: FlexMatch,
    seed: int,
    *,
    checkpoint: Path | None = None,
    key: str = "",
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Classifier:
    """Train a network on images of which a few have labels.

    Parameters
    ----------
    make : makes the network for a number of classes and the shape of an image.
    batches : n images with labels.
    y : (n,) their classes, in 0 … classes - 1.
    classes : logits.
    others : images without labels; those with labels may be among them.
    how : the training.
    seed : all randomness.
    checkpoint, key, progress, cancelled : see `asknext.deep.training.train`.

    Returns
    -------
    The classifier, in evaluation mode.

    Raises
    ------
    AskNextError : see `asknext.deep.training.train`.
    """
    device, n, m = batches.device, len(batches), len(others)
    labels = torch.from_numpy(np.asarray(y, dtype=np.int64)).to(device)
    with reproducible(device, spawn_seed(seed, "weights")):
        classifier = Classifier(make(classes, batches.shape), Standard.of(others).cpu(), (), 0)
        module = Semi(classifier, m).to(device)
    module.to(memory_format=torch.channels_last)
    strong, plan = view(), how.plan.over(m)

    def loss(update: int, generator: torch.Generator) -> Tensor:
        ids = order(n, plan.batch, update, seed)
        free = order(m, how.ratio * plan.batch, update, spawn_seed(seed, "others"))
        places = torch.from_numpy(free).to(device)
        unlabelled = WEAK(others.take(free), generator)
        views = [WEAK(batches.take(ids), generator), unlabelled, strong(unlabelled, generator)]
        together = classifier.standard(torch.cat(views)).contiguous(memory_format=torch.channels_last)
        logits = classifier(together).logits.float()
        known, mild, hard = logits.split([len(view) for view in views])
        supervised = F.cross_entropy(known, labels[torch.from_numpy(ids).to(device)])
        return supervised + how.weight * taught(module.said, places, mild, hard, how)

    with without_onednn():
        train(
            module, loss, plan, seed, progress=progress, cancelled=cancelled, checkpoint=checkpoint, key=key
        )
    return classifier.requires_grad_(False)


def taught(said: Tensor, ids: Tensor, mild: Tensor, hard: Tensor, how: FlexMatch) -> Tensor:
    """The loss of strong views by what is believed of mild ones; what the network is sure of is noted.

    Parameters
    ----------
    said : (n,) the class that was last believed of each item, or -1; changed in place.
    ids : (m,) positions of the items in it.
    mild, hard : (m, k) logits of both views.
    how : gives the threshold.

    Returns
    -------
    The mean over all m items of the cross entropy of those that are believed.
    """
    p, told = mild.detach().softmax(dim=1).max(dim=1)
    limits = thresholds(said, mild.shape[1], how.threshold)
    believed = (p >= limits[told]).float()
    loss = (F.cross_entropy(hard, told, reduction="none") * believed).mean()
    sure = p >= how.threshold
    said[ids[sure]] = told[sure]
    return loss
