"""What only a benchmark knows of its pool, as signals for oracle strategies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asknext import strategies
from asknext.bench.division import Split
from asknext.bench.protocol import Settings
from asknext.learners import make
from asknext.learners.fitting import Columns, Fitting, Table
from asknext.pool import Pool
from asknext.randomness import spawn_seed
from asknext.types import Array, Label


def insight(
    strategy: str,
    X: Array,
    y: Array,
    classes: Sequence[Label],
    parts: Split,
    settings: Settings,
    seed: int,
    columns: Columns | None = None,
) -> dict[str, Array]:
    """The true classes of the pool and, where the strategy needs it, what a reference model says of it.

    The reference model is the learner fitted on the test items with their true labels. It never sees the
    pool: a model that did would find even noise plausible. A strategy reads neither unless it declares it.

    Parameters
    ----------
    strategy : a name.
    X, y : (n, …) what the learner sees and (n,) class positions of the whole data set.
    classes : the labels that the positions stand for.
    parts : the pool and the test items.
    settings : name the learner.
    seed : of the run.
    columns : cache of predictions.

    Returns
    -------
    `truth` (p,), -1 out of scope, and perhaps `reference_proba` (p, k), for the p pool items.
    """
    known = {"truth": parts.positions(y)[parts.pool]}
    if informed(strategy):
        known["reference_proba"] = reference(X, y, classes, parts, settings, seed, columns)
    return known


def informed(strategy: str) -> bool:
    """Whether a strategy reads what the reference model says."""
    return "reference_proba" in strategies.get(strategy).needs


def reference(
    X: Array,
    y: Array,
    classes: Sequence[Label],
    parts: Split,
    settings: Settings,
    seed: int,
    columns: Columns | None = None,
) -> Array:
    """(p, k) what the reference model of a seed says of the pool; parameters as for `insight`."""
    truth = parts.positions(y)[parts.test].astype(np.int32)
    heldout = Pool(truth, tuple(classes[c] for c in parts.scope))
    table = Table(X[parts.test], holdout=X[parts.pool])
    fitting = Fitting(make(settings.learner), table, heldout, spawn_seed(seed, "reference"), columns)
    return fitting.column("proba")[len(table) :]
