"""One training loop for everything: a fixed number of updates, the same numbers on each run, resumable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args, get_type_hints

import torch
from torch import Tensor, nn

from asknext.deep.checkpoints import restore, save
from asknext.errors import AskNextError
from asknext.randomness import spawn, spawn_seed
from asknext.types import Ids

LOOK_EVERY = 50  # updates between looks at the loss, each of which waits for the device
NARROW = 16  # channels of a convolution, below which oneDNN is not trusted
Loss = Callable[[int, torch.Generator], Tensor]
"""The loss of an update, given its number and where its randomness comes from."""


class Cancelled(AskNextError):
    """Training was stopped from outside; a checkpoint, where there is a place for one, is kept."""


@dataclass(frozen=True)
class Plan:
    """How to descend.

    Parameters
    ----------
    updates : steps of the optimiser.
    epochs : where above 0, the updates are instead those of so many epochs; see `whole_passes`.
    batch : items an update, at most.
    optimiser : "sgd", with momentum, or "adamw".
    rate : the highest learning rate.
    momentum : of "sgd".
    nesterov : whether "sgd" looks ahead.
    decay : weight decay.
    schedule : "step" multiplies the rate by `drop` at the milestones, "cosine" goes down to 0 in half a wave,
        "constant" leaves it.
    milestones : shares of the updates at which "step" drops.
    drop : what it multiplies by.
    warmup : updates in which the rate rises in a line from 0.
    mixed : whether a GPU computes in bfloat16 what may be computed so.

    Source
    ------
    The defaults are those of Park et al. 2022 (MQ-Net): SGD, rate 0.1, momentum 0.9, weight decay
    5e-4, batches of 64, a tenth at one half and three quarters; its number of updates is `epochs=200`.

    Raises
    ------
    AskNextError : a number is out of range, or there is no such optimiser or schedule.
    """

    updates: int = 2000
    epochs: int = 0
    batch: int = 64
    optimiser: Literal["sgd", "adamw"] = "sgd"
    rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    decay: float = 5e-4
    schedule: Literal["step", "cosine", "constant"] = "step"
    milestones: tuple[float, ...] = (0.5, 0.75)
    drop: float = 0.1
    warmup: int = 0
    mixed: bool = True

    def __post_init__(self) -> None:
        for name, least in (("updates", 1), ("epochs", 0), ("batch", 1), ("warmup", 0)):
            check_whole(name, getattr(self, name), least)
        for name in ("optimiser", "schedule"):
            known = get_args(get_type_hints(Plan)[name])
            if getattr(self, name) not in known:
                raise AskNextError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(known)}.")
        for name in ("rate", "momentum", "decay", "drop"):
            if not isinstance(getattr(self, name), int | float) or not 0 <= getattr(self, name) < math.inf:
                raise AskNextError(f"{name} is {getattr(self, name)!r}; give a number of at least 0.")

    def over(self, n: int) -> Plan:
        """The plan for n items, in which the number of updates is settled."""
        if not self.epochs:
            return self
        return replace(self, updates=whole_passes(self.epochs, n, self.batch), epochs=0)

    def rate_at(self, update: int) -> float:
        """The learning rate of an update, counted from 0."""
        rate = self.rate * min(1.0, (update + 1) / (self.warmup + 1))
        if self.schedule == "step":
            return rate * self.drop ** sum(update >= share * self.updates for share in self.milestones)
        if self.schedule == "cosine":
            return rate * 0.5 * (1 + math.cos(math.pi * update / self.updates))
        return rate

    def optimiser_of(self, module: nn.Module) -> torch.optim.Optimizer:
        """An optimiser of everything in a module that is to be learnt."""
        learnt = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if self.optimiser == "adamw":
            return torch.optim.AdamW(learnt, lr=self.rate, weight_decay=self.decay)
        return torch.optim.SGD(
            learnt, self.rate, momentum=self.momentum, weight_decay=self.decay, nesterov=self.nesterov
        )


def check_whole(name: str, value: object, least: int) -> None:
    """Refuse a parameter that is no whole number, or too small.

    Raises
    ------
    AskNextError : it is one of these.
    """
    if not isinstance(value, int) or value < least:
        raise AskNextError(f"{name} is {value!r}; give a whole number of at least {least}.")


def whole_passes(epochs: int, n: int, batch: int, least: int = 100) -> int:
    """Updates of so many epochs, where an epoch is as many passes over n items as give the least steps.

    Source
    ------
    The code of Park et al. 2022: 200 epochs of at least 100 steps, so that few items are seen as often as
    many. With 500 items in batches of 64, 8 to a pass, an epoch is 13 passes.
    """
    steps = math.ceil(n / batch)
    return epochs * steps * math.ceil(least / steps)


def order(n: int, batch: int, update: int, seed: int) -> Ids:
    """Which of n items an update learns from: passes in an order of their own, in batches of about one size.

    The published code has full batches and what is left over. Equal ones are never so small that batch
    normalisation has nothing to go by.
    """
    steps = math.ceil(n / batch)
    place = update % steps
    turn = _turn(n, seed, update // steps)
    return turn[place * n // steps : (place + 1) * n // steps]


@lru_cache(maxsize=4)
def _turn(n: int, seed: int, epoch: int) -> Ids:
    return spawn(seed, "order", epoch).permutation(n)


def train(
    module: nn.Module,
    loss: Loss,
    plan: Plan,
    seed: int,
    *,
    after: Callable[[int], bool | None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    checkpoint: Path | None = None,
    key: str = "",
    save_every: int = 1000,
) -> None:
    """Train a module in place, for a fixed number of updates.

    All randomness of an update comes from the seed and its number, so that a training that was resumed goes
    the way of one that was not.

    Parameters
    ----------
    module : everything that is learnt, and everything else that changes on the way, such as running means:
        both stand in checkpoints. It is on the device already.
    loss : what an update descends; it may draw from the generator, which is on the device, and from torch's
        own, which is restored afterwards.
    plan : updates, optimiser, schedule.
    seed : all randomness.
    after : called with the number of updates done after each one; True ends the training early.
    progress : called with the updates done and those due.
    cancelled : asked before each update.
    checkpoint : a file to resume from where it is there, and to write every `save_every` updates and at the
        end.
    key : what the training depends on apart from plan and seed; another checkpoint is refused.

    Raises
    ------
    Cancelled : `cancelled` said so.
    AskNextError : the loss is no number any more, the memory does not suffice, or the checkpoint is of
        another training.
    """
    optimiser = plan.optimiser_of(module)
    device = next(module.parameters()).device
    identity = {"plan": repr(plan), "seed": seed, "key": key}
    done = restore(checkpoint, identity, module, optimiser, device) if checkpoint else 0
    losses = torch.zeros(LOOK_EVERY, device=device)
    generator = torch.Generator(device)
    safe = without_onednn() if device.type == "cpu" and _narrow(module) else nullcontext()
    with safe, reproducible(device), out_of_memory(f"batches of {plan.batch}"):
        module.train()
        for update in range(done, plan.updates):
            if cancelled is not None and cancelled():
                _check(losses, update, plan)
                _keep(checkpoint, identity, update, module, optimiser)
                raise Cancelled(f"training was stopped after {update} of {plan.updates} updates.")
            own = spawn_seed(seed, "update", update)
            _seed(device, own)
            generator.manual_seed(own + 1)  # else augmentation would draw the numbers of dropout
            for group in optimiser.param_groups:
                group["lr"] = plan.rate_at(update)
            with precision(device, plan.mixed):
                value = loss(update, generator)
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            optimiser.step()
            losses[update % LOOK_EVERY] = value.detach()
            enough = after is not None and after(update + 1)
            last = enough or update + 1 == plan.updates
            saved = checkpoint is not None and (update + 1) % save_every == 0
            if last or saved or (update + 1) % LOOK_EVERY == 0:
                _check(losses, update + 1, plan)
                if progress is not None:
                    progress(update + 1, plan.updates)
            if last or saved:
                _keep(checkpoint, identity, plan.updates if last else update + 1, module, optimiser)
            if last:
                break
    module.eval()


def best_device() -> torch.device:
    """The GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def precision(device: torch.device, mixed: bool = True) -> torch.autocast:
    """A context in which a GPU computes in bfloat16 what may be computed so; elsewhere nothing changes."""
    able = mixed and device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)


