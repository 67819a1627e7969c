"""Labels that the model doubts: by a model that has not learnt from them, where there are enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.campaign import Campaign
from asknext.learners.base import aligned_signal
from asknext.learners.beside import beside
from asknext.pool import Pool
from asknext.randomness import spawn, spawn_seed
from asknext.types import Array, Ids

FOLDS = 5
ENOUGH = 20
"""Labels from which on a model is fitted without each fold; with fewer, the present model judges."""

MOST = 200
"""Doubtful labels that are told."""


def doubtful(campaign: Campaign) -> list[dict[str, Any]]:
    """Labelled items for which another class is likelier than the given one, the least likely label first.

    Items of the audit slice are left out: were their labels looked over where the model disagrees, and only
    there, they would no longer tell how good the model is.

    Parameters
    ----------
    campaign : with a learner that has probabilities.

    Returns
    -------
    At most 200 tables of `item`, `answer` and `model` (permanent numbers of classes), and `p`, the
    probability of the given label.
    """
    pool = campaign.state.visible
    ids, y = pool.labelled, pool.y
    if len(np.unique(y)) < 2:
        return []
    proba = _out_of_fold(campaign, pool)
    given = proba[np.arange(len(ids)), y]
    likeliest = proba.argmax(axis=1)
    doubted = np.flatnonzero(likeliest != y)
    worst = doubted[np.argsort(given[doubted], kind="stable")][:MOST]
    live = campaign.state.live
    return [
        {"item": int(ids[i]), "answer": live[y[i]], "model": live[likeliest[i]], "p": float(given[i])}
        for i in worst
    ]


def _out_of_fold(campaign: Campaign, pool: Pool) -> Array:
    """The probabilities (l, k) of the labelled items, each by a model fitted without its fold."""
    ids, y, learner = pool.labelled, pool.y, campaign.learner
    assert learner is not None
    counts = np.bincount(y)
    if len(ids) < ENOUGH or counts[counts > 0].min() < 2:
        return campaign.fitting.column("proba")[ids]
    fold = _folds(y, spawn(campaign.seed, campaign.round, "doubts"))
    X, proba = campaign.table.X[ids], np.zeros((len(ids), len(pool.classes)))
    for number in range(FOLDS):
        mine = fold == number
        if mine.any():
            seed = spawn_seed(campaign.seed, campaign.round, "doubts", number)
            more = beside(learner, campaign.table.X, pool.classes)
            model = learner.fit(X[~mine], y[~mine], seed, **more)
            proba[mine] = aligned_signal(model, "proba", X[mine], len(pool.classes))
    return proba


def _folds(y: Array, rng: np.random.Generator) -> Ids:
    """The fold of each item: those of a class are dealt out one by one, after shuffling."""
    shuffled = rng.permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    fold = np.empty(len(y), dtype=np.intp)
    fold[order] = np.arange(len(y)) % FOLDS
    return fold
