"""The protocol of a comparison: its settings, its splits and its first labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from asknext import __version__, rows
from asknext.bench.scenario import TIDY, Scenario, read_scenario
from asknext.datasets import Dataset
from asknext.errors import AskNextError
from asknext.files import occupied, read_json, sweep, write_json
from asknext.learners import make
from asknext.randomness import spawn, spawn_seed
from asknext.types import Array, Ids

SETTINGS = "settings.json"
MOST_SEEDS = 10_000
"""Runs of a strategy beyond which a number is taken for a slip."""

DEFAULT_STRATEGIES = (
    "random", "margin", "entropy", "kmeans", "weighted-kmeans", "k-center", "typiclust", "badge",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What a comparison does. Two commands with equal `identity` belong to the same results directory.

    Parameters
    ----------
    source, target : the data as named on the command line.
    strategies : names, in the order of the table.
    learner : a name.
    initial : items labelled at random before the first question, the same for all strategies; 0 starts
        cold, each strategy choosing its first batch.
    batch : items a round.
    rounds : batches.
    seeds : runs of each strategy; seed s is the same split and the same first labels for all.
    test_share : share of the items held out for testing.
    halves : two runs share a division into halves, not by class: seeds 2s and 2s + 1 swap pool and test.
    stratified : the first labels are drawn by class, which needs to know the classes of the pool.
    scenario : what makes the pool a real one.
    """

    source: str
    target: str | None
    strategies: tuple[str, ...]
    learner: str
    initial: int
    batch: int
    rounds: int
    seeds: int
    test_share: float
    halves: bool = False
    stratified: bool = False
    scenario: Scenario = TIDY

    @property
    def departures(self) -> tuple[str, ...]:
        """Sentences on where this differs from how comparisons are laid out otherwise."""
        said = []
        if self.halves:
            said.append("seeds 2s and 2s + 1 share halves, not drawn by class, and swap pool and test")
        if self.stratified:
            said.append("the first labels are drawn by class")
        return (*said, *self.scenario.sentences)

    def test_size(self, n: int, classes: int) -> int:
        """Items held out of n: the share asked for, but at least one for each class."""
        return max(classes, round(self.test_share * n))

    def identity(self, data: Dataset) -> dict[str, Any]:
        """All that a single run depends on: it may be extended by strategies, seeds and rounds."""
        special = {name: True for name in ("halves", "stratified") if getattr(self, name)}
        return {
            "dataset": data.name,
            "data": rows.fingerprint(data.X, data.y.tolist()),
            "learner": self.learner,
            "learner_key": make(self.learner).key,
            "batch": self.batch,
            "initial": self.initial,
            "test_share": self.test_share,
            "asknext": __version__,
            **special,
            **self.scenario.special,
        }


@dataclass(frozen=True)
class Split:
    """One seed's division of the data: positions of the pool and of the test items, and the first labels."""

    pool: Ids
    test: Ids
    initial: Ids
    """Positions within the pool."""


def split(y: Array, settings: Settings, seed: int) -> Split:
    """Divide the data for one seed; by class where every class has two items, unless in halves.

    Parameters
    ----------
    y : (n,) class positions.
    settings : gives the test share and the number of first labels.
    seed : the same seed gives the same split to every strategy.
    """
    by_class = y if np.bincount(y).min() > 1 and not settings.halves else None
    n_test = settings.test_size(len(y), len(np.unique(y)))
    division = seed // 2 if settings.halves else seed
    try:
        pool, test = train_test_split(
            np.arange(len(y)), test_size=n_test, stratify=by_class, random_state=spawn_seed(division, "split")
        )
        if settings.halves and seed % 2:
            pool, test = test, pool
        pool = np.sort(pool)
        initial = _first_labels(y[pool], settings, seed)
    except ValueError as error:
        raise AskNextError(f"the data cannot be split into pool and test: {error}") from error
    return Split(pool, np.sort(test), initial)


def _first_labels(y: Array, settings: Settings, seed: int) -> Ids:
    """Positions of the first labels in a pool of class positions y."""
    if not settings.stratified:
        return spawn(seed, "initial").choice(len(y), size=settings.initial, replace=False)
    drawn, _ = train_test_split(
        np.arange(len(y)), train_size=settings.initial, stratify=y, random_state=spawn_seed(seed, "initial")
    )
    return np.asarray(drawn)


