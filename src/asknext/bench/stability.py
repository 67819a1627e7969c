"""Would other seeds, learners or batch sizes have crowned another strategy?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from asknext.bench.statistics import resamples
from asknext.bench.wording import listing, tally, whole_percent
from asknext.types import Array

ENOUGH = 5
"""Seeds from which on those that were run say something, by resampling, of others."""

SETTLED = 0.95
"""Share of resamples with the same winner from which on other seeds would hardly crown another."""

FACTORS = {"learner": "learner", "batch": "batch size"}
"""Settings that tasks are told apart by, and what they are called."""

Task = dict[str, Any]


def firsts(scores: Array) -> Array:
    """In which share of the rows each column has the highest score; those that tie share the row.

    Parameters
    ----------
    scores : (n, s) one row a seed, a resample or a task, one column a strategy.

    Returns
    -------
    (s,) shares of sum 1.
    """
    rounded = np.round(scores, 12)  # sums of the same terms differ by rounding
    best = rounded == rounded.max(axis=1, keepdims=True)
    shares: Array = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def winners(times: dict[str, float]) -> str:
    """Who came first and how many times, the most frequent first: "a in 5 and b in 3"."""
    order = sorted((name for name in times if times[name]), key=lambda name: -times[name])
    return listing([f"{name} in {tally(times[name])}" for name in order])


def over_seeds(auc: Array, names: Sequence[str]) -> dict[str, Any] | None:
    """How often each strategy comes first, by single seeds and by resamples of all (bootstrap).

    A resample draws as many seeds as there are, with replacement and the same for all strategies, and crowns
    the highest mean. Few seeds make resamples that are too much alike: fewer than `ENOUGH` have none.

    Parameters
    ----------
    auc : (s, r) mean accuracy of every run.
    names : of the s strategies.

    Returns
    -------
    `seeds` and `resamples`, shares by name; null for one seed, and `resamples` for fewer than `ENOUGH`.
    `sentence`, what they mean. None for a single strategy.
    """
    strategies, seeds = auc.shape
    if strategies < 2:
        return None
    if seeds < 2:
        sentence = "There is one seed, which cannot tell whether another would have crowned another strategy."
        return {"seeds": None, "resamples": None, "sentence": sentence}
    alone = dict(zip(names, firsts(auc.T).tolist(), strict=True))
    if seeds < ENOUGH:
        sentence = (
            f"{seeds} seeds are too few to tell whether others would have crowned another strategy. Seed by "
            f"seed, the first is {winners({name: seeds * share for name, share in alone.items()})}."
        )
        return {"seeds": alone, "resamples": None, "sentence": sentence}
    drawn = dict(zip(names, firsts(resamples(seeds) @ auc.T).tolist(), strict=True))
    leader = names[int(np.argmax(auc.mean(axis=1)))]
    return {"seeds": alone, "resamples": drawn, "sentence": _of_seeds(leader, alone, drawn, seeds)}


def over_tasks(tasks: dict[str, Task]) -> dict[str, Any] | None:
    """How often each strategy comes first over tasks, and whether the learner or the batch size decides it.

    Parameters
    ----------
    tasks : the summary of each task.

    Returns
    -------
    `strategies`, those that all tasks share; `groups`, for all tasks and for those of each learner and batch
    size where they differ, the number of tasks and in how many of them each of these strategies comes first;
    `changes`, by factor, in how many sets of tasks that differ in nothing else (`compared`) no strategy comes
    first throughout (`changed`); `sentence`. None where fewer than two tasks or strategies can be compared.
    """
    every = list(tasks.values())
    shared = _shared(every)
    if len(every) < 2 or len(shared) < 2:
        return None
    groups, changes = [_group("all tasks", every, shared)], {}
    for factor, called in FACTORS.items():
        values = list(dict.fromkeys(task["settings"][factor] for task in every))
        if len(values) > 1:
            for value in values:
                members = [task for task in every if task["settings"][factor] == value]
                groups.append(_group(f"{called} {value}", members, shared))
            changes[factor] = _changes(every, factor)
    result = {"strategies": shared, "groups": groups, "changes": changes}
    return {**result, "sentence": _of_tasks(groups[0], changes)}


def _of_seeds(leader: str, alone: dict[str, float], drawn: dict[str, float], seeds: int) -> str:
    often = f"{whole_percent(drawn[leader])} % of redraws of the {seeds} seeds"
    singly = f"{tally(seeds * alone[leader])} of the {seeds} by themselves"
    if drawn[leader] >= SETTLED:
        return (
            f"Other seeds would hardly have crowned another strategy: {leader} comes first in {often}, and "
            f"in {singly}."
        )
    rival = max(drawn.keys() - {leader}, key=lambda name: (drawn[name], name))
    return (
        f"Other seeds might well have crowned another strategy: {leader} comes first in {often}, {rival} in "
        f"{whole_percent(drawn[rival])} %; {leader} leads in {singly}."
    )


def _of_tasks(total: dict[str, Any], changes: dict[str, dict[str, int]]) -> str:
    told = (
        f"Of the {len(total['firsts'])} strategies that all {total['tasks']} tasks share, the first is "
        f"{winners(total['firsts'])}."
    )
    for factor, found in changes.items():
        if found["compared"]:
            told += (
                f" Another {FACTORS[factor]}, all else equal, changes who is first in {found['changed']} of "
                f"{found['compared']} cases."
            )
    return told


def _shared(tasks: Sequence[Task]) -> list[str]:
    return [name for name in tasks[0]["strategies"] if all(name in task["strategies"] for task in tasks)]


def _means(tasks: Sequence[Task], names: Sequence[str]) -> Array:
    """(t, s) mean accuracies of the named strategies."""
    return np.array([[task["strategies"][name]["auc_mean"] for name in names] for task in tasks])


def _group(heading: str, tasks: Sequence[Task], names: Sequence[str]) -> dict[str, Any]:
    won = len(tasks) * firsts(_means(tasks, names))
    return {"name": heading, "tasks": len(tasks), "firsts": dict(zip(names, won.tolist(), strict=True))}


def _changes(tasks: Sequence[Task], factor: str) -> dict[str, int]:
    """Sets of tasks that differ in a factor and in nothing else, and those without a common winner."""
    alike: dict[tuple[Any, ...], dict[Any, Task]] = defaultdict(dict)
    for task in tasks:
        settings = task["settings"]
        others = [settings[other] for other in FACTORS if other != factor]
        budget = (task["n_labelled"][0], task["n_labelled"][-1])
        alike[task["dataset"], settings["target"], *budget, *others][settings[factor]] = task
    compared = changed = 0
    for found in (list(by_value.values()) for by_value in alike.values()):
        names = _shared(found)
        if len(found) > 1 and len(names) > 1:
            compared += 1
            wins = np.array([firsts(_means([task], names)) for task in found])
            changed += not (wins > 0).all(axis=0).any()
    return {"compared": compared, "changed": changed}
