"""What picks made with one learner are worth to another: select with a cheap one, then train the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from asknext import rows
from asknext.bench.compare import runs
from asknext.bench.loading import load_data
from asknext.bench.moments import Moment, moments
from asknext.bench.protocol import Settings, class_positions, split
from asknext.bench.results import Measure
from asknext.datasets import Dataset
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread
from asknext.learners import Learner, make
from asknext.learners.base import aligned_signal
from asknext.learners.beside import answered, beside, names_read, reads
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.randomness import spawn_seed
from asknext.types import Array, Label


def learnt_by(
    out: Path,
    settings: Settings,
    data: Dataset,
    learner: str,
    budgets: Collection[int] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Measure]:
    """Train another learner on what was asked in a finished comparison, and test it.

    What it says of the test items is kept in the runs' column caches, so that a replay that was stopped goes
    on, and one that was finished is told again at once.

    Parameters
    ----------
    out, settings, data : from `asknext.bench.replay.finished`.
    learner : the name of the other learner, as for `asknext compare`.
    budgets : numbers of answers; for each, the last round that had no more. Empty: the last round alone.
    progress : called with the budgets done and those due, of all runs; those of one round are done at once.

    Returns
    -------
    Rows of "accuracy" on "test".

    Raises
    ------
    AskNextError : there is no such learner, it cannot read these data, or a budget is below the first labels.

    Source
    ------
    Proxies as in Coleman et al. 2020, "Selection via Proxy", and in LabelBench (Zhang et al. 2024), which
    selects on frozen embeddings and then fine-tunes the whole network.
    """
    other = make(learner)
    X, y = load_data(replace(settings, learner=learner)).seen, class_positions(data)
    cells = runs(out, settings)
    done, due = 0, len(cells) * max(1, len(set(budgets)))
    for run in cells:
        parts = split(y, settings, run.seed, data.classes)
        truth = parts.positions(y)[parts.test]
        scope = [data.classes[c] for c in parts.scope]
        for moment, times in _chosen(moments(run, parts, data.X, y, settings), budgets):
            learnt = (moment.labelled, moment.labels, np.array([run.seed, len(parts.scope)]))
            more = (names_read(other, scope), moment.outside if reads(other, "outside") else ())
            key = rows.fingerprint("proxy", other.key, *learnt, *filter(len, more))
            guess = run.columns.get(key)
            if guess is None:
                with one_thread():
                    guess = _guess(other, X, parts.pool, parts.test, moment, scope, run.seed)
                run.columns.put(key, guess)
            done += times
            if progress is not None:
                progress(done, due)
            value = float(np.mean(guess == truth))
            yield Measure(
                data.name, run.strategy, run.seed, moment.round, moment.n_labelled, "accuracy", "test", value
            )


def _chosen(course: Iterator[Moment], budgets: Collection[int]) -> list[tuple[Moment, int]]:
    """The last moments within the budgets that have labels, each once, and of how many budgets it is that."""
    found: dict[float, Moment] = {}
    steps: list[float] = [*sorted(set(budgets))] or [np.inf]
    for moment in course:
        for budget in steps:
            if moment.n_labelled <= budget and len(moment.labelled):
                found[budget] = moment
    if missing := [budget for budget in budgets if budget not in found]:
        raise AskNextError(f"no model had at most {min(missing)} answers; give a larger --budgets.")
    same = [list(group) for _, group in groupby(found.values(), key=id)]  # budgets ascend, and so do moments
    return [(group[0], len(group)) for group in same]


def _guess(
    other: Learner, X: Array, pool: Array, test: Array, moment: Moment, classes: list[Label], seed: int
) -> Array:
    """(t,) the class positions that the other learner gives to the test items."""
    known = Pool.fresh(len(pool), classes)
    known.state[moment.labelled] = moment.labels
    known.state[moment.outside] = ANSWER_CODES[OUT_OF_SCOPE]
    ids, y = answered(other, known)
    own = spawn_seed(seed, moment.round, "proxy")
    model = other.fit(X[pool[ids]], y, own, **beside(other, X[pool], classes))
    return aligned_signal(model, "proba", X[test], len(classes)).argmax(axis=1)