def fit_to_pool(settings: Settings, data: Dataset) -> Settings:
    """Fill in sizes left open (-1) by the size of the pool, and refuse sizes that cannot be.

    Batches beyond the last item of the pool are left out, and none is larger than the pool.

    Raises
    ------
    AskNextError : no strategy, a number below its minimum, more seeds than anybody means, more first labels
        than pool items, or a pool too small.
    """
    if not settings.strategies:
        raise AskNextError("there is no strategy to run; name at least one with --strategies.")
    settings.scenario.check()
    if not 0 < settings.test_share < 1:
        raise AskNextError(f"--test-share is {settings.test_share}; it must lie between 0 and 1.")
    pool = len(data.y) - settings.test_size(len(data.y), len(data.classes))
    if pool < 2:
        raise AskNextError(f"{data.name} has {len(data.y)} rows; that leaves {max(pool, 0)} to choose from.")
    batch = settings.batch if settings.batch != -1 else int(np.clip(pool // 50, 1, 20))
    initial = settings.initial if settings.initial != -1 else min(max(batch, len(data.classes)), pool // 2)
    limits = {"--batch": (batch, 1), "--initial": (initial, 0), "--rounds": (settings.rounds, 1),
              "--seeds": (settings.seeds, 1)}  # fmt: skip
    for option, (value, least) in limits.items():
        if value < least:
            raise AskNextError(f"{option} is {value}; it must be at least {least}.")
    if settings.seeds > MOST_SEEDS:
        raise AskNextError(f"--seeds is {settings.seeds}; it can be at most {MOST_SEEDS}.")
    if settings.halves and (settings.test_share != 0.5 or len(data.y) % 2):
        raise AskNextError(
            f"halves need a test_share of 0.5 and an even number of rows; here are {settings.test_share} and "
            f"{len(data.y)}."
        )
    if settings.stratified and initial < len(data.classes):
        raise AskNextError(
            f"initial is {initial}, too few to draw by class: {data.name} has {len(data.classes)} classes."
        )
    if initial >= pool:
        raise AskNextError(
            f"--initial is {initial}, but the pool of {data.name} has {pool} items ({len(data.y)} rows less "
            "the test items); give fewer."
        )
    batch = min(batch, pool)
    rounds = min(settings.rounds, -(-(pool - initial) // batch))
    return replace(settings, batch=batch, initial=initial, rounds=rounds)


def claim(out: Path, settings: Settings, data: Dataset) -> None:
    """Make the results directory this comparison's own.

    Parameters
    ----------
    out : the directory; made if need be.
    settings, data : of the comparison; they take the place of what is recorded there of it already.

    Raises
    ------
    AskNextError : as `check_place`.
    """
    check_place(out, settings, data)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / SETTINGS, {"identity": settings.identity(data), "settings": asdict(settings)})
    sweep(out)


def check_place(out: Path, settings: Settings, data: Dataset) -> None:
    """Refuse a results directory that is not this comparison's own and not free either.

    Raises
    ------
    AskNextError : the directory holds something else, or a comparison with other settings.
    """
    if (out / SETTINGS).exists():
        identity, (found, before) = settings.identity(data), recorded(out)
        keys = {**identity, **found}
        other = next((key for key in keys if found.get(key) != identity.get(key)), None)
        if other == "data":
            raise AskNextError(
                f"{out} holds a comparison of other data ({before.source}); choose another directory with "
                "--out."
            )
        if other:
            raise AskNextError(
                f"{out} holds a comparison with other settings ({other}: {found.get(other)}, here "
                f"{identity.get(other)}); choose another directory with --out."
            )
    elif occupied(out):
        raise AskNextError(
            f"{out} exists and is no results directory of asknext; choose another with --out."
        )


def reopen(out: Path) -> Settings:
    """The settings of a results directory.

    Raises
    ------
    AskNextError : it is none, or it cannot be read.
    """
    if not (out / SETTINGS).is_file():
        raise AskNextError(f"{out} is no results directory of asknext (no {SETTINGS} in it).")
    return recorded(out)[1]


def recorded(out: Path) -> tuple[dict[str, Any], Settings]:
    """The identity and the settings that a results directory was claimed with.

    Raises
    ------
    AskNextError : the file holds something else; settings are numbers, names and a list of names.
    """
    try:
        found = read_json(out / SETTINGS)
        identity, values = dict(found["identity"]), dict(found["settings"])
        values["strategies"] = tuple(values["strategies"])
        values["scenario"] = read_scenario(values.get("scenario", {}))
        settings = Settings(**values)
        whole = (settings.initial, settings.batch, settings.rounds, settings.seeds)
        names = (settings.source, settings.learner, *settings.strategies, settings.target or "")
        sound = all(type(n) is int for n in whole) and all(isinstance(name, str) for name in names)
        flags = isinstance(settings.halves, bool) and isinstance(settings.stratified, bool)
        if sound and flags and isinstance(settings.test_share, float) and isinstance(identity["data"], str):
            return identity, settings
        raise TypeError("a value is of another type")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, AskNextError):
            raise
        raise AskNextError(
            f"{out / SETTINGS} is damaged ({error}); choose another directory with --out."
        ) from error
