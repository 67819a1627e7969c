"""What the ResNet-18 learner costs beside a loop written by hand, on random images of 32 pixels.

Three figures, each a median over runs:

  training    updates a second of the learner / of a bare loop with the same network, optimiser, precision and
              batches (target: at least 0.7). The bare loop moves whole batches where the learner moves each
              image by itself.
  signals     seconds of one pass that gives logits, probabilities, embedding and predicted losses / of a bare
              pass that gives logits (target: at most 1.1).
  outside     share of a round of a campaign - training, signals, choice, log - that is spent outside of the
              network's forward and backward passes and the optimiser's steps (target: at most 0.15).

Run: python benchmarks/bench_torch_learner.py [--images 10000] [--width 16] [--updates 100] [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch.nn import functional as F

import asknext
from asknext.deep.networks import resnet18
from asknext.deep.supervised import Classifier
from asknext.deep.training import best_device
from asknext.learners import make

CLASSES = 10
DEVICE = best_device()


def finished() -> float:
    """The time, once the device has nothing left to do."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return perf_counter()


def seconds(deed: Callable[[], object]) -> float:
    """How long something takes: of processor time where that does the work, so that others do not count."""
    clock = finished if DEVICE.type == "cuda" else process_time
    start = clock()
    deed()
    return clock() - start


def precision() -> Any:
    """bfloat16 on a GPU."""
    return torch.autocast(DEVICE.type, dtype=torch.bfloat16, enabled=DEVICE.type == "cuda")


def bare_training(images: torch.Tensor, y: torch.Tensor, width: int, updates: int) -> None:
    """A loop as one writes it by hand; images are normalised beforehand and stay on the device."""
    network = resnet18(CLASSES, width=width).to(DEVICE, memory_format=torch.channels_last).train()
    optimiser = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=5e-4)
    for update in range(updates):
        ids = torch.randint(len(images), (64,), device=DEVICE)
        x = F.pad(images[ids], (4, 4, 4, 4))
        down, across = np.random.default_rng(update).integers(9, size=2)
        x = x[:, :, down : down + 32, across : across + 32]
        x = x.flip(3) if update % 2 else x
        with precision():
            loss = F.cross_entropy(network(x.contiguous(memory_format=torch.channels_last)), y[ids])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


def bare_pass(network: torch.nn.Module, images: torch.Tensor) -> np.ndarray[Any, Any]:
    """Logits, in the blocks that the learner takes."""
    with torch.no_grad(), precision():
        return torch.cat([network(x).float() for x in images.split(341)]).cpu().numpy()


def round_of(images: np.ndarray[Any, Any], y: list[int], spec: str, folder: Path) -> tuple[float, float]:
    """Seconds of a round of a campaign with BADGE, and of them those in the network and the optimiser."""
    inside = 0.0

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **how: Any) -> Any:
            nonlocal inside
            start = finished()
            found = method(*args, **how)
            inside += finished() - start
            return found

        return wrapped

    with (
        asknext.Campaign(images, make(spec), "badge", path=folder) as campaign,
        patch.object(Classifier, "forward", timed(Classifier.forward)),
        patch.object(torch.Tensor, "backward", timed(torch.Tensor.backward)),
        patch.object(torch.optim.SGD, "step", timed(torch.optim.SGD.step)),
    ):
        campaign.tell(range(500), y[:500])

        start = finished()
        campaign.record()
        ids = campaign.ask(100).ids
        campaign.tell(ids, [y[i] for i in ids])
        return finished() - start, inside


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--updates", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    how = parser.parse_args()
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(how.images, 32, 32, 3)).astype(np.uint8)
    y = rng.integers(CLASSES, size=how.images).astype(np.int32)
    ready = torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.25)
    ready = ready.to(DEVICE, memory_format=torch.channels_last)
    labels = torch.from_numpy(y).long().to(DEVICE)
    spec = f"resnet18(width={how.width},updates={how.updates},loss_module=True)"
    plain = make(f"resnet18(width={how.width},updates={how.updates})")
    print(f"{DEVICE}, {torch.get_num_threads()} threads of {os.cpu_count()} cores, torch {torch.__version__}")
    print(f"{how.images} images, width {how.width}, {how.updates} updates, {how.repeats} repeats")

    bare_training(ready, labels, how.width, 3)
    ratios, rates = [], []
    for seed in range(how.repeats):
        bare = seconds(lambda: bare_training(ready, labels, how.width, how.updates))
        ours = seconds(lambda: plain.fit(images[:2000], y[:2000], seed))  # noqa: B023
        ratios.append(bare / ours)
        rates.append(how.updates / ours)
    print(f"training  {median(ratios):.2f} of the bare loop, {median(rates):.1f} updates/s")

    model: Any = make(spec.replace(f"updates={how.updates}", "updates=2")).fit(images[:200], y[:200], 0)
    network, ratios, rates = model.members[0].network, [], []
    for _ in range(how.repeats):
        bare = seconds(lambda: bare_pass(network, ready))
        ours = seconds(lambda: model.signals("proba", images))
        ratios.append(ours / bare)
        rates.append(how.images / ours)
    print(f"signals   {median(ratios):.2f} of a bare pass, {median(rates):.0f} images/s")

    shares = []
    for _ in range(min(3, how.repeats)):
        with tempfile.TemporaryDirectory() as folder:
            whole, inside = round_of(images, y.tolist(), spec, Path(folder) / "campaign")
        shares.append(1 - inside / whole)
    print(f"outside   {median(shares):.2f} of a round, which takes {whole:.1f} s")


if __name__ == "__main__":
    main()
