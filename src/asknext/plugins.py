"""Entry points and names: how a third party adds a strategy or a learner, and how one is found."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
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
    spelled = {_plain(key): key for key in known}
    wanted = _plain(name)
    if wanted in spelled:
        return known[spelled[wanted]]
    near = get_close_matches(wanted, spelled, n=1, cutoff=0.5)
    hint = f"did you mean '{spelled[near[0]]}'?" if near else f"there is: {', '.join(sorted(known))}."
    raise AskNextError(f"unknown {kind} '{name}'; {hint}")


def imported(kind: str, name: str) -> Any:
    """Something of the user's own, named `package.module:name`; also looked for in the current folder.

    Parameters
    ----------
    kind : what it is to be, for the message ("strategy").
    name : the module and, after a colon, the name of something in it.

    Raises
    ------
    AskNextError : the name has another form, or there is no such thing, or it cannot be imported.
    """
    module, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise AskNextError(f"the {kind} '{name}' is no package.module:name, such as mine:spread.")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # a module of the user's may do anything
        why = f"{type(error).__name__}: {error}"
        raise AskNextError(f"the {kind} '{name}' cannot be imported ({why}).") from error


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")
