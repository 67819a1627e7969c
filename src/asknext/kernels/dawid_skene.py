"""Dawid and Skene's model: what items truly are, and how each rater errs, learnt from opinions alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from asknext.kernels.opinions import groups
from asknext.types import Array, Ids

ROUNDS = 500
"""Steps at most; tens are the rule."""

TOLERANCE = 1e-6


class DawidSkene(NamedTuple):
    """What the model found.

    Parameters
    ----------
    items : (u,) the items with an opinion, ascending.
    categories : (u,) the likeliest category of each.
    p : (u,) its probability.
    confusion : (r, k, k) for each rater and true category, the probabilities of what the rater says.
    shares : (k,) how frequent the categories are.
    """

    items: Ids
    categories: Ids
    p: Array
    confusion: Array
    shares: Array


def dawid_skene(triples: Ids, raters: int, k: int, smoothing: float = 1.0) -> DawidSkene:
    """The likeliest categories of items, each opinion weighed by how far its rater is to be trusted.

    Expectation-maximisation from the shares of the votes on: given what the items probably are, count how
    each rater errs; given that, work out what the items probably are. Items on which the same raters said the
    same are worked out once.

    Parameters
    ----------
    triples : (m, 3) whole numbers, an opinion a row: item, rater, category; a missing opinion has no row.
    raters, k : number of raters and of categories.
    smoothing : opinions that each rater is taken to have given of each category besides, half of them right
        and half spread evenly, so that few opinions decide little; 0 gives the published maximum likelihood.

    Source
    ------
    Dawid & Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm",
    equations 2.3 to 2.5; the smoothing makes it the mode of a posterior with a Dirichlet prior.
    """
    parts = list(groups(triples))
    patterns: list[sparse.csr_matrix] = []
    times, places = [], []
    for group in parts:
        codes = group.raters * k + group.said
        rows, place, count = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
        places.append(place.ravel() + sum(pattern.shape[0] for pattern in patterns))
        patterns.append(_incidence(rows, raters * k))
        times.append(count)
    if not parts:
        return DawidSkene(*(np.empty(0, dtype=np.intp),) * 2, np.empty(0), *_nothing(raters, k))
    said, count = sparse.vstack(patterns, format="csr"), np.concatenate(times)[:, None]
    votes = said @ np.tile(np.eye(k), (raters, 1))
    belief = votes / votes.sum(axis=1, keepdims=True)
    prior = smoothing * (np.eye(k) + 1 / k) / 2
    for _ in range(ROUNDS):
        errs = (said.T @ (count * belief)).reshape(raters, k, k) + prior
        errs /= np.maximum(errs.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        shares = (count * belief).sum(axis=0) + smoothing / k
        shares /= shares.sum()
        before, belief = belief, _belief(said, errs.reshape(-1, k), shares)
        if np.abs(belief - before).max() < TOLERANCE:
            break
    items, place = np.concatenate([group.items for group in parts]), np.concatenate(places)
    order = np.argsort(items)
    best, place = belief.argmax(axis=1), place[order]
    return DawidSkene(
        items[order], best[place], belief.max(axis=1)[place], errs.transpose(0, 2, 1), shares
    )


def _belief(said: sparse.csr_matrix, errs: Array, shares: Array) -> Array:
    """The probabilities (p, k) of the categories of each pattern of opinions."""
    tiny = np.finfo(float).tiny
    odds = said @ np.log(np.maximum(errs, tiny)) + np.log(np.maximum(shares, tiny))
    odds = np.exp(odds - odds.max(axis=1, keepdims=True))
    belief: Array = odds / odds.sum(axis=1, keepdims=True)
    return belief


def _incidence(rows: Ids, width: int) -> sparse.csr_matrix:
    """Which of `width` opinions make up each pattern."""
    n, m = rows.shape
    return sparse.csr_matrix((np.ones(n * m), rows.ravel(), np.arange(0, n * m + 1, m)), shape=(n, width))


def _nothing(raters: int, k: int) -> tuple[Array, Array]:
    return np.tile(np.eye(k) / 2 + 1 / (2 * max(k, 1)), (raters, 1, 1)), np.full(k, 1 / max(k, 1))
