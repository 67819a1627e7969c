"""One seed's division of the data: the classes in scope, the pool, the test items and the first labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import train_test_split

from asknext.bench.scenario import Scenario
from asknext.datasets.long_tail import long_tail
from asknext.errors import AskNextError
from asknext.plugins import find
from asknext.randomness import spawn, spawn_seed
from asknext.types import Array, Ids, Label


@dataclass(frozen=True)
class Split:
    """One seed's division of the data.

    Parameters
    ----------
    pool, test : positions of the items in the data, ascending; test items are in scope.
    scope : (k,) positions of the classes in scope among the classes of the data, ascending.
    initial : positions of the first labels within the pool.
    """

    pool: Ids
    test: Ids
    scope: Ids
    initial: Ids = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    def positions(self, y: Array) -> Ids:
        """Class positions among those in scope; -1 for items out of scope.

        Parameters
        ----------
        y : (n,) class positions among the classes of the data; -1 for items of none.
        """
        return among(y, self.scope)


def among(y: Array, scope: Ids) -> Ids:
    """Class positions among those in scope, see `Split.positions`."""
    place = np.full(max(int(y.max()), int(scope.max())) + 2, -1, dtype=np.intp)
    place[scope] = np.arange(len(scope))
    return place[y]  # -1 reads the last, which belongs to no class


def in_scope(scenario: Scenario, k: int, classes: Sequence[Label], seed: int) -> Ids:
    """Positions of the classes that are in scope for a seed, ascending.

    Parameters
    ----------
    scenario : says which.
    k : classes that there are.
    classes : (k,) their labels, where the scope is one of names.
    seed : of the run.

    Raises
    ------
    AskNextError : there are not so many, or none of that name.
    """
    scope = scenario.scope
    if scope is None:
        return np.arange(k)
    if isinstance(scope, int):
        if scope > k:
            raise AskNextError(f"--scope is {scope}, but there are {k} classes.")
        return np.sort(spawn(seed, "scope").choice(k, size=scope, replace=False))
    places = {str(label): j for j, label in enumerate(classes)}
    return np.unique([find("class", name, places) for name in scope[seed % len(scope)]])


def due_out_of_scope(inside: int, rate: float) -> int:
    """Items out of scope that make this share of a pool, beside those in scope: round(inside · τ / (1 - τ)).

    Source
    ------
    Park et al. 2022, "Meta-Query-Net": a pool of 20,000 items in scope grows to 22,222, 25,000, 33,333 and
    50,000 items with a share of 10, 20, 40 and 60 %.
    """
    return round(inside * rate / (1 - rate))


def shaped(pool: Ids, y: Array, scenario: Scenario, seed: int) -> Ids:
    """The pool as the scenario wants it: cut to a long tail, and with the items out of scope beside it.

    Parameters
    ----------
    pool : items in scope that are no test items.
    y : (n,) class positions among those in scope, of the whole data set; -1 out of scope.
    scenario, seed : what is wanted, and for which run.

    Raises
    ------
    AskNextError : there are too few items out of scope.
    """
    if scenario.long_tail is not None:
        rng, shuffled = spawn(seed, "long-tail"), scenario.long_tail_order == "shuffled"
        pool = pool[long_tail(y[pool], scenario.long_tail, rng, shuffled)]
    outside = np.flatnonzero(y < 0)
    if scenario.ood_rate is not None:
        due = due_out_of_scope(len(pool), scenario.ood_rate)
        if due > len(outside):
            raise AskNextError(
                f"--ood-rate {scenario.ood_rate} needs {due} items out of scope beside {len(pool)} in scope, "
                f"and there are {len(outside)}; give a lower rate."
            )
        outside = np.sort(spawn(seed, "out-of-scope").choice(outside, size=due, replace=False))
    return np.sort(np.concatenate([pool, outside]))


def first_labels(y: Array, n: int, scenario: Scenario, seed: int, stratified: bool = False) -> Ids:
    """Positions of the first labels in a pool: drawn at random, out of scope the same share as of the pool.

    Parameters
    ----------
    y : (p,) class positions of the pool items; -1 out of scope.
    n : how many, below p.
    scenario : says whether they are of a few classes only; these then have one item each at least.
    seed : of the run.
    stratified : draw those in scope by class.

    Raises
    ------
    AskNextError : the few classes have too few items.
    ValueError : they cannot be drawn by class.
    """
    inside, outside = np.flatnonzero(y >= 0), np.flatnonzero(y < 0)
    n_outside = round(n * len(outside) / len(y))
    rng = spawn(seed, "initial")
    if stratified:
        by = {"stratify": y[inside], "random_state": spawn_seed(seed, "initial")}
        drawn = np.asarray(train_test_split(inside, train_size=n - n_outside, **by)[0])
    elif scenario.known:
        drawn = _of_few_classes(y, n - n_outside, scenario.known, rng)
    else:
        drawn = rng.choice(inside, size=n - n_outside, replace=False)
    others = spawn(seed, "initial-out-of-scope").choice(outside, size=n_outside, replace=False)
    return np.concatenate([drawn, others])


def _of_few_classes(y: Array, n: int, known: int, rng: np.random.Generator) -> Ids:
    """n items of a few classes, one of each at least."""
    there = np.unique(y[y >= 0])
    if known > len(there):
        raise AskNextError(f"--known is {known}, but the pool holds {len(there)} classes.")
    of_known = [np.flatnonzero(y == c) for c in rng.choice(there, size=known, replace=False)]
    rest = np.concatenate(of_known)
    if not known <= n <= len(rest):
        raise AskNextError(
            f"the {n} first labels in scope must be of {known} classes with {len(rest)} items in the pool; "
            "change --initial or --known."
        )
    firsts = np.array([rng.choice(items) for items in of_known])
    return np.concatenate([firsts, rng.choice(np.setdiff1d(rest, firsts), size=n - known, replace=False)])
