"""The protocol of a comparison: its settings, its splits and its first labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from asknext import __version__, rows
from asknext.bench.division import Split, among, first_labels, in_scope, shaped
from asknext.bench.held_out import PUBLISHED, as_share, published_rows
from asknext.bench.scenario import Scenario, read_scenario
from asknext.datasets import Dataset
from asknext.errors import AskNextError
from asknext.files import occupied, read_json, sweep, write_json
from asknext.learners import make
from asknext.randomness import spawn_seed
from asknext.types import Array, Label

SETTINGS = "settings.json"
MOST_SEEDS = 10_000
"""Runs of a strategy beyond which a number is taken for a slip."""

DEFAULT_STRATEGIES = ("auto", "random", "margin")
"""What own data are tried with: is choosing worth it here, and is doubt alone enough?"""

TOUR = (*DEFAULT_STRATEGIES, "entropy", "kmeans", "weighted-kmeans", "k-center", "typiclust", "badge")
"""What data sets with a name are shown with: one strategy or more of each family."""


@dataclass(frozen=True)
class Settings:
    """What a comparison does. Two commands with equal `identity` belong to the same results directory.

    Parameters
    ----------
    source, target : the data as named on the command line.
    strategies : names, in the order of the table.
    learner : a name.
    detector : the name of what computes the signal `ood` for strategies that read it.
    initial : items labelled at random before the first question, the same for all strategies; 0 starts
        cold, each strategy choosing its first batch.
    batch : items a round.
    rounds : batches.
    seeds : runs of each strategy; seed s is the same split and the same first labels for all.
    test_share : share of the items held out for testing, drawn anew for each seed; or "published": the test
        items in scope are those of the publisher's test part.
    halves : two runs share a division into halves, not by class: seeds 2s and 2s + 1 swap pool and test.
    stratified : the first labels are drawn by class, which needs to know the classes of the pool.
    scenario : what makes the pool a real one.
    test_rows : how many of the last rows are the publisher's test part, where it is kept; filled in by
        `fit_to_pool`.
    """

    source: str
    target: str | None
    strategies: tuple[str, ...]
    learner: str
    initial: int
    batch: int
    rounds: int
    seeds: int
    test_share: float | str
    halves: bool = False
    stratified: bool = False
    detector: str = "auto"
    scenario: Scenario = field(default_factory=Scenario)
    test_rows: int = 0

    @property
    def departures(self) -> tuple[str, ...]:
        """Sentences on where this differs from how comparisons are laid out otherwise."""
        said = []
        if self.test_share == PUBLISHED:
            said.append("the test items are those of the publisher's test part")
        if self.halves:
            said.append("seeds 2s and 2s + 1 share halves, not drawn by class, and swap pool and test")
        if self.stratified:
            said.append("the first labels are drawn by class")
        if self.detector != "auto":
            said.append(f"the detector '{self.detector}' tells how likely an item is out of scope")
        return (*said, *self.scenario.sentences)

    def test_size(self, n: int, classes: int) -> int:
        """Items held out of n: the share asked for, but at least one for each class."""
        return max(classes, round(float(self.test_share) * n))

    def identity(self, data: Dataset) -> dict[str, Any]:
        """All that a single run depends on: it may be extended by strategies, seeds and rounds."""
        outside = () if data.out_of_scope is None else (data.out_of_scope,)
        usual = {"halves": False, "stratified": False, "detector": "auto"}
        special = {name: getattr(self, name) for name in usual if getattr(self, name) != usual[name]}
        return {
            "dataset": data.name,
            "data": rows.fingerprint(data.X, data.y.tolist(), *outside),
            "learner": self.learner,
            "learner_key": make(self.learner).key,
            "batch": self.batch,
            "initial": self.initial,
            "test_share": self.test_share,
            "asknext": __version__,
            **special,
            **self.scenario.special,
        }


def class_positions(data: Dataset) -> Array:
    """(n,) the position of each item's label in `data.classes`; -1 for items out of scope."""
    place = {label: j for j, label in enumerate(data.classes)}
    outside = np.zeros(len(data.y), dtype=bool) if data.out_of_scope is None else data.out_of_scope
    labels = zip(data.y.tolist(), outside.tolist(), strict=True)
    return np.array([-1 if out else place[label] for label, out in labels], dtype=np.intp)


