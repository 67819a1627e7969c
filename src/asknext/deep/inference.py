"""Everything that a trained classifier says of items, in one pass over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor

from asknext.deep.batches import Batches
from asknext.deep.dropout import Masks, dropouts
from asknext.deep.networks import Network
from asknext.deep.supervised import Classifier
from asknext.deep.swag import load
from asknext.deep.training import out_of_memory, precision, reproducible
from asknext.errors import AskNextError
from asknext.randomness import spawn_seed
from asknext.types import Floats


def outputs(
    classifier: Classifier, batches: Batches, masks: Sequence[Masks] = (), known: int | None = None
) -> dict[str, Floats]:
    """One pass over all items.

    Parameters
    ----------
    classifier : in evaluation mode, on the device of the batches.
    batches : n items.
    masks : draws of its dropout, each one pass more, or one of the head where only the head has dropout.
    known : k classes that are spoken of; by default all. A logit beyond them is of all that is none of them.

    Returns
    -------
    `logits` (n, k), `features` (n, d), `losses` (n,) where they are learnt, with masks `draws` (n, t, k),
    their probabilities, and with a logit beyond `outside` (n,), its probability; all in single precision.
    """
    found: dict[str, Floats] = {}
    with torch.no_grad(), out_of_memory("a block of items"):
        for part, x in batches.blocks():
            for name, values in _block(classifier, classifier.prepared(x), masks, known).items():
                if name not in found:
                    found[name] = np.empty((len(batches), *values.shape[1:]), dtype=np.float32)
                found[name][part] = values.float().cpu().numpy()
    return found


def dropout_masks(classifier: Classifier, n: int, seed: int) -> list[Masks]:
    """So many draws of the dropout of a classifier.

    Raises
    ------
    AskNextError : it has no dropout layer.
    """
    if n and not dropouts(classifier.network):
        raise AskNextError("the network has no dropout to draw from; give it some, or leave draws=0.")
    return [Masks(classifier.network, spawn_seed(seed, "dropout", draw)) for draw in range(n)]


def swag_draws(classifier: Classifier, seen: Batches, n: int, seed: int) -> Iterator[Classifier]:
    """The classifier with weights drawn by SWAG, so many times, each with batch normalisation of its own.

    Parameters
    ----------
    classifier : with moments; it stays as it is, since it is a copy of its network that gets the weights.
    seen : the items that it was trained on.
    """
    assert classifier.moments is not None
    network = deepcopy(classifier.network)
    for draw in range(n):
        other = Classifier(network, classifier.standard, (), classifier.side).eval()
        _load(other, classifier.moments.draw(spawn_seed(seed, "swag", draw)), seen)
        yield other


def swag_mean(classifier: Classifier, seen: Batches) -> None:
    """Put the mean of the collected weights into a classifier, in place."""
    assert classifier.moments is not None
    _load(classifier, classifier.moments.mean, seen)


def _load(classifier: Classifier, vector: Tensor, seen: Batches) -> None:
    blocks = (classifier.prepared(x) for _, x in seen.blocks())
    with reproducible(seen.device, 0), precision(seen.device):
        load(classifier.network, vector, blocks)
    classifier.eval()


def _block(
    classifier: Classifier, x: Tensor, masks: Sequence[Masks], known: int | None
) -> dict[str, Tensor]:
    """A GPU computes the body in bfloat16, and the head from its features in single precision."""
    network = classifier.network
    with precision(x.device):
        out = classifier(x)
    own = isinstance(network, Network)
    features = out.features.float()
    logits = network.head(features) if own else out.logits
    found = {"logits": logits[:, :known], "features": features}
    if known is not None and known < logits.shape[1]:
        found["outside"] = logits.float().softmax(dim=1)[:, known]
    if out.losses is not None:
        found["losses"] = out.losses
    draws = []
    for mask in masks:
        with mask:
            if own and not dropouts(network.body):
                logits = network.head(network.dropout(features))
            else:
                with precision(x.device):
                    logits = classifier(x).logits
        draws.append(logits[:, :known].float().softmax(dim=1))
    if draws:
        found["draws"] = torch.stack(draws, dim=1)
    return found
