"""Entry points and names: how a third party adds a strategy or a learner, and how one is found."""

from __future__ import annotations

import ast
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from inspect import isabstract
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


def concrete(kind: Any, base: type) -> bool:
    """Whether something is a class derived from `base` of which objects can be made."""
    return isinstance(kind, type) and issubclass(kind, base) and not isabstract(kind)


def classes(package: str, path: Iterable[str], base: type[T], noun: str) -> dict[str, type[T]]:
    """The classes in the files of a folder and in installed packages, by class name; the folder wins.

    Parameters
    ----------
    package : the folder as a package, such as `asknext.strategies`; it names the entry-point group as well.
    path : the package's `__path__`.
    base : what they derive from; only those of which objects can be made count.
    noun : what one is called, for warnings ("strategy").
    """
    found: dict[str, type[T]] = {}
    for module in pkgutil.iter_modules(path):
        for kind in vars(import_module(f"{package}.{module.name}")).values():
            if concrete(kind, base) and kind.__module__ == f"{package}.{module.name}":
                found[kind.__name__] = kind
    for name, kind in plugins(package).items():
        if not (concrete(kind, base) and isinstance(vars(kind).get("name"), str)):
            _leave_out(noun, name, f"it is {kind!r}, not a {noun} class with a name")
        elif kind.__name__ in found:
            _leave_out(noun, name, f"there is a {noun} class {kind.__name__} already")
        else:
            found[kind.__name__] = kind
    return found


def by_name(kinds: Iterable[type[T]], noun: str) -> dict[str, type[T]]:
    """Classes that give themselves a `name`, by this name and by their `aliases`; the first one wins.

    Classes without a name of their own are building blocks, such as combinations, and are left out.
    """
    found: dict[str, type[T]] = {}
    for kind in kinds:
        name = vars(kind).get("name")
        for key in (name, *getattr(kind, "aliases", ())) if isinstance(name, str) else ():
            if found.setdefault(key, kind) is not kind:
                _leave_out(noun, key, f"the name belongs to {found[key].__name__} already")
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


def called(text: str, example: str) -> tuple[str, dict[str, Any]]:
    """Name and parameters of something written as `name(parameter=value, …)`, or as its name alone.

    Parameters
    ----------
    text : as the user wrote it; values are Python literals.
    example : how it could be written, for the message.

    Raises
    ------
    AskNextError : there are brackets, and what stands in them cannot be read.
    """
    found = re.fullmatch(r"([^(]*)\((.*)\)\s*", text.strip(), re.DOTALL)
    if found is None and "(" not in text:
        return text.strip(), {}
    try:
        call = ast.parse(f"f({found[2]})" if found else "", mode="eval").body
        if found and isinstance(call, ast.Call) and not call.args and all(word.arg for word in call.keywords):
            return found[1].strip(), {str(w.arg): ast.literal_eval(w.value) for w in call.keywords}
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # the last two: nested too deeply
        pass
    raise AskNextError(f"'{text}' cannot be read; write parameters as in {example}.")


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


def _leave_out(noun: str, name: str, why: str) -> None:
    warnings.warn(f"the {noun} '{name}' is left out: {why}", stacklevel=2)


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")
