"""Weights on the disk: tensors as safetensors, and in the same file what they belong to, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from asknext.errors import AskNextError
from asknext.files import replacing

_WEIGHTS, _STATE = "module.", "optimiser."


def write(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors and a JSON-able description of them into one file, which appears whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with replacing(path, durable=True) as file:
        file.write(safetensors.torch.save(plain, {"about": json.dumps(about, sort_keys=True)}))


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a file, on the processor, and what it says of them.

    Raises
    ------
    AskNextError : it is damaged, or was not written by `write`.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads(file.metadata()["about"])
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise AskNextError(f"{path} holds no weights ({error}); remove it to start again.") from error


def save(
    path: Path, identity: Mapping[str, Any], done: int, module: nn.Module, optimiser: torch.optim.Optimizer
) -> None:
    """Write what a training needs to go on: the module, the optimiser's state, and the updates done."""
    tensors = {_WEIGHTS + name: value for name, value in module.state_dict().items()}
    for place, state in optimiser.state_dict()["state"].items():
        tensors |= {f"{_STATE}{place}.{name}": value for name, value in state.items() if value is not None}
    write(path, tensors, {**identity, "updates": done})


def restore(
    path: Path,
    identity: Mapping[str, Any],
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    device: torch.device,
) -> int:
    """Load a checkpoint into a module and its optimiser, in place.

    Returns
    -------
    The updates done; 0 where there is no such file.

    Raises
    ------
    AskNextError : the checkpoint is damaged, or of another training.
    """
    if not path.exists():
        return 0
    tensors, about = read(path)
    other = next((name for name in identity if about.get(name) != identity[name]), None)
    if other is not None:
        raise AskNextError(
            f"{path} is a checkpoint of another training (its {other} differs); choose another file."
        )
    weights = {name.removeprefix(_WEIGHTS): t for name, t in tensors.items() if name.startswith(_WEIGHTS)}
    module.load_state_dict(weights)
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(_STATE):
            place, _, part = name.removeprefix(_STATE).partition(".")
            state.setdefault(int(place), {})[part] = tensor.to(device)
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return int(about["updates"])
