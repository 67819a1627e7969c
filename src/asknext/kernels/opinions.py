"""Opinions of several raters on items: grouped, compared in pairs, and Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from asknext.types import Array, Ids

BLOCK = 1 << 22
"""Numbers of a bootstrap in memory at a time."""


class Group(NamedTuple):
    """Items with equally many opinions: (u,) items, and (u, m) raters, ascending, with what each said."""

    items: Ids
    raters: Ids
    said: Ids


def groups(triples: Ids) -> Iterator[Group]:
    """Items by the number of opinions of them.

    Parameters
    ----------
    triples : (m, 3) whole numbers, an opinion a row: item, rater, category; a rater has one for an item.
    """
    triples = triples[np.lexsort((triples[:, 1], triples[:, 0]))]
    items, starts, sizes = np.unique(triples[:, 0], return_index=True, return_counts=True)
    for size in np.unique(sizes).tolist():
        mine = sizes == size
        rows = triples[starts[mine][:, None] + np.arange(size)]
        yield Group(items[mine], rows[:, :, 1], rows[:, :, 2])


def pairs(triples: Ids) -> dict[tuple[int, int], Ids]:
    """What any two raters said of the items that both of them know.

    Parameters
    ----------
    triples : as for `groups`.

    Returns
    -------
    By pair of raters, the smaller number first: (u, 2) categories, a row for each item.
    """
    parts = [np.empty((0, 4), dtype=np.intp)]
    for group in groups(triples):
        for pair in zip(*np.triu_indices(group.raters.shape[1], 1), strict=True):
            parts.append(np.column_stack([group.raters[:, pair], group.said[:, pair]]))
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    starts = np.flatnonzero((np.diff(rows[:, :2], axis=0, prepend=-1) != 0).any(axis=1))
    return {
        (int(part[0, 0]), int(part[0, 1])): part[:, 2:] for part in np.split(rows, starts) if len(part)
    }


def percent_agreement(triples: Ids) -> float | None:
    """The share of pairs of opinions of the same item that are equal; None without a pair.

    Parameters
    ----------
    triples : as for `groups`.
    """
    alike = total = 0
    for group in groups(triples):
        for i, j in zip(*np.triu_indices(group.said.shape[1], 1), strict=True):
            alike += int(np.count_nonzero(group.said[:, i] == group.said[:, j]))
            total += len(group.said)
    return alike / total if total else None


class Alpha(NamedTuple):
    """Krippendorff's alpha with the ends of its interval, and the number of items with several opinions."""

    value: float
    low: float
    high: float
    items: int


def krippendorff_alpha(
    triples: Ids, rng: np.random.Generator, draws: int = 1000, level: float = 0.95
) -> Alpha | None:
    """Agreement of raters beyond chance, whoever of them knows which item: 1 - D_o / D_e, nominal.

    D_o is how often two opinions of one item differ, an item counting by the number m of its opinions, and
    D_e how often two opinions differ that are drawn from all of them. Items with a single opinion count
    nowhere. The interval holds the middle of the alphas of items drawn with replacement; draws in which all
    opinions are the same have no alpha and are left out.

    Parameters
    ----------
    triples : as for `groups`; a missing opinion has no row.
    rng : draws the items anew.
    draws : how often.
    level : share of the draws within the interval.

    Returns
    -------
    At most 1, 0 at chance; None without an item with two opinions, and where all opinions are the same.

    Source
    ------
    Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: any number of raters,
    nominal, missing values. His bootstrap draws pairs of opinions; ours draws items, which are what would
    differ if the same were done again.
    """
    k = int(triples[:, 2].max(initial=0)) + 1
    patterns, disagreement, times = [], [], []
    for group in groups(triples):
        if (m := group.said.shape[1]) > 1:
            rows, count = np.unique(np.sort(group.said, axis=1), axis=0, return_counts=True)
            tally = np.zeros((len(rows), k))
            np.add.at(tally, (np.arange(len(rows))[:, None], rows), 1)
            patterns.append(tally)
            disagreement.append((m * m - (tally**2).sum(axis=1)) / (m - 1))
            times.append(count)
    if not patterns:
        return None
    tally, differ, count = np.concatenate(patterns), np.concatenate(disagreement), np.concatenate(times)
    items = int(count.sum())
    value = _alpha(count[None], tally, differ)[0]
    if np.isnan(value):
        return None
    step = max(1, BLOCK // len(count))
    again = [
        _alpha(rng.multinomial(items, count / items, size=min(step, draws - start)), tally, differ)
        for start in range(0, draws, step)
    ]
    low, high = np.nanquantile(np.concatenate([[value], *again]), [(1 - level) / 2, (1 + level) / 2])
    return Alpha(float(value), float(low), float(high), items)


def _alpha(times: Array, tally: Array, differ: Array) -> Array:
    """Alpha for each row of how often each pattern occurs; NaN where all opinions are the same."""
    each = times @ tally
    n = each.sum(axis=1)
    chance = (n**2 - (each**2).sum(axis=1)) / (n - 1)
    return np.divide(chance - times @ differ, chance, out=np.full(len(times), np.nan), where=chance > 0)
