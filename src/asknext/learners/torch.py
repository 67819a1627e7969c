"""A network as a learner: trained on the labelled items, it hands out every signal from one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from asknext import rows
from asknext.deep.batches import Batches
from asknext.deep.inference import dropout_masks, outputs, swag_draws, swag_mean
from asknext.deep.supervised import Classifier, Supervised, fit
from asknext.deep.taps import with_head
from asknext.deep.training import best_device, check_whole
from asknext.errors import AskNextError
from asknext.learners.parameters import replaced
from asknext.randomness import spawn_seed
from asknext.signals import softmax
from asknext.types import Array, Floats, Label

DRAWS = 10
"""Networks that SWAG draws, where nothing is said."""


@dataclass(frozen=True)
class TorchLearner:
    """Trains a network from its first weights whenever there are new labels.

    Parameters
    ----------
    network : what makes the network for a number of classes and the shape of an item, such as
        `asknext.learners.recipes.Resnet18(width=32)`; or any module, whose last linear layer makes the
        logits. Of a module a copy is trained, from the weights that it has; its last linear layer is replaced
        by a new one where it has another number of outputs than there are classes. A Lightning module is a
        module: only its `forward` is used.
    how : the training: updates, optimiser, augmentation, loss module, SWAG, early stopping.
    members : networks, trained with other first weights, order and augmentation: an ensemble, or with SWAG
        MultiSWAG.
    draws : predictions that each network gives by dropout, or by weights from SWAG, where 0 means 10.
    outside : learn from items out of scope as well, as one class more. What is said of the classes is said of
        an item that belongs to one of them; the signal `outside` is the probability that it belongs to none,
        and 0 while there is no such answer.
    device : such as "cuda:1" or "cpu"; by default the GPU if there is one.
    checkpoints : a folder for the weights, so that a training that was killed goes on, and one that ended is
        not done again. No file is removed.
    progress : called with the updates done and those due.
    cancelled : asked before each update; if it says yes, training ends in an error.

    Source
    ------
    Lakshminarayanan et al. 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep
    Ensembles", for members; Ning et al. 2022, "Active Learning for Open-set Annotation", for the class more;
    see `asknext.deep.dropout` and `asknext.deep.swag` for the others.
    """

    network: Any
    how: Supervised = field(default_factory=Supervised)
    members: int = 1
    draws: int = 0
    outside: bool = False
    device: str | None = None
    checkpoints: Path | None = None
    progress: Callable[[int, int], None] | None = None
    cancelled: Callable[[], bool] | None = None

    needs_labels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name, least in (("members", 1), ("draws", 0)):
            check_whole(name, getattr(self, name), least)
        if not callable(self.network):
            raise AskNextError(f"{self.network!r} is no network; give a module, or what makes one.")

    @property
    def provides(self) -> frozenset[str]:
        """`proba` and `embedding`; `logits` of a single network, whose softmax `proba` is; `samples` where
        there are members, draws or SWAG; `predicted_loss` with a loss module; `outside` if it learns that."""
        alone = self.members == 1 and not self.how.swag
        more = {
            "logits": alone,
            "samples": not alone or self.draws > 0,
            "predicted_loss": self.how.loss_module,
            "outside": self.outside,
        }
        return frozenset({"proba", "embedding", *(name for name, there in more.items() if there)})

    @property
    def reads_images(self) -> bool:
        """Whether it wants raw images where there are features as well: the network says so by `images`."""
        return getattr(self.network, "images", False)

    @property
    def side(self) -> int:
        """Pixels of the squares that it sees of pictures of any size: a seventh more than training cuts out,
        256 for 224 as usual; where it takes them whole, what the network is made for."""
        return round(self.how.crop * 8 / 7) or getattr(self.network, "stem", 32)

    @property
    def reads_texts(self) -> bool:
        """Whether it wants texts: the network says so by `texts`."""
        return getattr(self.network, "texts", False)

    @property
    def reads_outside(self) -> bool:
        """Whether it learns from items out of scope."""
        return self.outside

    @cached_property
    def key(self) -> str:
        """Fingerprint of the network, the training, and PyTorch's version."""
        how = {one.name: getattr(self.how, one.name) for one in fields(self.how)}
        how["plan"] = repr(self.how.plan)
        more = ("outside",) if self.outside else ()
        identity = (*_identity(self.network), *how.items(), self.members, self.draws, *more)
        return rows.fingerprint("torch", torch.__version__, *identity)

    def replaced(self, parameters: Mapping[str, Any]) -> TorchLearner:
        """The same with other parameters of its own, of its network, its training or its plan, by name.

        Raises
        ------
        AskNextError : none of them has such a parameter.
        """
        return replaced(self, parameters, ("members", "draws", "outside", "device"))

    @property
    def reads_names(self) -> bool:
        """Whether it wants the names of the classes: the network has a `template` for them."""
        return hasattr(self.network, "template")

    def batches(self, X: Any, device: torch.device) -> Batches:
        """Rows X as the network reads them; a network for texts makes numbers of these by `rows`."""
        read = getattr(self.network, "rows", None)
        return Batches(X if read is None else read(X), device, getattr(self.network, "block", 4096))

    def fit(self, X: Any, y: NDArray[np.int32], seed: int, names: Sequence[Label] = ()) -> TorchModel:
        """Train each member on rows X, images, numbers or texts, with class positions y.

        Parameters
        ----------
        X, y, seed : as for any learner; -1 stands in y for an item out of scope.
        names : of the classes, by position, where the network reads names.

        Raises
        ------
        AskNextError : X is none of these, the loss is no number any more, the memory does not suffice, or
            `cancelled` said so.
        """
        device = torch.device(self.device) if self.device else best_device()
        classes = np.unique(y[y >= 0])
        places = np.where(y >= 0, np.searchsorted(classes, y), len(classes))
        logits = len(classes) + int((y < 0).any())
        batches = self.batches(X, device)
        named = tuple(names[c] for c in classes) if names else ()
        make = partial(self._make, {"names": named} if self.reads_names else {})
        key = rows.fingerprint(self.key, X, y, *names) if self.checkpoints else ""
        members = []
        for member in range(self.members):
            own = seed if member == 0 else spawn_seed(seed, "member", member)
            file = self.checkpoints / f"{key}-{own}.safetensors" if self.checkpoints else None
            trained = fit(
                make, batches, places, logits, self.how, own,
                checkpoint=file, key=key, progress=self.progress, cancelled=self.cancelled,
            )  # fmt: skip
            if self.how.swag:
                swag_mean(trained, batches)
            members.append(trained)
        return TorchModel(self, classes.astype(np.int32), members, batches, seed)

    def _make(self, beside: dict[str, Any], classes: int, shape: tuple[int, ...]) -> nn.Module:
        if isinstance(self.network, nn.Module):
            return with_head(deepcopy(self.network), classes)
        try:
            return self.network(classes, shape, **beside)
        except (TypeError, ValueError, RuntimeError) as error:
            if isinstance(error, AskNextError):
                raise
            reason = str(error).partition("\n")[0]
            raise AskNextError(
                f"no network can be made for {classes} classes of items {shape}: {reason}"
            ) from error


