"""Entry points and names: how a third party adds a strategy or a learner, and how one is found."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, TypeVar

from asknext.errors import AskNextError

T = TypeVar("T")


def plugins(group: str) -> dict[str, Any]:
    """What installed packages add under an entry-point group such as `asknext.strategies`, by name.

    One that cannot be imported is left out with a warning, so that it does not take the others along.
    """
    found = {}
    for point in entry_points(group=group):
        try:
            found[point.name] = point.load()
        except Exception as error:
            warnings.warn(
                f"the plug-in '{point.name}' of '{group}' ({point.value}) is left out, it cannot be "
                f"imported: {type(error).__name__}: {error}",
                stacklevel=2,
            )
    return found


def find(kind: str, name: str, known: Mapping[str, T]) -> T:
    """Look a name up, forgiving case and underscores, on either side.

    Parameters
    ----------
    kind : what is looked for, for the message ("strategy").
    name : as the user wrote it.
    known : everything there is.

    Raises
    ------
    AskNextError : there is no such name; the message suggests the nearest one.
    """
    if name in known:
        return known[name]
    spelled = {_plain(key): value for key, value in known.items()}
    wanted = _plain(name)
    if wanted in spelled:
        return spelled[wanted]
    near = get_close_matches(wanted, spelled, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"there is: {', '.join(sorted(known))}."
    raise AskNextError(f"unknown {kind} '{name}'; {hint}")


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")
