"""Metrics of one round, computed from what a model said and, most of them, from the truth."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np

from asknext.bench.moments import View
from asknext.errors import AskNextError
from asknext.plugins import find
from asknext.types import Array

Metric = Callable[[View], float | None]
"""From what is seen of a subset to a number, or None where it is not defined."""


def confusion(view: View) -> Array:
    """(k, k) counts: true class by row, likeliest class by column."""
    k = view.proba.shape[1]
    cells = np.bincount(view.y * k + view.proba.argmax(axis=1), minlength=k * k)
    return cells.reshape(k, k)


def accuracy(view: View) -> float:
    """Share of items whose likeliest class is the true one."""
    return float(np.mean(view.proba.argmax(axis=1) == view.y))


def balanced_accuracy(view: View) -> float:
    """Mean over the classes present of the share of their items that are got right."""
    table = confusion(view)
    present = table.sum(axis=1) > 0
    return float(np.mean(table.diagonal()[present] / table.sum(axis=1)[present]))


def f1_macro(view: View) -> float:
    """Mean F1 over the classes that are present or predicted."""
    table = confusion(view)
    union = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2 * table.diagonal()[union > 0] / union[union > 0]))


def log_loss(view: View) -> float:
    """Mean -ln p of the true class, p clipped at 1e-15, in nats."""
    p = view.proba[np.arange(len(view.y)), view.y]
    return float(-np.mean(np.log(np.maximum(p, 1e-15))))


def brier(view: View) -> float:
    """Mean squared distance between the probabilities and the truth, in [0, 2]."""
    gap = view.proba.copy()
    gap[np.arange(len(view.y)), view.y] -= 1
    return float(np.mean(np.sum(gap**2, axis=1)))


def contradiction(view: View) -> float | None:
    """Share of items whose likeliest class changed since the round before. Needs no labels."""
    if view.previous is None:
        return None
    return float(np.mean(view.proba.argmax(axis=1) != view.previous.argmax(axis=1)))


def soft_contradiction(view: View) -> float | None:
    """Mean over items of the summed change of class probabilities since the round before; no labels."""
    if view.previous is None:
        return None
    return float(np.mean(np.abs(view.proba - view.previous).sum(axis=1)))


def confidence(view: View) -> float:
    """Mean probability of the likeliest class. Needs no labels."""
    return float(np.mean(view.proba.max(axis=1)))


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "balanced-accuracy": balanced_accuracy,
    "f1-macro": f1_macro,
    "log-loss": log_loss,
    "brier": brier,
    "contradiction": contradiction,
    "soft-contradiction": soft_contradiction,
    "confidence": confidence,
}
"""Names of metrics; a replay also takes `package.module:function`."""

ALWAYS = ("accuracy", "balanced-accuracy", "f1-macro", "log-loss")
"""Metrics that every comparison computes on its test items."""


def metric(name: str) -> Metric:
    """The metric of a name, or a function of your own as `package.module:function`.

    Such a function takes a `View` (`proba`, `y`, `previous`) and returns a number or None; its module is also
    looked for in the current folder.

    Raises
    ------
    AskNextError : unknown name, or there is no such function, or it cannot be imported.
    """
    if ":" not in name:
        return find("metric", name, METRICS)
    module, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise AskNextError(f"the metric '{name}' is no package.module:function, such as mine:spread.")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        function = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # a module of the user's may do anything
        why = f"{type(error).__name__}: {error}"
        raise AskNextError(f"the metric '{name}' cannot be imported ({why}).") from error
    if not callable(function):
        raise AskNextError(f"the metric '{name}' is {type(function).__name__} and no function.")
    return function
