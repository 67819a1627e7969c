"""Recipes: a protocol in a TOML file, read whole and checked before anything runs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from asknext import detectors, strategies
from asknext.bench.compare import check_strategies
from asknext.bench.held_out import PUBLISHED
from asknext.bench.loading import data_key, load_data
from asknext.bench.protocol import Settings, fit_to_pool
from asknext.bench.published_table import Published, read_published
from asknext.bench.scenario import Scenario, read_scenario
from asknext.datasets import Dataset
from asknext.errors import AbsentDataError, AskNextError
from asknext.files import occupied, sweep, write_text
from asknext.learners import make
from asknext.plugins import find
from asknext.types import Progress

RECIPE = "recipe.toml"
"""The copy of its recipe by which a results directory is known."""

_KINDS = {
    str: "a text", bool: "true or false", int: "a whole number", float: "a fraction", list: "a list",
    dict: "a table",
}  # fmt: skip
_TYPES = {
    "title": str, "description": str, "name": str, "data": str, "target": str, "learner": str,
    "detector": str, "initial": int, "batch": int, "rounds": int, "seeds": int, "test_share": float,
    "strategies": list, "halves": bool, "stratified": bool, "tasks": list, "groups": dict, "defaults": dict,
    "quick": dict, "published": dict, "optional": bool, "stopping": dict, "within": float,
}  # fmt: skip
_NEEDED = ("data", "learner", "initial", "batch", "rounds", "seeds", "test_share", "strategies")
_SCENARIO = tuple(field.name for field in fields(Scenario))
_SETTINGS = (*_NEEDED, "target", "halves", "stratified", "optional", "detector", *_SCENARIO)
_LEAST = {"initial": 0, "batch": 1, "rounds": 1, "seeds": 1}


@dataclass(frozen=True)
class Recipe:
    """A protocol: comparisons that are read together.

    Parameters
    ----------
    title, description : for the report.
    tasks : the comparisons to run, by name.
    left_out : names of the tasks of the file that are not to be run.
    quick : what `[quick]` puts in the place of the settings; empty where it does not hold.
    published : figures to hold ours against; None where the recipe has none.
    optional : names of the tasks that are left out where their data are absent.
    within : points of accuracy that a stop may lose, where stopping rules are held against the runs.
    """

    title: str
    description: str
    tasks: dict[str, Settings]
    left_out: tuple[str, ...]
    quick: dict[str, Any]
    published: Published | None = None
    optional: frozenset[str] = frozenset()
    within: float | None = None


def read_recipe(text: str, quick: bool = False, only: Collection[str] = ()) -> Recipe:
    """A recipe from the text of its file.

    At the top are `title`, `description`, `[[tasks]]` and perhaps `[groups]`, `[defaults]`, `[quick]` and
    `[published]` (see `published_table`), and `[stopping]`, which says `within` how many points of accuracy a
    stop is right: stopping rules are then held against the runs. A task has a `name` and says `data`,
    `learner`, `initial`, `batch`, `rounds`, `seeds`, `test_share`, `strategies` and perhaps `target`,
    `detector`, `halves`, `stratified`, `optional` and what is in a `Scenario`; what it does not say is taken
    from `[defaults]`. An optional task is left out where its data are absent. A name of `[groups]` among the
    strategies stands for the strategies of that group. `[quick]` replaces settings of all tasks and may name
    the `tasks` that a quick run is about; where it replaces the data, there are no published figures of them.

    Parameters
    ----------
    text : TOML.
    quick : let `[quick]` hold.
    only : names of the tasks to run; empty: those of `[quick]` in a quick run that names some, else all.

    Raises
    ------
    AskNextError : no TOML, an unknown or missing key, a value of a wrong type or out of range, an unknown
        strategy, learner, detector or task.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AskNextError(f"the recipe is no TOML: {error}.") from error
    except RecursionError as error:
        raise AskNextError("the recipe is nested too deeply.") from error
    parts = ("title", "description", "groups", "defaults", "tasks", "quick", "published", "stopping")
    _check(content, parts, "the recipe")
    _need(content, ("title", "description", "tasks"), "the recipe")
    _check(content.get("defaults", {}), _SETTINGS, "[defaults]")
    _check(content.get("quick", {}), (*_SETTINGS, "tasks"), "[quick]")
    within = None
    if "stopping" in content:
        _check(content["stopping"], ("within",), "[stopping]")
        _need(content["stopping"], ("within",), "[stopping]")
        within = content["stopping"]["within"]
    changes = dict(content.get("quick", {})) if quick else {}
    wanted = list(only) or changes.pop("tasks", [])
    changes.pop("tasks", None)
    tasks: dict[str, Settings] = {}
    optional: set[str] = set()
    for number, task in enumerate(content["tasks"], start=1):
        name, where = _named(task, number)
        if name in tasks:
            raise AskNextError(f"the recipe has two tasks '{name}'; give each a name of its own.")
        _check(task, ("name", *_SETTINGS), where)
        found = {**content.get("defaults", {}), **task, **changes}
        tasks[name] = _settings(found, content.get("groups", {}), where)
        optional |= {name} if found.get("optional") else set()
    if not tasks:
        raise AskNextError("the recipe has no tasks; write at least one [[tasks]].")
    for name in wanted:
        find("task", name, tasks)
    chosen = {name: task for name, task in tasks.items() if not wanted or name in wanted}
    left_out = tuple(name for name in tasks if name not in chosen)
    published = read_published(content["published"], tasks) if "published" in content else None
    if "data" in changes:
        published = None
    story = content["title"], content["description"].strip()
    return Recipe(*story, chosen, left_out, changes, published, frozenset(optional), within)


