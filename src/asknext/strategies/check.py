"""The common check: what every strategy must do, whoever wrote it."""

from __future__ import annotations

import json
import random
from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy import sparse

from asknext.errors import AskNextError, MissingSignalError
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, UNSURE, Pool
from asknext.round import Round
from asknext.strategies.base import Selection, Strategy, choose
from asknext.strategies.situations import Situation, made_up, mixed, situations
from asknext.types import Ids


def check_strategy(strategy: Strategy) -> None:
    """Put a strategy through the situations that a campaign can bring, and check what it promises.

    It must choose exactly min(n, candidates) distinct candidates, the same ones for the same random
    generator, in every situation: duplicates, constant features, one class, no class, no label, items out of
    scope or pending, a class that appears late, a round after the first. It must speak of items by their
    position in the pool; it must not depend on their order, unless it is `stochastic`. It must read signals
    through `round.read`, declare them in `needs` and let the errors about them pass. It must leave itself,
    the round and the global random generators as they are.

    Parameters
    ----------
    strategy : the object to check. Signals are made up for it: known ones in their form, any other as one
        number in [0, 1] for each item.

    Raises
    ------
    AssertionError : a promise is broken; the sentence says which, and in which situation.
    """
    _check_declaration(strategy)
    before = _parameters(strategy)
    for case in situations(strategy.needs):
        _check_case(strategy, case)
    usual = mixed(strategy.needs)
    _check_next_round(strategy, usual)
    _check_restricted(strategy, usual)
    _check_positions(strategy, usual)
    if not strategy.stochastic:
        _check_order(strategy, usual)
    _check_sparse(strategy, usual)
    for name in sorted(strategy.needs):
        _check_undeclared(strategy, usual, name)
        for value in (np.nan, np.inf):
            _check_not_finite(strategy, usual, name, value)
    _must(_parameters(strategy) == before, strategy, "changes its own parameters while it selects")


def _check_declaration(strategy: Strategy) -> None:
    kind: Any = type(strategy)
    _must(isinstance(strategy, Strategy), strategy, "is no Strategy; derive it from Strategy or Score")
    frozen = getattr(kind, "__dataclass_params__", None)
    _must(frozen and frozen.frozen, strategy, "is no frozen dataclass; put @dataclass(frozen=True) above it")
    for name in ("name", "family", "paper", "cost"):
        given = isinstance(getattr(strategy, name, None), str)
        _must(given, strategy, f"has no `{name}`; give it as a class attribute, a text")
    _must(isinstance(strategy.needs, frozenset), strategy, "has `needs` that are no frozenset of names")


def _check_case(strategy: Strategy, case: Situation) -> None:
    selection = _select(strategy, case)
    wanted = min(case.n, len(Pool(case.state, case.classes).candidates))
    ids = selection.ids
    where = f"on '{case.title}'"
    integer = isinstance(ids, np.ndarray) and ids.dtype.kind in "iu" and ids.shape == (wanted,)
    _must(integer, strategy, f"returns {ids!r} as ids {where}; due is an array of {wanted} integers")
    for name, part in {"scores": selection.scores, **selection.parts}.items():
        aligned = part is None or (isinstance(part, np.ndarray) and part.shape[:1] == (wanted,))
        _must(aligned, strategy, f"returns {name} that are no array with one entry for each id {where}")
        some = np.any if name == "scores" else np.all  # a part may apply to some picks alone
        unknown = part is not None and part.dtype.kind == "f" and len(part) > 0 and bool(some(np.isnan(part)))
        _must(not unknown, strategy, f"returns {name} with NaN {where}")
    again = _select(strategy, case)
    _must(np.array_equal(again.ids, ids), strategy, f"chooses other items for an equal generator {where}")
    _must(_as_json(strategy, selection) == dict(selection.memory), strategy, _MEMORY)


def _check_next_round(strategy: Strategy, case: Situation) -> None:
    """The next round, with the memory of this one, and with one answer more of each kind and a new class."""
    selection = _select(strategy, case)
    state = case.state.copy()
    state[selection.ids] = np.resize([len(case.classes), 0, ANSWER_CODES[OUT_OF_SCOPE]], len(selection))
    X = case.columns.get("embedding", np.zeros((len(state), 1)))
    classes = (*case.classes, "late")
    columns = made_up(strategy.needs, X, len(classes))
    case = Situation("the round after, with a new class", state, classes, columns)
    _select(strategy, case, memory=_as_json(strategy, selection), index=1)


def _check_restricted(strategy: Strategy, case: Situation) -> None:
    case = replace(case, title="a round restricted to some of the candidates")
    round, _ = case.round(strategy.needs)
    _guarded(strategy, case, round.restrict(round.candidates[::2]))


def _check_positions(strategy: Strategy, case: Situation) -> None:
    """Items that are nobody's business, put in anywhere, shift the picks and change nothing else."""
    rng = np.random.default_rng(3)
    size = len(case.state) + 9
    new = np.sort(rng.permutation(size)[: len(case.state)])
    shifted = _scattered(case, new, size, "unsure items put in anywhere")
    moved = _select(strategy, shifted).ids
    _must(
        np.array_equal(moved, new[_select(strategy, case).ids]),
        strategy,
        "chooses other items once items that nobody asks about are put in between; "
        "ids must be positions in the pool, and only rows that the round names may be read",
    )


