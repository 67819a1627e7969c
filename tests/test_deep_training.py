"""The training loop: what an update sees, the same weights on each run, and going on from a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from asknext.deep import networks
from asknext.deep.training import Cancelled, Plan, order, out_of_memory, reproducible, train, whole_passes
from asknext.errors import AskNextError

X = torch.from_numpy(np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32))
Y = (X[:, 0] > 0).long()


def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return networks.mlp(2, 5, (8,), dropout=0.5)


def run(net: nn.Module, plan: Plan, seed: int = 0, **options: Any) -> list[Tensor]:
    """Train with dropout and noise, so that every source of randomness is in it; the weights."""

    def loss(update: int, generator: torch.Generator) -> Tensor:
        ids = torch.from_numpy(order(len(X), plan.batch, update, seed))
        noise = torch.randn(len(ids), 5, generator=generator)
        return F.cross_entropy(net(X[ids] + 0.1 * noise), Y[ids])

    train(net, loss, plan, seed, **options)
    return [parameter.detach().clone() for parameter in net.parameters()]


def same(left: list[Tensor], right: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(left, right, strict=True))


def test_plain_descent_is_what_is_written_down() -> None:
    """Three updates of momentum and weight decay by hand, on one weight with the loss ½ w²."""
    weight = nn.Linear(1, 1, bias=False)
    nn.init.constant_(weight.weight, 1.0)
    plan = Plan(updates=4, rate=0.1, momentum=0.9, decay=0.5, milestones=(0.5,), drop=0.1)
    train(weight, lambda *_: 0.5 * weight.weight.square().sum(), plan, 0)
    w, speed = 1.0, 0.0
    for update in range(4):
        slope = w + 0.5 * w
        speed = slope if update == 0 else 0.9 * speed + slope
        w -= (0.1 if update < 2 else 0.01) * speed
    assert weight.weight.item() == pytest.approx(w)


def test_schedules() -> None:
    step = Plan(updates=200, rate=0.1)
    assert [step.rate_at(t) for t in (0, 99, 100, 149, 150)] == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001])
    cosine = Plan(updates=100, rate=0.1, schedule="cosine")
    assert [cosine.rate_at(t) for t in (0, 50, 100)] == pytest.approx([0.1, 0.05, 0.0])
    warm = Plan(updates=100, rate=1.0, schedule="constant", warmup=4)
    assert [warm.rate_at(t) for t in (0, 1, 3, 4, 90)] == pytest.approx([0.2, 0.4, 0.8, 1.0, 1.0])


def test_published_number_of_updates() -> None:
    assert whole_passes(200, 320, 64) == 20_000  # 5 to a pass, which divides 100
    assert whole_passes(200, 5000, 64) == 31_600  # 79 to a pass, two passes an epoch
    assert whole_passes(1, 20_000, 64) == 313


@pytest.mark.parametrize("n", [2, 63, 65, 129])
def test_a_pass_holds_every_item_once_in_even_batches(n: int) -> None:
    steps = -(-n // 64)
    batches = [order(n, 64, update, 0) for update in range(2 * steps)]
    sizes = {len(batch) for batch in batches}
    assert max(sizes) <= 64
    assert max(sizes) - min(sizes) <= 1
    first, second = np.concatenate(batches[:steps]), np.concatenate(batches[steps:])
    assert sorted(first) == sorted(second) == list(range(n))
    assert n == 2 or first.tolist() != second.tolist()


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_a_resumed_training_goes_the_same_way(tmp_path: Path, optimiser: Any) -> None:
    plan = Plan(updates=40, batch=8, optimiser=optimiser, rate=0.01)
    whole = run(network(), plan)
    assert same(whole, run(network(), plan))
    assert not same(whole, run(network(), plan, seed=1))
    file, left = tmp_path / "weights.safetensors", iter(range(23))
    with pytest.raises(Cancelled, match="after 23 of 40 updates"):
        run(network(), plan, checkpoint=file, cancelled=lambda: next(left, None) is None)
    seen: list[int] = []
    resumed = run(network(), plan, checkpoint=file, after=seen.append)
    assert seen == list(range(24, 41))
    assert same(whole, resumed)
    assert same(whole, run(network(), plan, checkpoint=file, after=seen.append))
    assert len(seen) == 17


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    run(network(), Plan(updates=3), checkpoint=file, key="these items")
    for options in ({"plan": Plan(updates=4)}, {"seed": 1}, {"key": "others"}):
        wanted: dict[str, Any] = {"plan": Plan(updates=3), "key": "these items", **options}
        with pytest.raises(AskNextError, match="checkpoint of another training"):
            run(network(), checkpoint=file, **wanted)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(AskNextError, match="holds no weights"):
        run(network(), Plan(updates=3), checkpoint=file, key="these items")


def test_torch_keeps_its_own_randomness() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    run(network(), Plan(updates=3))
    assert torch.equal(torch.rand(1), expected)


def test_kernels_of_a_gpu_are_steady_and_still_its_own() -> None:
    flags = torch.backends.cudnn
    before = (flags.enabled, flags.benchmark, flags.deterministic)
    with reproducible(torch.device("cpu")):
        assert (flags.enabled, flags.benchmark, flags.deterministic) == (True, False, True)
    assert (flags.enabled, flags.benchmark, flags.deterministic) == before


def test_a_loss_that_is_no_number_ends_in_a_sentence(tmp_path: Path) -> None:
    net, file = network(), tmp_path / "weights.safetensors"
    with pytest.raises(AskNextError, match="the loss is not finite any more after 5 of 5 updates"):
        train(net, lambda *_: net(X).sum() * float("nan"), Plan(updates=5), 0, checkpoint=file)
    assert not file.exists()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        MemoryError(),
    ],
    ids=repr,
)
def test_too_little_memory_ends_in_a_sentence(error: Exception) -> None:
    def loss(*_: Any) -> Tensor:
        raise error

    with pytest.raises(AskNextError, match="memory does not suffice for batches of 64; choose smaller"):
        train(network(), loss, Plan(), 0)


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(RuntimeError, match="shapes"), out_of_memory("batches"):
        raise RuntimeError("shapes do not fit")


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    run(network(), Plan(updates=120), progress=lambda done, due: told.append((done, due)))
    assert told == [(50, 120), (100, 120), (120, 120)]


@pytest.mark.parametrize(("channels", "trusted"), [(8, False), (16, True)])
def test_narrow_convolutions_are_trained_without_onednn(channels: int, trusted: bool) -> None:
    """With PyTorch 2.13 their gradients overwrite memory: a ResNet-18 of width 8 on 224 pixels crashed."""
    module, seen = torch.nn.Conv2d(3, channels, 3), []

    def loss(_update: int, _generator: torch.Generator) -> torch.Tensor:
        seen.append(torch.backends.mkldnn.enabled)
        return module(torch.ones(2, 3, 8, 8)).square().mean()

    before = torch.backends.mkldnn.enabled
    train(module, loss, Plan(updates=1), seed=0)
    assert seen == [trusted and before]
    assert torch.backends.mkldnn.enabled == before
