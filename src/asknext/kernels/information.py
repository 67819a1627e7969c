"""How much the outcome of a draw tells about which of several distributions it was drawn from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asknext.types import Array, Floats, Ids

BLOCK = 1 << 17  # probabilities in a block: few enough to stay in the processor's cache
TINY = 1e-300  # stands for a probability of 0, whose logarithm is multiplied by 0


class Worlds(NamedTuple):
    """What may have happened so far: each case's `mass` (s,), and the `belief` (s, m) in each member then."""

    mass: Floats
    belief: Floats


def ignorance(m: int) -> Worlds:
    """Nothing has happened, and all m members are equally likely."""
    return Worlds(np.ones(1), np.full((1, m), 1.0 / m))


def information(draws: Array, worlds: Worlds) -> Floats:
    """Mutual information between the outcome of each row and the member, in nats, on average over the cases.

    In one case it is H(sum_m b_m p_m) - sum_m b_m H(p_m), with b the belief and p_m the row's distribution by
    member m; for a single case with equal beliefs this is the Jensen–Shannon divergence of the p_m.

    Parameters
    ----------
    draws : (n, m, k) probabilities of k outcomes by m members.
    worlds : the cases.

    Returns
    -------
    (n,) numbers, at least 0.

    Source
    ------
    Houlsby et al. 2011, equation 2; Lin 1991.
    """
    n, m, k = draws.shape
    weight = worlds.mass @ worlds.belief
    gains = np.zeros(n)
    step = max(1, BLOCK // max(1, k * len(worlds.mass)))
    for start in range(0, n, step):
        table = draws[start : start + step].astype(np.float64, copy=False).transpose(1, 0, 2)
        flat = table.reshape(m, -1)
        mixed = worlds.mass @ _surprise(worlds.belief @ flat)
        alone = weight @ _surprise(flat)
        gains[start : start + step] = (mixed - alone).reshape(table.shape[1], k).sum(axis=1)
    return np.maximum(gains, 0.0)


def told(worlds: Worlds, draws: Array, limit: int, rng: np.random.Generator) -> Worlds:
    """The cases once the outcome of a row is known too: one for each old case and outcome.

    Where there would be more than `limit`, so many are drawn (systematic sampling) in proportion to what they
    can still contribute to any `information`, which is mass · H(belief), and are given the mass that leaves
    its mean unchanged. Cases in which the member is known contribute nothing and are dropped.

    Parameters
    ----------
    worlds : the cases before.
    draws : (m, k) the row's probabilities.
    limit : most cases kept.
    rng : places the sample, by one draw, only where there are too many cases.
    """
    joint = worlds.mass[:, None, None] * worlds.belief[:, None, :] * draws.T.astype(np.float64, copy=False)
    joint = joint.reshape(-1, joint.shape[2])
    mass = joint.sum(axis=1)
    joint, mass = joint[mass > 0], mass[mass > 0]
    belief = joint / mass[:, None]
    open_mass = mass * _surprise(belief).sum(axis=1)
    kept = np.flatnonzero(open_mass > 0)
    if len(kept) > limit:
        edges = np.cumsum(open_mass[kept])
        points = edges[-1] * (np.arange(limit) + rng.random()) / limit
        kept = kept[np.minimum(np.searchsorted(edges, points, side="right"), len(kept) - 1)]
        mass = np.where(open_mass > 0, edges[-1] / limit * mass / np.maximum(open_mass, TINY), 0.0)
    return Worlds(mass[kept], belief[kept])


def informative_rows(
    draws: Array, n: int, limit: int, rng: np.random.Generator, width: int = 256
) -> tuple[Ids, Floats]:
    """Take n times the row whose outcome tells most about the member, given the outcomes of those taken.

    A row tells less the more is known (the joint information is submodular), so what it told in an earlier
    round bounds what it tells now: rows are looked at in order of their bounds, until no bound is above the
    best row found. With sampled cases the bounds hold up to sampling error.

    Parameters
    ----------
    draws : (rows, m, k) probabilities of k outcomes by m members.
    n : how many, at most the number of rows.
    limit : most cases; up to so many joint outcomes the information is exact.
    rng : breaks ties and samples cases.
    width : rows looked at together.

    Returns
    -------
    (n,) rows in the order taken, and (n,) what each told when it was taken.

    Source
    ------
    Kirsch et al. 2019, "BatchBALD", algorithm 1; Minoux 1978 for the bounds.
    """
    worlds = ignorance(draws.shape[1])
    bounds = information(draws, worlds)
    taken, gains = np.empty(n, dtype=np.intp), np.empty(n)
    for step in range(n):
        order = np.lexsort((rng.random(len(bounds)), -bounds))[: len(bounds) - step]
        best, most = int(order[0]), -1.0
        for start in range(0, len(order), width):
            part = order[start : start + width]
            if most >= bounds[part[0]]:
                break
            if step:
                bounds[part] = information(draws[part], worlds)
            if bounds[part].max() > most:
                best = int(part[bounds[part].argmax()])
                most = bounds[best]
        taken[step], gains[step] = best, most
        bounds[best] = -1.0  # below any information: never taken again
        if step < n - 1:
            worlds = told(worlds, draws[best], limit, rng)
    return taken, gains


def _surprise(p: Array) -> Floats:
    """-p log p, with 0 log 0 = 0."""
    logs = np.maximum(p, TINY)
    np.log(logs, out=logs)
    logs *= p
    return np.negative(logs, out=logs)
