"""What all adapters share: a strategy of another package, asked on our terms."""

from __future__ import annotations

import random
import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from asknext.errors import AskNextError, UnavailableError
from asknext.plugins import find
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy
from asknext.strategies.peers.view import View
from asknext.types import Ids

PLAIN = frozenset({"embedding"})
MODEL = PLAIN | {"proba"}
COMMITTEE = PLAIN | {"samples"}


@dataclass(frozen=True)
class Peer(Strategy):
    """A strategy of another package, run on what our round knows.

    It gets the features of the labelled items and of the candidates, the labels, and the learner's class
    probabilities; it trains nothing on our behalf and takes its random numbers from ours. Where it names an
    item twice or too few items, the rest is drawn at random; so is the batch where it takes a model and fewer
    than two classes are known, and where all candidates are wanted.

    Parameters
    ----------
    theirs : its name in the other package.
    parameters : given to it by keyword; its own defaults hold for the others.

    Raises
    ------
    AskNextError : the package has no such strategy, it cannot run in our loop, or it fails.
    """

    theirs: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    package: ClassVar[str]
    """The prefix of its name."""
    refused: ClassVar[Mapping[str, str]]
    """Why strategies that the package has cannot run here, by name."""
    family = "peer"
    cost = "that of the other package"
    stochastic = True

    @classmethod
    @abstractmethod
    def offered(cls) -> Mapping[str, frozenset[str]]:
        """The strategies of the package that can run here, with the signals that each needs."""

    @abstractmethod
    def query(self, view: View, n: int, seed: int) -> Any:
        """Rows of the view, best first; n candidates of them are wanted."""

    def __post_init__(self) -> None:
        if self.theirs in self.refused:
            raise AskNextError(f"{self.package}:{self.theirs} cannot run here: {self.refused[self.theirs]}.")
        known = {name: (name, needs) for name, needs in self.offered().items()}
        name, needs = find(f"strategy of {self.package}", self.theirs, known)
        given = ", ".join(f"{key}={value!r}" for key, value in sorted(self.parameters.items()))
        called = f"{self.package}:{name}" + f"({given})" * bool(given)
        told = {"theirs": name, "name": called, "needs": needs, "paper": self.package}
        for attribute, value in told.items():
            object.__setattr__(self, attribute, value)

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """What the other package names, as positions in the pool."""
        view = View.of(round, self.needs)
        guessing = view.model is not None and len(view.model.classes_) < 2
        if guessing or n == len(round.candidates):
            return Selection(rng.choice(round.candidates, n, replace=False))
        try:
            with _lent(rng):
                named = self.query(view, n, int(rng.integers(2**31)))
        except Exception as error:  # another package's code may raise anything
            why = " ".join(str(error).split()) or "no reason given"
            kind = "" if isinstance(error, AskNextError) else f"{type(error).__name__}: "
            raise AskNextError(f"{self.name} fails ({kind}{why}); leave it out.") from error
        distinct = np.array(list(dict.fromkeys(np.ravel(named).tolist()))[:n], dtype=np.intp)
        ids = round.candidates[distinct - len(view.y)]
        return Selection(_completed(ids, round.candidates, n, rng))


def module_of(package: str, name: str) -> ModuleType:
    """A module that belongs to a package or imports it.

    Raises
    ------
    UnavailableError : it cannot be imported, for instance for want of a package that it does not declare.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except Exception as error:  # old packages fail in many ways
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise UnavailableError(f"{package} is installed, but cannot be imported ({why}).") from error


def _completed(ids: Ids, candidates: Ids, n: int, rng: np.random.Generator) -> Ids:
    """The ids, and as many other candidates at random as are missing."""
    others = np.setdiff1d(candidates, ids)
    return np.concatenate([ids, rng.choice(others, n - len(ids), replace=False)])


@contextmanager
def _lent(rng: np.random.Generator) -> Iterator[None]:
    """Global random generators seeded for code that draws from them, and warnings unheard; then as before."""
    before, plain = np.random.get_state(), random.getstate()  # noqa: NPY002 (others use it)
    np.random.seed(rng.integers(2**32, dtype=np.uint32))  # noqa: NPY002
    random.seed(int(rng.integers(2**32)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
        random.setstate(plain)
