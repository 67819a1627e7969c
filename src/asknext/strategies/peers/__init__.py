"""Strategies by a name with a colon: those of other packages, each through a thin adapter, and your own."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, NamedTuple

from asknext.errors import UnavailableError
from asknext.plugins import called
from asknext.strategies.base import Strategy
from asknext.strategies.peers.own import own
from asknext.strategies.peers.peer import module_of


class Package(NamedTuple):
    """Another package: what it is imported as, what pip calls it, and our adapter, module and class."""

    module: str
    distribution: str
    adapter: tuple[str, str]


PACKAGES = {
    "scikit-activeml": Package("skactiveml", "scikit-activeml", ("scikit_activeml", "ScikitActiveML")),
    "modal": Package("modAL", "modAL-python", ("modal", "ModAL")),
    "small-text": Package("small_text", "small-text", ("small_text", "SmallText")),
    "cardinal": Package("cardinal", "cardinal", ("cardinal", "Cardinal")),
}
"""The packages whose strategies can be compared with ours, by the prefix of their names."""


def named(name: str) -> Strategy:
    """The strategy of a name with a colon.

    Parameters
    ----------
    name : "scikit-activeml:Badge", with parameters "scikit-activeml:TypiClust(k=20)", or your own
        "package.module:Name", see `asknext.strategies.peers.own`.

    Raises
    ------
    UnavailableError : the package is absent or cannot be imported.
    AskNextError : it has no such strategy, or one that cannot run in our loop; or there is nothing of your
        own of this name.
    """
    prefix, _, theirs = name.strip().partition(":")
    prefix = prefix.lower().replace("_", "-")
    if prefix not in PACKAGES:
        return own(name.strip())
    return _adapter(prefix)(*called(theirs, "CoreSet(metric='cosine')"))


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """The versions of the packages that strategies of these names come from."""
    prefixes = {name.partition(":")[0] for name in names}
    found = {}
    for distribution in sorted(PACKAGES[prefix].distribution for prefix in prefixes & PACKAGES.keys()):
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:  # on the path without having been installed
            found[distribution] = "unknown"
    return found


def _adapter(prefix: str) -> Any:
    package = PACKAGES[prefix]
    if find_spec(package.module) is None:
        raise UnavailableError(f"{prefix} is not installed; pip install {package.distribution}")
    module, kind = package.adapter
    return getattr(module_of(prefix, f"{__name__}.{module}"), kind)
