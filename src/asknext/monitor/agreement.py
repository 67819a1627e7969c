"""Agreement: does the model say what the nearest labelled items say?"""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.kernels.assign import nearest_rows
from asknext.kernels.distances import as_points, blocks, centred, nearest
from asknext.types import Array, Floats, Ids


def raw(proba: Array, X: Any, known: Any, labels: Ids, neighbours: int = 1) -> float | None:
    """Share of items where model and nearest neighbours name the same class. Needs no labels but those given.

    A batch far below what a random batch reaches asks where the model goes against all that lies near.

    Parameters
    ----------
    proba : (m, k) class probabilities of the items, by the model before these items were labelled.
    X : (m, d) features of the items; known : (l, d) those of the labelled items, without these items.
    labels : (l,) class positions of the labelled items.
    neighbours : labelled items that vote; see `neighbour_classes`.

    Returns
    -------
    A number in [0, 1]; None without an item, a class or a labelled item.

    Source
    ------
    Abraham & Dreyfus-Schmidt 2020, "Rebuilding trust in active learning with actionable metrics", who call
    it kappa. One neighbour there; OpenAL (2022) lets five vote.
    """
    if not (proba.size and known.shape[0]):
        return None
    return float(np.mean(proba.argmax(axis=1) == neighbour_classes(X, known, labels, neighbours)))


def kappa(proba: Array, X: Any, known: Any, labels: Ids, neighbours: int = 1) -> float | None:
    """Agreement of model and nearest neighbours beyond chance. Needs no labels but those given.

    Parameters
    ----------
    proba, X, known, labels, neighbours : as for `raw`.

    Returns
    -------
    As `cohen_kappa`; None too where `raw` is None.
    """
    if not (proba.size and known.shape[0]):
        return None
    return cohen_kappa(proba.argmax(axis=1), neighbour_classes(X, known, labels, neighbours))


def cohen_kappa(one: Ids, other: Ids) -> float | None:
    """Agreement of two raters beyond chance, (p_o - p_e) / (1 - p_e).

    p_o is the share of items on which they agree, p_e the share that would agree if each named its classes as
    often as it does but at random.

    Parameters
    ----------
    one, other : (m,) class positions that two raters give to the same items.

    Returns
    -------
    A number in [-1, 1], 0 at chance; at most p_o. None without an item, and where both name one and the same
    class throughout, for then chance alone agrees always, and 0 / 0 tells nothing.

    Source
    ------
    Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    m = len(one)
    k = int(max(one.max(initial=0), other.max(initial=0))) + 1
    chance = int(np.bincount(one, minlength=k) @ np.bincount(other, minlength=k))  # m² p_e, a whole number
    if chance == m * m:
        return None
    observed = m * int(np.count_nonzero(one == other))
    return (observed - chance) / (m * m - chance)


def neighbour_classes(X: Any, known: Any, labels: Ids, neighbours: int = 1) -> Ids:
    """The class that most of the nearest labelled items carry.

    Parameters
    ----------
    X : (m, d) features of the items; known : (l, d) those of the labelled items, l at least 1; both dense or
        both CSR.
    labels : (l,) class positions of the labelled items.
    neighbours : how many vote, at least 1; with fewer labelled items, all of them. Of classes with equally
        many votes the one with the nearest voter wins.

    Returns
    -------
    (m,) class positions.
    """
    if not X.shape[0]:
        return np.empty(0, dtype=labels.dtype)
    items, centres = centred(as_points(X), as_points(known))
    voters = min(neighbours, known.shape[0])
    if voters == 1:
        return labels[nearest(items, centres)]
    named = np.empty(X.shape[0], dtype=labels.dtype)
    for part in blocks(X.shape[0], known.shape[0]):
        rows, distances = nearest_rows(centres, items[part], voters)
        named[part] = _majority(labels[rows], distances)
    return named


def _majority(votes: Ids, distances: Floats) -> Ids:
    """The most frequent class of each row; of several, the one that has the vote of the least distance."""
    votes = np.take_along_axis(votes, np.argsort(distances, axis=1, kind="stable"), axis=1)
    support = np.stack([np.sum(votes == vote[:, None], axis=1) for vote in votes.T], axis=1)
    return votes[np.arange(len(votes)), support.argmax(axis=1)]