def split(y: Array, settings: Settings, seed: int, classes: Sequence[Label] = ()) -> Split:
    """Divide the data for one seed; by class where every class has two items, unless in halves.

    In this order, each by a generator of its own: the classes in scope, the test items among the items in
    scope, the tail of the pool, its items out of scope, the first labels.

    Parameters
    ----------
    y : (n,) class positions; -1 for items of no class.
    settings : gives the test share, the number of first labels and the scenario.
    seed : the same seed gives the same split to every strategy.
    classes : the labels that the positions stand for; needed where the scope is one of names.
    """
    parts = divide(y, settings, seed, classes)
    places = parts.positions(y)[parts.pool]
    try:
        initial = first_labels(places, settings.initial, settings.scenario, seed, settings.stratified)
    except ValueError as error:
        raise _indivisible(error) from error
    return replace(parts, initial=initial)


def divide(y: Array, settings: Settings, seed: int, classes: Sequence[Label] = ()) -> Split:
    """The same without first labels, which needs no number of them."""
    scope = in_scope(settings.scenario, int(y.max()) + 1, classes, seed)
    places = among(y, scope)
    inside = np.flatnonzero(places >= 0)
    if settings.test_share == PUBLISHED:
        first = len(y) - settings.test_rows
        pool, test = inside[inside < first], inside[inside >= first]
        return Split(shaped(pool, places[:first], settings.scenario, seed), test, scope)
    by_class = places[inside] if np.bincount(places[inside]).min() > 1 and not settings.halves else None
    n_test = settings.test_size(len(inside), len(scope))
    division = seed // 2 if settings.halves else seed
    try:
        pool, test = train_test_split(
            inside, test_size=n_test, stratify=by_class, random_state=spawn_seed(division, "split")
        )
    except ValueError as error:
        raise _indivisible(error) from error
    if settings.halves and seed % 2:
        pool, test = test, pool
    return Split(shaped(np.sort(pool), places, settings.scenario, seed), np.sort(test), scope)


def _indivisible(error: ValueError) -> AskNextError:
    if isinstance(error, AskNextError):
        return error
    return AskNextError(f"the data cannot be split into pool and test: {error}")