@dataclass(frozen=True)
class TorchModel:
    """Trained networks.

    Parameters
    ----------
    learner : what trained them.
    classes : (k,) the class positions that they know.
    members : the networks, at least one.
    seen : the items that they were trained on.
    seed : of the draws.
    """

    learner: TorchLearner
    classes: NDArray[np.int32]
    members: list[Classifier]
    seen: Batches
    seed: int

    def signal(self, name: str, X: Any) -> Array:
        """Rows of one signal; where several are wanted, `signals` has them all from one pass."""
        return self.signals(name, X)[name]

    def signals(self, name: str, X: Any) -> dict[str, Floats]:
        """A signal for rows of X, with all the others that come out of the same pass.

        Parameters
        ----------
        name : the signal that is wanted. Draws by dropout cost passes more, and are made for `samples` alone.
        X : (m, …) rows.

        Returns
        -------
        `proba` (m, k), `embedding` (m, d) by the first network, `logits` (m, k), `samples` (m, draws, k),
        `predicted_loss` (m,), `outside` (m,): those that the learner provides.

        Raises
        ------
        AskNextError : X is not what the networks were trained on, or the memory does not suffice.
        """
        batches = self.learner.batches(X, self.seen.device)
        if batches.shape != self.seen.shape and not batches.images:
            raise AskNextError(f"an item is {batches.shape} here, and was {self.seen.shape} in training.")
        dropout = self.learner.draws > 0 and not self.learner.how.swag
        every, networks = [], []
        for place, member in enumerate(self.members):
            drawn = self.learner.draws if dropout and name == "samples" else 0
            masks = dropout_masks(member, drawn, spawn_seed(self.seed, place))
            every.append(outputs(member, batches, masks, len(self.classes)))
            networks.append(self._networks(place, batches, every[-1]["logits"]))
        samples = np.concatenate(networks, axis=1)
        signals = {"embedding": every[0]["features"], "proba": samples.mean(axis=1), "samples": samples}
        if dropout and name == "samples":
            signals["samples"] = np.concatenate([found["draws"] for found in every], axis=1)
        elif dropout:
            del signals["samples"]
        if "losses" in every[0]:
            signals["predicted_loss"] = np.mean([found["losses"] for found in every], axis=0)
        none = np.zeros(len(samples), dtype=np.float32)
        signals["outside"] = np.mean([found.get("outside", none) for found in every], axis=0)
        signals["logits"] = every[0]["logits"]
        return {name: values for name, values in signals.items() if name in self.learner.provides}

    def _networks(self, place: int, batches: Batches, logits: Floats) -> Floats:
        """(m, draws, k) what the networks drawn by SWAG from a member say, or what the member itself says."""
        if not self.learner.how.swag:
            return softmax(logits)[:, None]
        draws, own = self.learner.draws or DRAWS, spawn_seed(self.seed, place)
        others = swag_draws(self.members[place], self.seen, draws, own)
        found = [outputs(other, batches, known=len(self.classes))["logits"] for other in others]
        return np.stack([softmax(each) for each in found], axis=1)


def _identity(network: Any) -> tuple[Any, ...]:
    """What tells a network from others: its parameters, and the content of its files where it has such; or
    its parts and weights, or its name."""
    if isinstance(network, nn.Module):
        return str(network), *((name, value.cpu().numpy()) for name, value in network.state_dict().items())
    content = (network.content,) if hasattr(network, "content") else ()
    return (repr(network), *content) if is_dataclass(network) else (network,)
