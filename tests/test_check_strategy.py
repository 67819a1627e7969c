"""The common check passes every strategy there is, and catches strategies that break a promise."""

# ruff: noqa: ARG001, ARG002 (rules of one signature need not use all of it)
from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from asknext.errors import AskNextError, MissingSignalError
from asknext.round import Round
from asknext.strategies import Score, Selection, Strategy, check_strategy, get, names
from asknext.strategies.badge import Badge
from asknext.strategies.entropy import Entropy
from asknext.strategies.least_confidence import LeastConfidence
from asknext.strategies.typiclust import TypiClust
from asknext.strategies.weighted_kmeans import WeightedKMeans


@pytest.mark.parametrize("name", names())
def test_every_strategy_keeps_its_promises(name: str) -> None:
    check_strategy(get(name))


@pytest.mark.parametrize(
    "strategy",
    [
        LeastConfidence(normalised=True),
        Entropy(normalised=True),
        TypiClust.published(),
        TypiClust(neighbours=1, max_clusters=2),
        WeightedKMeans(beta=1),
    ],
    ids=repr,
)
def test_so_they_do_with_other_parameters(strategy: Strategy) -> None:
    check_strategy(strategy)


Rule = Callable[[Strategy, Round, int, np.random.Generator], Selection]


@dataclass(frozen=True)
class Made(Strategy):
    """A strategy made of a rule, right or wrong."""

    rule: Rule
    needs: frozenset[str] = frozenset({"embedding"})
    seen: list[int] = field(default_factory=list)

    name = "made"
    family = "test"
    paper = "none"
    stochastic = True

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """What the rule says."""
        return self.rule(self, round, n, rng)


