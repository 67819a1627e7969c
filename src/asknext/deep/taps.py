"""What passes through the parts of a network: its feature maps, and what its head reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from asknext.errors import AskNextError


@contextmanager
def tapped(module: nn.Module, parts: Sequence[str], into: str = "") -> Iterator[dict[str, Tensor]]:
    """A context in which each pass through a network leaves what its parts put out.

    Parameters
    ----------
    module : the network.
    parts : names of submodules.
    into : the name of one more, of which it is what goes in.

    Returns
    -------
    The tensors by the names of the parts; the next pass replaces them.

    Raises
    ------
    AskNextError : there is no part of this name.
    """
    found: dict[str, Tensor] = {}

    def keeper(name: str) -> Any:
        return lambda _module, _inputs, output: found.__setitem__(name, _first(output))

    def entry(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found[into] = inputs[0]

    handles = [part_of(module, name).register_forward_hook(keeper(name)) for name in parts]
    if into:
        handles.append(part_of(module, into).register_forward_pre_hook(entry))
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _first(output: Any) -> Tensor:
    """What a part puts out; of several things, as from layers of other libraries, the first."""
    return output[0] if isinstance(output, tuple) else output


def part_of(module: nn.Module, name: str) -> nn.Module:
    """The part of a network by its name.

    Raises
    ------
    AskNextError : there is none.
    """
    try:
        return module.get_submodule(name)
    except AttributeError:
        there = ", ".join(known for known, _ in module.named_modules() if known)
        raise AskNextError(f"the network has no part '{name}'; there is: {there}.") from None


def head_of(module: nn.Module) -> str:
    """The name of a network's last linear layer, which makes logits of features.

    Raises
    ------
    AskNextError : it has no linear layer.
    """
    names = [name for name, part in module.named_modules() if isinstance(part, nn.Linear)]
    if not names:
        raise AskNextError(
            f"{type(module).__name__} has no linear layer that makes logits; let it end in nn.Linear."
        )
    return names[-1]


def with_head(module: nn.Module, classes: int) -> nn.Module:
    """The network, in place, with a new last linear layer where the old one has another number of outputs."""
    name = head_of(module)
    old = part_of(module, name)
    if old.out_features != classes:
        parent, _, own = name.rpartition(".")
        setattr(module.get_submodule(parent), own, nn.Linear(old.in_features, classes, old.bias is not None))
    return module