def fit_to_pool(settings: Settings, data: Dataset) -> Settings:
    """Fill in sizes left open (-1) by the size of the pool, and refuse sizes that cannot be.

    Batches beyond the last item of the pool are left out, and none is larger than the pool. Where pools
    differ by seed, the first one gives the sizes and the smallest the limits.

    Raises
    ------
    AskNextError : no strategy, a number below its minimum, more seeds than anybody means, more first labels
        than pool items, a pool too small, or a scenario that the data do not allow.
    """
    if not settings.strategies:
        raise AskNextError("there is no strategy to run; name at least one with --strategies.")
    settings = replace(settings, test_rows=_test_rows(settings, data))
    for option, value in (("--seeds", settings.seeds), ("--rounds", settings.rounds)):
        if value < 1:
            raise AskNextError(f"{option} is {value}; it must be at least 1.")
    if settings.seeds > MOST_SEEDS:
        raise AskNextError(f"--seeds is {settings.seeds}; it can be at most {MOST_SEEDS}.")
    pools, k = _pools(settings, data)
    pool, least = pools[0], min(pools)
    if least < 2:
        raise AskNextError(
            f"{data.name} has {len(data.y)} rows in {k} classes; without the test items, one or more a "
            f"class, that leaves {max(least, 0)} to choose from; give more rows, or labels that recur."
        )
    batch = settings.batch if settings.batch != -1 else int(np.clip(pool // 50, 1, 20))
    initial = settings.initial if settings.initial != -1 else min(max(batch, k), pool // 2)
    for option, value, lowest in (("--batch", batch, 1), ("--initial", initial, 0)):
        if value < lowest:
            raise AskNextError(f"{option} is {value}; it must be at least {lowest}.")
    if settings.stratified and initial < k:
        raise AskNextError(f"initial is {initial}, too few to draw by class: {data.name} has {k} classes.")
    if initial >= least:
        raise AskNextError(
            f"--initial is {initial}, but the pool of {data.name} has {least} items ({len(data.y)} rows less "
            f"the test items{' and what else is left out' * settings.scenario.reshapes}); give fewer."
        )
    batch = min(batch, pool)
    rounds = min(settings.rounds, -(-(least - initial) // batch))
    filled = replace(settings, batch=batch, initial=initial, rounds=rounds)
    if settings.scenario.known:
        for seed in range(settings.seeds):
            split(class_positions(data), filled, seed, data.classes)
    return filled


def _test_rows(settings: Settings, data: Dataset) -> int:
    """How many of the last rows are the publisher's test part, where it is kept.

    Raises
    ------
    AskNextError : it cannot be kept.
    """
    if as_share(settings.test_share) != PUBLISHED:
        return 0
    if settings.halves:
        raise AskNextError("halves swap pool and test; give a test_share of 0.5.")
    scopes = (in_scope(settings.scenario, len(data.classes), data.classes, s) for s in range(settings.seeds))
    return published_rows(data, class_positions(data), scopes)


def _pools(settings: Settings, data: Dataset) -> tuple[list[int], int]:
    """Sizes of the pools, of each seed where they may differ, and how many classes are in scope.

    Raises
    ------
    AskNextError : the data cannot be divided in that way.
    """
    scenario, own = settings.scenario, data.out_of_scope is not None
    if settings.halves and (settings.test_share != 0.5 or len(data.y) % 2):
        raise AskNextError(
            f"halves need a test_share of 0.5 and an even number of rows; here are {settings.test_share} and "
            f"{len(data.y)}."
        )
    if settings.halves and (scenario.reshapes or own):
        raise AskNextError("halves swap pool and test; leave out scope, items out of scope and long tail.")
    if settings.stratified and scenario.known:
        raise AskNextError("first labels drawn by class are of all classes; leave out stratified or known.")
    if scenario.ood_rate is not None and scenario.scope is None and not own:
        raise AskNextError(
            f"--ood-rate is {scenario.ood_rate}, but nothing in {data.name} is out of scope; give --scope or "
            "--ood-data."
        )
    if not (scenario.reshapes or own):
        n_test = settings.test_rows or settings.test_size(len(data.y), len(data.classes))
        return [len(data.y) - n_test], len(data.classes)
    y = class_positions(data)
    parts = [divide(y, settings, seed, data.classes) for seed in range(settings.seeds)]
    return [len(part.pool) for part in parts], len(parts[0].scope)


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
            same = before.source == settings.source
            what = f"{before.source} before its items or features changed" if same else before.source
            raise AskNextError(
                f"{out} holds a comparison of other data ({what}); choose another directory with --out."
            )
        if other:
            usual = "as usual"  # what is left as it is by default is not written down
            raise AskNextError(
                f"{out} holds a comparison with other settings ({other}: {found.get(other, usual)}, here "
                f"{identity.get(other, usual)}); choose another directory with --out."
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
        values["scenario"] = _recorded_scenario(values.get("scenario", {}))
        settings = Settings(**values)
        whole = (settings.initial, settings.batch, settings.rounds, settings.seeds, settings.test_rows)
        names = (
            settings.source, settings.target or "", settings.learner, settings.detector, *settings.strategies,
        )  # fmt: skip
        sound = all(type(n) is int for n in whole) and all(isinstance(name, str) for name in names)
        flags = isinstance(settings.halves, bool) and isinstance(settings.stratified, bool)
        held = settings.test_share
        share = held == PUBLISHED or (type(held) is float and 0 < held < 1)
        if sound and flags and share and isinstance(identity["data"], str):
            return identity, settings
        raise TypeError("a value is of another type")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, AskNextError):
            raise
        raise AskNextError(
            f"{out / SETTINGS} is damaged ({error}); choose another directory with --out."
        ) from error


def _recorded_scenario(values: dict[str, Any]) -> Scenario:
    try:
        return read_scenario(values)
    except AskNextError as error:
        raise TypeError(str(error)) from error