def right(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    """Candidates in random order; the embedding is read, and that is all."""
    round.read("embedding")
    return Selection(rng.permutation(round.candidates)[:n], memory={"asked": n})


def repeats(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(rng.choice(round.candidates, size=n))


def counts_candidates(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(np.arange(n))


def too_few(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(right(strategy, round, n, rng).ids[: max(1, n - 1)])


def fractions(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(right(strategy, round, n, rng).ids.astype(float))  # type: ignore[arg-type]


def a_list(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(right(strategy, round, n, rng).ids.tolist())  # type: ignore[arg-type]


def no_selection(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Any:
    return right(strategy, round, n, rng).ids


def all_scores(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(right(strategy, round, n, rng).ids, scores=np.zeros(len(round.candidates)))


def undefined_parts(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(right(strategy, round, n, rng).ids, parts={"density": np.full(n, np.nan)})


def undefined_scores(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    scores = np.arange(n, 0.0, -1.0)
    scores[:1] = np.nan
    return Selection(right(strategy, round, n, rng).ids, scores=scores)


def parts_of_some(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    density = np.full(n, np.nan)
    density[:1] = 1.0
    return Selection(right(strategy, round, n, rng).ids, parts={"density": density})


def own_generator(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return right(strategy, round, n, np.random.default_rng())


def global_numpy(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    np.random.rand()  # noqa: NPY002 (that is the fault)
    return right(strategy, round, n, rng)


def global_python(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    random.random()
    return right(strategy, round, n, rng)


def reseeds(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    np.random.seed(0)  # noqa: NPY002 (that is the fault)
    return right(strategy, round, n, rng)


def reseeds_python(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    random.seed(0)
    return right(strategy, round, n, rng)


def learns_in_secret(strategy: Made, round: Round, n: int, rng: np.random.Generator) -> Selection:
    strategy.seen.append(n)
    return right(strategy, round, n, rng)


def reads_more(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    round.read("proba")
    return right(strategy, round, n, rng)


def reads_past_the_round(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    round.signals.read("embedding", round.candidates)
    return Selection(rng.permutation(round.candidates)[:n])


def hides_nan(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    try:
        return right(strategy, round, n, rng)
    except MissingSignalError:
        raise
    except AskNextError:
        return Selection(round.candidates[:n])


def vague_about_nan(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    try:
        return right(strategy, round, n, rng)
    except MissingSignalError:
        raise
    except AskNextError as error:
        raise AskNextError("something is wrong with the data.") from error


def sorts_in_place(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    rng.shuffle(round.candidates)
    return right(strategy, round, n, rng)


def remembers_an_array(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    ids = right(strategy, round, n, rng).ids
    return Selection(ids, memory={"ids": ids})


def remembers_a_tuple(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    return Selection(right(strategy, round, n, rng).ids, memory={"best": (1, 2)})


def needs_its_memory(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    memory: Mapping[str, Any] = round.memory
    if memory:
        memory["weights"]
    return right(strategy, round, n, rng)


def writes_into_memory(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    if round.memory:
        round.memory["asked"] += 1  # type: ignore[index]
    return right(strategy, round, n, rng)


def needs_labels(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    round.read("embedding", round.labelled).max()
    return right(strategy, round, n, rng)


def asks_again(part: str) -> Rule:
    """Takes items that are none of its business any more for candidates."""

    def rule(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
        ids = np.concatenate([getattr(round, part), round.candidates])
        return Selection(ids[:n])

    return rule


def counts_labelled_classes(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    """Takes for granted that each class but the last has a label, as in a closed world from the second on."""
    sizes = np.bincount(round.y, minlength=len(round.classes))
    if round.index and sizes[-1]:
        raise ValueError("a class that came late")
    return right(strategy, round, n, rng)


def all_unasked(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    """Forgets that a round can be restricted, and asks for what it remembers of the pool."""
    everyone = np.setdiff1d(np.arange(48), round.asked)
    ids = everyone if n + 3 < len(round.candidates) < 19 else round.candidates
    return Selection(rng.permutation(ids)[:n])


def test_the_rule_that_the_others_break_is_right() -> None:
    check_strategy(Made(right))


def test_a_part_may_say_nothing_of_some_picks() -> None:
    check_strategy(Made(parts_of_some))


def test_every_strategy_is_shown_what_an_open_world_brings() -> None:
    """Items out of scope and pending, a class without a label, and a class that comes late, with one."""
    seen: list[Round] = []

    def looks(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
        seen.append(round)
        return right(strategy, round, n, rng)

    check_strategy(Made(looks))
    both = [round for round in seen if len(round.out_of_scope) and len(round.pending) and len(round.y)]
    assert any(len(round.classes) - 1 not in round.y for round in both)
    usual = both[0].classes
    late = [round for round in both if round.index and len(round.classes) > len(usual)]
    assert late
    assert all(len(usual) in round.y for round in late)
    assert any(not round.classes and len(round.out_of_scope) for round in seen), "first answers out of scope"


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (repeats, "distinct candidates"),
        (counts_candidates, "distinct candidates"),
        (too_few, "distinct candidates"),
        (fractions, "array of 6 integers"),
        (a_list, "array of 6 integers"),
        (no_selection, "fails on 'a mixed pool'"),
        (all_scores, "scores that are no array with one entry for each id"),
        (undefined_parts, "density with NaN"),
        (undefined_scores, "scores with NaN"),
        (own_generator, "other items for an equal generator"),
        (global_numpy, "global random generator"),
        (global_python, "global random generator"),
        (reseeds, "global random generator"),
        (reseeds_python, "global random generator"),
        (asks_again("pending"), "fails on 'a mixed pool': .*distinct candidates"),
        (asks_again("out_of_scope"), "fails on 'a mixed pool': .*distinct candidates"),
        (counts_labelled_classes, "fails on 'the round after, with a new class': .*came late"),
        (learns_in_secret, "changes its own parameters"),
        (reads_more, "reads what `needs` does not declare: .*'proba'"),
        (reads_past_the_round, "past round.read"),
        (hides_nan, "hides the error"),
        (vague_about_nan, "without naming 'embedding'"),
        (sorts_in_place, "read-only"),
        (remembers_an_array, "no JSON"),
        (remembers_a_tuple, "does not give back as it was"),
        (needs_its_memory, "'the round after, with a new class': KeyError"),
        (writes_into_memory, "changes the memory"),
        (needs_labels, "'no label yet, but classes': ValueError"),
        (all_unasked, "restricted to some of the candidates"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_promise_is_named(rule: Rule, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_strategy(Made(rule))


@dataclass(frozen=True)
class FirstCome(Score):
    """Asks in the order of the pool, which its author takes for no random thing."""

    name = "first-come"
    family = "test"
    paper = "none"

    def score(self, round: Round, ids: np.ndarray) -> np.ndarray:
        """Minus the position."""
        return -ids.astype(float)


def test_dependence_on_the_order_of_the_pool() -> None:
    with pytest.raises(AssertionError, match="in another order"):
        check_strategy(FirstCome())


def by_position(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
    """Draws for positions in the pool instead of for candidates."""
    size = len(round.candidates) + len(round.asked) + 100
    return Selection(round.candidates[np.argsort(rng.random(size)[round.candidates % size])[:n]])


def test_dependence_on_items_that_are_nobodys_business() -> None:
    with pytest.raises(AssertionError, match="put in between"):
        check_strategy(Made(by_position))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": None}, "has no `name`"),
        ({"paper": None}, "has no `paper`"),
        ({"needs": {"embedding"}}, "no frozenset"),
    ],
)
def test_what_a_strategy_must_say_of_itself(change: dict[str, Any], complaint: str) -> None:
    kind = type("Changed", (Badge,), change)
    with pytest.raises(AssertionError, match=complaint):
        check_strategy(kind())


def test_something_else_than_a_frozen_strategy() -> None:
    class Loose(Strategy):
        name, family, paper = "loose", "test", "none"

        def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
            return Selection(round.candidates[:n])

    with pytest.raises(AssertionError, match="frozen dataclass"):
        check_strategy(Loose())
    with pytest.raises(AssertionError, match="is no Strategy"):
        check_strategy("margin")  # type: ignore[arg-type]


def test_signals_that_the_check_does_not_know() -> None:
    """A plug-in's own signal is made up as one number for each item."""

    def by_price(strategy: Strategy, round: Round, n: int, rng: np.random.Generator) -> Selection:
        return Selection(round.candidates[np.argsort(round.read("price"))[:n]])

    check_strategy(replace(Made(by_price), needs=frozenset({"price"})))