def prepare(
    recipe: Recipe, progress: Progress | None = None
) -> tuple[dict[str, tuple[Settings, Dataset]], dict[str, str]]:
    """Load the data of every task, and refuse what cannot be run before anything is.

    Parameters
    ----------
    recipe : what `read_recipe` read.
    progress : told how far the reading of pictures is.

    Returns
    -------
    For each task its settings and its data; and for each optional task whose data are absent, why.

    Raises
    ------
    AskNextError : data are absent or unusable, sizes do not fit them, or a strategy needs what the learner
        cannot give; the message names the task. Or no task is left to run.
    """
    loaded: dict[Any, Dataset] = {}
    prepared: dict[str, tuple[Settings, Dataset]] = {}
    absent: dict[str, str] = {}
    for name, settings in recipe.tasks.items():
        key = data_key(settings)
        try:
            if key not in loaded:
                loaded[key] = load_data(settings, progress)
            prepared[name] = (fit_to_pool(settings, loaded[key]), loaded[key])
            check_strategies(*prepared[name])
            if recipe.published:
                recipe.published.check(name, loaded[key])
        except AskNextError as error:
            if not (isinstance(error, AbsentDataError) and name in recipe.optional):
                raise AskNextError(f"task '{name}': {error}") from error
            absent[name] = str(error)
    if not prepared:
        raise AskNextError(f"there is no task left to run: {next(iter(absent.values()))}")
    return prepared, absent


def claim_folder(out: Path, text: str) -> None:
    """Make a folder this recipe's own, or check that it holds results of a recipe already.

    Raises
    ------
    AskNextError : there is something else in it.
    """
    if not (out / RECIPE).is_file() and occupied(out):
        raise AskNextError(f"{out} exists and holds no results of a recipe; choose another with --out.")
    write_text(out / RECIPE, text)
    sweep(out)


def _named(task: Any, number: int) -> tuple[str, str]:
    """The name of a task, and how to speak of it in a message."""
    where = f"task {number}"
    if not isinstance(task, dict):
        raise AskNextError(f"{where} must be a table; write it under [[tasks]].")
    _need(task, ("name",), where)
    name = task["name"]
    if not (isinstance(name, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]*", name)):
        raise AskNextError(f"{where}: the name {name!r} must be small letters, digits and hyphens.")
    return name, f"task '{name}'"


def _check(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Refuse keys that are not known and values of a wrong type or out of range."""
    for key, value in table.items():
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"there is: {', '.join(known)}."
            raise AskNextError(f"{where} has the unknown key '{key}'; {hint}")
        if key in _SCENARIO or (key, value) == ("test_share", PUBLISHED):
            continue  # `read_scenario` looks at a scenario
        if type(value) is not _TYPES[key]:
            raise AskNextError(f"{where}: {key} must be {_KINDS[_TYPES[key]]}, not {value!r}.")
        if (key == "strategies" or (key == "tasks" and where == "[quick]")) and not _are_texts(value):
            raise AskNextError(f"{where}: {key} must be a list of at least one name, not {value!r}.")
        if key in _LEAST and table[key] < _LEAST[key]:
            raise AskNextError(f"{where}: {key} is {value}; it must be at least {_LEAST[key]}.")
        if key == "test_share" and not 0 < table[key] < 1:
            raise AskNextError(
                f"{where}: test_share is {value}; it must lie between 0 and 1, or be '{PUBLISHED}'."
            )


def _need(table: Mapping[str, Any], keys: Collection[str], where: str) -> None:
    missing = [key for key in keys if key not in table]
    if missing:
        raise AskNextError(f"{where} says no {missing[0]}; add it.")


def _settings(found: Mapping[str, Any], groups: Mapping[str, Any], where: str) -> Settings:
    _need(found, _NEEDED, where)
    names: list[str] = []
    for name in found["strategies"]:
        members = groups.get(name, [name])
        if not _are_texts(members):
            raise AskNextError(f"[groups]: {name} must be a list of names of strategies, not {members!r}.")
        names += members
    try:
        chosen = tuple(dict.fromkeys(strategies.get(name).name for name in names))
        make(found["learner"])
        detector = detectors.get(found.get("detector", "auto")).name
        scenario = read_scenario({key: found[key] for key in _SCENARIO if key in found})
    except AskNextError as error:
        raise AskNextError(f"{where}: {error}") from error
    flags = {key: found[key] for key in ("halves", "stratified") if key in found}
    rest = {key: found[key] for key in ("learner", *_LEAST, "test_share")} | flags
    data = {"source": found["data"], "target": found.get("target")}
    return Settings(strategies=chosen, detector=detector, scenario=scenario, **data, **rest)


def _are_texts(values: Any) -> bool:
    """Whether this is a list of at least one text."""
    return isinstance(values, list) and bool(values) and all(isinstance(value, str) for value in values)
