"""Training a network on items with labels, and what is learnt beside it: losses, moments of weights."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from asknext.deep.augment import AUGMENTATIONS, Augmentation, crop, middle, together
from asknext.deep.batches import Batches, Standard
from asknext.deep.fine_tuning import imprint
from asknext.deep.loss_module import LossModule, channels, ranking_loss
from asknext.deep.swag import Moments
from asknext.deep.taps import head_of, tapped
from asknext.deep.training import LOOK_EVERY, Plan, check_whole, order, reproducible, train
from asknext.errors import AskNextError
from asknext.plugins import find
from asknext.randomness import spawn, spawn_seed
from asknext.types import Array, Ids

SWAG_FROM = 0.75  # share of the updates after which weights are collected


@dataclass(frozen=True)
class Supervised:
    """What a training on labels does.

    Parameters
    ----------
    plan : updates, optimiser, schedule.
    augmentation : how images are changed in training, a name of `AUGMENTATIONS` or a function.
    crop : side of the square that is cut out of larger images, at random in training, else from the middle;
        0 takes them whole.
    standardise : whether items are standardised by the mean and deviation of those trained on.
    loss_module : whether the loss of an item is learnt as well.
    maps : names of the parts of the network whose outputs it reads; by default the network's own `maps`.
    detach : share of the updates after which the loss module no longer changes the network.
    swag : weights collected over the last quarter of the updates for SWAG; 0 collects none. The plan should
        still move then: its rate is what the spread of the weights comes from.
    held_out : share of the items that are not trained on, but tell when to stop; 0 stops at the last update.
    patience : looks, of 50 updates each, without a lower loss on these items, after which training ends; the
        best weights are taken.

    Source
    ------
    Yoo & Kweon 2019 for the loss module, detached at 0.6 of the training as in Park et al. 2022.

    Raises
    ------
    AskNextError : a number is out of range, or there is no such augmentation.
    """

    plan: Plan = field(default_factory=Plan)
    augmentation: str | Augmentation = "none"
    crop: int = 0
    standardise: bool = True
    loss_module: bool = False
    maps: tuple[str, ...] = ()
    detach: float = 0.6
    swag: int = 0
    held_out: float = 0.0
    patience: int = 10

    def __post_init__(self) -> None:
        for name, least in (("crop", 0), ("swag", 0), ("patience", 1)):
            check_whole(name, getattr(self, name), least)
        if not (isinstance(self.held_out, int | float) and 0 <= self.held_out < 1):
            raise AskNextError(f"held_out is {self.held_out!r}; give a share from 0 to below 1.")
        if isinstance(self.augmentation, str):
            find("augmentation", self.augmentation, AUGMENTATIONS)

    @property
    def change(self) -> Augmentation:
        """What happens to images in training."""
        given = self.augmentation
        named = find("augmentation", given, AUGMENTATIONS) if isinstance(given, str) else given
        return together(partial(crop, side=self.crop), named) if self.crop else named


class Outputs(NamedTuple):
    """What comes of one pass: `logits` (m, k), `features` (m, d), and `losses` (m,) if they are learnt."""

    logits: Tensor
    features: Tensor
    losses: Tensor | None


class Classifier(nn.Module):
    """A network with everything that was learnt with it.

    Parameters
    ----------
    network : any module that makes logits; its features are what its last linear layer reads.
    standard : from items to what the network reads.
    maps : names of the parts whose outputs the loss module reads; empty without one.
    side : of the square cut out of the middle of images; 0 takes them whole.
    """

    def __init__(self, network: nn.Module, standard: nn.Module, maps: tuple[str, ...], side: int) -> None:
        super().__init__()
        self.losses: LossModule | None = None
        self.moments: Moments | None = None
        self.best: Best | None = None
        self.network = network
        self.standard = standard
        self.maps = maps
        self.side = side
        self.head = head_of(network)

    def prepared(self, x: Tensor) -> Tensor:
        """Items as they are shown to the network when nothing is random."""
        return self.standard(middle(x, self.side) if self.side else x)

    def forward(self, x: Tensor, detached: bool = False) -> Outputs:
        """Everything of one pass over items that are standardised already.

        Parameters
        ----------
        x : (m, …) standardised items.
        detached : keep the gradient of the losses out of the network.
        """
        with tapped(self.network, self.maps, into=self.head) as found:
            out = self.network(x)
        logits = getattr(out, "logits", out)
        if self.losses is None:
            return Outputs(logits, found[self.head], None)
        maps = [found[name].detach() if detached else found[name] for name in self.maps]
        return Outputs(logits, found[self.head], self.losses(maps))


class Best(nn.Module):
    """The weights with the lowest loss so far, and how many looks ago that was."""

    loss: Tensor
    since: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = deepcopy(network).requires_grad_(False)
        self.register_buffer("loss", torch.tensor(torch.inf))
        self.register_buffer("since", torch.zeros((), dtype=torch.long))

    def look(self, network: nn.Module, loss: Tensor) -> int:
        """Take in the loss of the present weights; the looks since the lowest."""
        self.since.add_(1)
        if bool(loss < self.loss):
            self.loss.copy_(loss)
            self.since.zero_()
            self.network.load_state_dict(network.state_dict())
        return int(self.since)


def fit(
    make: Callable[[int, tuple[int, ...]], nn.Module],
    batches: Batches,
    y: Array,
    classes: int,
    how: Supervised,
    seed: int,
    *,
    checkpoint: Path | None = None,
    key: str = "",
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Classifier:
    """Train a network on items with labels.

    Parameters
    ----------
    make : makes the network for a number of classes and the shape of an item.
    batches : n items.
    y : (n,) their classes, in 0 … classes - 1.
    classes : logits.
    how : the training.
    seed : all randomness: first weights, order, augmentation, dropout.
    checkpoint, key, progress, cancelled : see `asknext.deep.training.train`.

    Returns
    -------
    The classifier, in evaluation mode.

    Raises
    ------
    AskNextError : see `asknext.deep.training.train`; or the network has no last linear layer.
    """
    device = batches.device
    kept, held = _divided(len(y), how.held_out, seed)
    how = replace(how, plan=how.plan.over(len(kept)))
    labels = torch.from_numpy(np.asarray(y, dtype=np.int64)).to(device)
    with reproducible(device, spawn_seed(seed, "weights")):
        classifier = _assembled(make, batches, classes, how).to(device)
    if batches.images:
        classifier.to(memory_format=torch.channels_last)
    if not getattr(classifier.network, "imprinted", True):
        blocks = ((part, classifier.prepared(x)) for part, x in batches.blocks())
        imprint(classifier.network, blocks, labels, kept)
    change, side = how.change if batches.images else AUGMENTATIONS["none"], how.plan.batch
    frozen = how.detach * how.plan.updates

    def loss(update: int, generator: torch.Generator) -> Tensor:
        ids = kept[order(len(kept), side, update, seed)]
        if len(ids) == 1:
            ids = ids.repeat(2)  # batch normalisation needs company
        x = classifier.standard(change(batches.take(ids), generator))
        out = classifier(x, detached=update >= frozen)
        each = F.cross_entropy(out.logits.float(), labels[torch.from_numpy(ids).to(device)], reduction="none")
        if out.losses is None:
            return each.mean()
        return each.mean() + ranking_loss(out.losses.float(), each)

    def after(done: int) -> bool:
        if classifier.moments is not None and _due(done, how):
            classifier.moments.collect(classifier.network)
        if classifier.best is None or done % LOOK_EVERY:
            return False
        since = classifier.best.look(classifier.network, _loss_on(classifier, batches, labels, held))
        return since >= how.patience

    train(
        classifier, loss, how.plan, seed, after=after, progress=progress, cancelled=cancelled,
        checkpoint=checkpoint, key=key,
    )  # fmt: skip
    if classifier.best is not None and torch.isfinite(classifier.best.loss):
        classifier.network.load_state_dict(classifier.best.network.state_dict())
    return classifier.requires_grad_(False)


def _divided(n: int, share: float, seed: int) -> tuple[Ids, Ids]:
    """Which items are trained on, one at least, and which are held out."""
    turn = spawn(seed, "held out").permutation(n)
    held = min(round(share * n), n - 1)
    return np.sort(turn[held:]), np.sort(turn[:held])


def _assembled(
    make: Callable[[int, tuple[int, ...]], nn.Module], batches: Batches, classes: int, how: Supervised
) -> Classifier:
    network = make(classes, batches.shape)
    standard = Standard.of(batches).cpu() if how.standardise else nn.Identity()
    names = (how.maps or getattr(network, "maps", ())) if how.loss_module else ()
    classifier = Classifier(network, standard, names, how.crop).eval()
    if how.loss_module:
        if not names:
            raise AskNextError("the loss module reads feature maps; name the parts that make them by maps=.")
        with torch.no_grad(), tapped(network, names) as found:
            network(classifier.prepared(batches.take(np.arange(1)).cpu()))
        classifier.losses = LossModule([channels(found[name]).shape[1] for name in names])
    if how.swag:
        classifier.moments = Moments(network, how.swag)
    if how.held_out:
        classifier.best = Best(network)
    return classifier


def _due(done: int, how: Supervised) -> bool:
    """Whether weights are collected now: as often as asked for, evenly, the last time at the end."""
    before = SWAG_FROM * how.plan.updates
    step = (how.plan.updates - before) / how.swag
    return done > before and int((done - before) / step) > int((done - 1 - before) / step)


def _loss_on(classifier: Classifier, batches: Batches, labels: Tensor, held: Ids) -> Tensor:
    classifier.eval()
    total = torch.zeros((), device=batches.device)
    with torch.no_grad():
        for start in range(0, len(held), 256):
            ids = held[start : start + 256]
            out = classifier(classifier.prepared(batches.take(ids)))
            truth = labels[torch.from_numpy(ids).to(batches.device)]
            total += F.cross_entropy(out.logits.float(), truth, reduction="sum")
    classifier.train()
    return total / max(1, len(held))