def _check_order(strategy: Strategy, case: Situation) -> None:
    """The same items in another order: the same picks."""
    new = np.random.default_rng(4).permutation(len(case.state))
    moved = _select(strategy, _scattered(case, new, len(new), "the same items in another order")).ids
    _must(
        np.array_equal(moved, new[_select(strategy, case).ids]),
        strategy,
        "chooses other items once the pool is in another order, though nothing is tied; "
        "use signals instead of positions, or declare it `stochastic = True`",
    )


def _scattered(case: Situation, new: Ids, size: int, title: str) -> Situation:
    """The case with item i at position new[i] of a pool of `size`; the others are unsure and far away."""
    state = np.full(size, ANSWER_CODES[UNSURE], dtype=np.int32)
    state[new] = case.state
    columns = {}
    for name, values in case.columns.items():
        columns[name] = np.full((size, *values.shape[1:]), 1e3)
        columns[name][new] = values
    return replace(case, title=title, state=state, columns=columns)


def _check_sparse(strategy: Strategy, case: Situation) -> None:
    """A sparse embedding is taken as it is, or refused in words."""
    if "embedding" not in strategy.needs:
        return
    columns = case.columns | {"embedding": sparse.csr_array(case.columns["embedding"])}
    case = replace(case, title="a sparse embedding", columns=columns)
    try:
        choose(strategy, case.round(strategy.needs)[0], case.n, np.random.default_rng(0))
    except AskNextError as error:
        _must("embedding" in str(error), strategy, f"refuses a sparse embedding without naming it: {error}")
    except Exception as error:
        raise AssertionError(_failed(strategy, case, error)) from error


def _check_undeclared(strategy: Strategy, case: Situation, name: str) -> None:
    """A signal that may not be read is not read."""
    round, reads = case.round(strategy.needs - {name})
    try:
        strategy.select(round, case.n, np.random.default_rng(0))
    except MissingSignalError:
        pass
    except Exception as error:
        raise AssertionError(_failed(strategy, case, error)) from error
    _must(name not in reads, strategy, f"reads the signal '{name}' past round.read")


def _check_not_finite(strategy: Strategy, case: Situation, name: str, value: float) -> None:
    columns = case.columns | {name: np.full_like(case.columns[name], value)}
    case = replace(case, title=f"the signal '{name}' full of {value}", columns=columns)
    round, reads = case.round(strategy.needs)
    try:
        choose(strategy, round, case.n, np.random.default_rng(0))
    except AskNextError as error:
        _must(name in str(error), strategy, f"refuses {value} without naming '{name}': {error}")
    except Exception as error:
        raise AssertionError(_failed(strategy, case, error)) from error
    else:
        _must(name not in reads, strategy, f"reads {value} in the signal '{name}' and hides the error")


def _select(strategy: Strategy, case: Situation, memory: Any = None, index: int = 0) -> Selection:
    return _guarded(strategy, case, case.round(strategy.needs, memory, index)[0])


def _guarded(strategy: Strategy, case: Situation, round: Round) -> Selection:
    """Ask the strategy; whatever it raises becomes an AssertionError, and global randomness must stand."""
    state = repr(np.random.get_state()), random.getstate()  # noqa: NPY002 (what is forbidden is looked at)
    told = json.dumps(dict(round.memory))
    try:
        selection = choose(strategy, round, case.n, np.random.default_rng(0))
    except MissingSignalError as error:
        raise AssertionError(f"{_who(strategy)} reads what `needs` does not declare: {error}") from error
    except Exception as error:
        raise AssertionError(_failed(strategy, case, error)) from error
    _must(isinstance(selection, Selection), strategy, f"returns {selection!r}, which is no Selection")
    now = repr(np.random.get_state()), random.getstate()  # noqa: NPY002
    _must(now == state, strategy, "draws from a global random generator; use only the one it is given")
    _must(json.dumps(dict(round.memory)) == told, strategy, "changes the memory it was given")
    return selection


_MEMORY = "returns memory that JSON does not give back as it was; use texts as keys, and lists, not tuples"


def _as_json(strategy: Strategy, selection: Selection) -> Any:
    try:
        return json.loads(json.dumps(dict(selection.memory), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{_who(strategy)} returns memory that is no JSON: {error}") from error


def _parameters(strategy: Strategy) -> str:
    return repr([getattr(strategy, field.name) for field in fields(strategy)])  # type: ignore[arg-type]


def _who(strategy: Strategy) -> str:
    return f"the strategy '{getattr(strategy, 'name', type(strategy).__name__)}'"


def _failed(strategy: Strategy, case: Situation, error: Exception) -> str:
    return f"{_who(strategy)} fails on '{case.title}': {type(error).__name__}: {error}"


def _must(kept: Any, strategy: Strategy, sentence: str) -> None:
    if not kept:
        raise AssertionError(f"{_who(strategy)} {sentence}.")