@contextmanager
def reproducible(device: torch.device, seed: int | None = None) -> Iterator[None]:
    """A context with the same numbers on each run, which leaves torch's own randomness as it was."""
    gpus = [device] if device.type == "cuda" else []
    steady = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
    with torch.random.fork_rng(gpus), steady:
        if seed is not None:
            _seed(device, seed)
        yield


@contextmanager
def without_onednn() -> Iterator[None]:
    """A context without a library whose gradients of narrow convolutions overwrite memory (PyTorch 2.13)."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


def _narrow(module: nn.Module) -> bool:
    """Whether a convolution has so few channels; those of usual size are up to twice as fast with oneDNN."""
    return any(isinstance(part, nn.Conv2d) and part.out_channels < NARROW for part in module.modules())


@contextmanager
def out_of_memory(what: str) -> Iterator[None]:
    """A context in which too little memory ends in one sentence.

    Parameters
    ----------
    what : was too large, for the message.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        said = "out of memory" if isinstance(error, MemoryError) else str(error).lower()
        if "out of memory" not in said and "allocate memory" not in said:
            raise
        raise AskNextError(
            f"the memory does not suffice for {what}; choose smaller ones, or a smaller network."
        ) from error


def _seed(device: torch.device, seed: int) -> None:
    """Seed torch's own generators of the processor and the device: `torch.manual_seed` does so for every kind
    of device, and where there is none it queues the call, for ever."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        place = torch.cuda.current_device() if device.index is None else device.index
        torch.cuda.default_generators[place].manual_seed(seed)


def _check(losses: Tensor, done: int, plan: Plan) -> None:
    if not bool(torch.isfinite(losses).all()):
        raise AskNextError(
            f"the loss is not finite any more after {done} of {plan.updates} updates; choose a lower rate "
            f"than {plan.rate:g}, or look for NaN in the items."
        )


def _keep(
    checkpoint: Path | None,
    identity: dict[str, object],
    done: int,
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
) -> None:
    if checkpoint is not None:
        save(checkpoint, identity, done, module, optimiser)
