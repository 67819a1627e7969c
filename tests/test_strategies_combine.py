"""Combinations: what the parts see, what they remember, and that the batch is what the rule says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

import asknext
from asknext import strategies
from asknext.errors import AskNextError, MissingSignalError
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Selection, Strategy, check_strategy, choose, get
from asknext.strategies.combine import Mix, Prefilter, Subsample, Switch, labels_per_class
from asknext.strategies.constraints import Deduplicate, Quota
from asknext.strategies.cost import Budget, Cost
from asknext.strategies.steps import Steps

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
PROBA = RNG.dirichlet(np.ones(3), size=60)
MARGIN, ENTROPY, KMEANS, RANDOM = map(get, ("margin", "entropy", "kmeans", "random"))


def choose_from(strategy: Strategy, n: int, seed: int = 0, **signals: np.ndarray) -> Selection:
    columns = {"proba": PROBA, **signals}
    rows = columns.pop("embedding", X)
    return asknext.select(rows, n, strategy, proba=columns.pop("proba"), signals=columns, seed=seed)


@dataclass(frozen=True)
class Watcher(Strategy):
    """Asks the first candidates, remembers how often it was asked, and notes what it was shown."""

    name = "watcher"
    family = "test"
    paper = ""

    seen: list[Round]

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:  # noqa: ARG002
        self.seen.append(round)
        return Selection(round.candidates[:n], memory={"calls": round.memory.get("calls", 0) + 1})


@pytest.mark.parametrize(
    "strategy",
    [
        Subsample(get("badge"), 10),
        Steps(KMEANS, 2),
        Prefilter(MARGIN, KMEANS, 3),
        Prefilter(KMEANS, MARGIN, 1),
        Switch(get("typiclust"), MARGIN, 1),
        Switch(get("typiclust"), MARGIN, labels_per_class(1)),
        Switch(KMEANS, MARGIN, lambda r: r.read("proba").max() > 0.9 if r.classes else False,
               frozenset({"proba"})),
        Mix([MARGIN, RANDOM], [0.8, 0.2]),
        Mix([MARGIN, KMEANS, Prefilter(ENTROPY, get("typiclust"), 2)]),
        Deduplicate(MARGIN),
        Deduplicate(get("typiclust"), 1.0),
        Deduplicate(KMEANS, 100.0),
        Quota(MARGIN, 0.3),
        Quota(get("badge"), 1),
        Cost(MARGIN),
        Budget(MARGIN, 1.5),
        Budget(KMEANS, 0.0),
        Deduplicate(Quota(Mix([MARGIN, RANDOM]), 2), 0.3),
    ],
    ids=lambda strategy: strategy.name,
)  # fmt: skip
def test_common_check(strategy: Strategy) -> None:
    check_strategy(strategy)


def test_declares_what_its_parts_need() -> None:
    made = Prefilter(MARGIN, Quota(KMEANS, 2, groups="site"))
    assert made.needs == {"proba", "embedding", "site"}
    assert made.name == "prefilter(margin, quota(kmeans))"
    assert made.stochastic
    assert not Prefilter(MARGIN, ENTROPY).stochastic
    assert MARGIN.needs == {"proba"}  # the class is left as it was
    with pytest.raises(MissingSignalError, match=r"'prefilter\(margin, quota\(kmeans\)\)' needs .*'site'"):
        choose_from(made, 3)


def test_building_blocks_are_objects_without_names() -> None:
    assert not {"mix", "switch", "prefilter", "power", "cost"} & set(strategies.names())
    assert strategies.Mix is Mix
    with pytest.raises(AskNextError, match=r"Subsample was given 'margin'; give strategy objects"):
        Subsample("margin", 10)  # type: ignore[arg-type]


def test_a_part_reads_only_what_it_declares() -> None:
    watcher = Watcher([])
    choose_from(Mix([watcher, MARGIN]), 4)
    assert watcher.seen[0].declared == frozenset()


def test_subsample_shows_a_random_part() -> None:
    watcher = Watcher([])
    strategy = Subsample(watcher, 20)
    for seed in range(200):
        choose_from(strategy, 5, seed)
    assert {len(view.candidates) for view in watcher.seen} == {20}
    shown = np.bincount(np.concatenate([view.candidates for view in watcher.seen]), minlength=60)
    assert abs(shown - 200 / 3).max() < 4.5 * np.sqrt(200 * 2 / 9)
    assert len(choose_from(Subsample(MARGIN, 2), 5)) == 5


def test_prefilter_keeps_the_best_of_the_first() -> None:
    watcher = Watcher([])
    choose_from(Prefilter(MARGIN, watcher, 2.5), 4)
    assert set(watcher.seen[0].candidates) == set(choose_from(MARGIN, 10).ids)


def test_prefilter_of_weighted_kmeans_is_its_own_filter() -> None:
    first = choose_from(Prefilter(MARGIN, get("weighted-kmeans"), 10), 4).ids
    assert set(first) <= set(choose_from(MARGIN, 40).ids)


def test_switch_by_round_and_memories_apart() -> None:
    first, then = Watcher([]), Watcher([])
    strategy = Switch(first, then, 2)
    memory: dict[str, object] = {}
    for index in range(4):
        chosen = asknext.select(X, 3, strategy, index=index, memory=memory)
        memory = dict(chosen.memory)
    assert (len(first.seen), len(then.seen)) == (2, 2)
    assert memory == {"first": {"calls": 2}, "then": {"calls": 2}, "switched": True}


def test_switch_has_no_way_back() -> None:
    strategy = Switch(RANDOM, MARGIN, lambda round: round.index == 1)
    memory: dict[str, object] = {}
    for index, expected in enumerate([False, True, True]):
        memory = dict(asknext.select(X, 3, strategy, proba=PROBA, index=index, memory=memory).memory)
        assert memory["switched"] is expected


def test_switch_by_labels_per_class() -> None:
    strategy = Switch(get("k-center"), MARGIN, labels_per_class(2))
    for per_class, switched in ((1, False), (2, True)):
        y = np.repeat([0, 1, 2], per_class)
        chosen = asknext.select(X, 3, strategy, proba=PROBA, labelled=np.arange(len(y)), y=y)
        assert chosen.memory["switched"] is switched


def test_switch_by_a_signal_must_declare_it() -> None:
    sure = Switch(RANDOM, MARGIN, lambda round: round.read("proba").max() > 2, frozenset({"proba"}))
    assert choose_from(sure, 3).memory["switched"] is False
    undeclared = Switch(RANDOM, KMEANS, lambda round: round.read("proba").max() > 2)
    with pytest.raises(MissingSignalError, match="'proba' is read but not declared"):
        choose_from(undeclared, 3)


def test_mix_takes_the_best_of_each_in_turns() -> None:
    chosen = choose_from(Mix([MARGIN, ENTROPY]), 10)
    assert Counter(chosen.parts["strategy"]) == {"margin": 5, "entropy": 5}
    by_margin = chosen.ids[chosen.parts["strategy"] == "margin"]
    assert by_margin.tolist() == choose_from(MARGIN, 5).ids.tolist()
    by_entropy = chosen.ids[chosen.parts["strategy"] == "entropy"].tolist()
    order = [i for i in choose_from(ENTROPY, 60).ids if i not in by_margin]
    assert by_entropy == order[:5]
    assert chosen.parts["strategy"].tolist() == ["margin", "entropy"] * 5


def test_mix_meets_shares_on_average() -> None:
    strategy = Mix([MARGIN, RANDOM], [9, 1])
    counts = [(choose_from(strategy, 4, seed).parts["strategy"] == "random").sum() for seed in range(500)]
    assert set(counts) == {0, 1}
    assert abs(np.mean(counts) - 0.4) < 4 * np.sqrt(0.24 / 500)


def test_mix_shows_earlier_picks_as_pending() -> None:
    watcher = Watcher([])
    chosen = choose_from(Mix([MARGIN, watcher], [1, 1]), 6)
    assert set(watcher.seen[0].pending) == set(chosen.ids[chosen.parts["strategy"] == "margin"])


@pytest.mark.parametrize("shares", [(1.0,), (-1.0, 2.0), (0.0, 0.0)])
def test_mix_refuses_shares(shares: tuple[float, ...]) -> None:
    with pytest.raises(AskNextError, match="give one share for each strategy"):
        Mix([MARGIN, RANDOM], shares)


def test_parts_have_generators_of_their_own() -> None:
    """Two equal random parts do not choose by the same numbers, and equal seeds repeat themselves."""
    watchers = Mix([Subsample(Watcher([]), 30), Subsample(Watcher([]), 30)])
    a, b = (part.strategy.seen for part in watchers.strategies)  # type: ignore[attr-defined]
    first, again = choose_from(watchers, 4, 1).ids, choose_from(watchers, 4, 1).ids
    assert first.tolist() == again.tolist()
    assert set(a[0].candidates) != set(b[0].candidates)


def test_deduplicate_asks_copies_once() -> None:
    rows = np.repeat(X[:6], 10, axis=0)
    proba = np.repeat(PROBA[:6], 10, axis=0)
    chosen = choose_from(Deduplicate(MARGIN), 6, embedding=rows, proba=proba)
    assert sorted(chosen.ids // 10) == list(range(6))
    more = choose_from(Deduplicate(MARGIN), 8, embedding=rows, proba=proba)
    assert more.ids[:6].tolist() == chosen.ids.tolist()
    pool = Pool.fresh(60, ["a"])
    pool.state[0] = 0  # a copy of items 1 to 9 is labelled
    view = Round.of(pool, Signals(60, {"embedding": rows, "proba": proba}), ())
    left = choose(Deduplicate(MARGIN), view, 5, np.random.default_rng(0))
    assert sorted(left.ids // 10) == [1, 2, 3, 4, 5]


def test_deduplicate_keeps_its_distance() -> None:
    chosen = choose_from(Deduplicate(MARGIN, 1.2), 8).ids
    expected: list[int] = []
    for i in choose_from(MARGIN, 60).ids:
        if all(np.linalg.norm(X[i] - X[j]) > 1.2 for j in expected):
            expected.append(int(i))
    assert chosen.tolist() == expected[:8]


def test_quota_of_each_group() -> None:
    group = np.repeat([5, 7, 9], [50, 6, 4])
    chosen = choose_from(Quota(MARGIN, 4), 10, group=group).ids
    assert Counter(group[chosen]).most_common(1)[0][1] == 4
    expected, counts = [], Counter()
    for i in choose_from(MARGIN, 60).ids:
        if counts[group[i]] < 4:
            counts[group[i]] += 1
            expected.append(int(i))
    assert chosen.tolist() == expected[:10]
    assert Counter(group[choose_from(Quota(MARGIN, 0.5), 10, group=group).ids])[5] == 5
    assert len(choose_from(Quota(MARGIN, 1), 10, group=group)) == 10  # the rule yields


@pytest.mark.parametrize("most", [0, 1.5, -1])
def test_quota_must_make_sense(most: float) -> None:
    with pytest.raises(AskNextError, match="give a whole number of items, or a share"):
        Quota(MARGIN, most)


def test_cost_divides_the_score() -> None:
    cost = RNG.random(60) + 0.1
    worth = choose_from(MARGIN, 60)
    expected = np.empty(60)
    expected[worth.ids] = worth.scores
    chosen = choose_from(Cost(MARGIN), 60, cost=cost)
    assert chosen.ids.tolist() == np.argsort(-expected / cost).tolist()
    with pytest.raises(AskNextError, match=r"'cost' is 0.0 for item 0; costs must lie above 0"):
        choose_from(Cost(MARGIN), 3, cost=np.zeros(60))


@pytest.mark.parametrize("budget", [3.0, 4.0, 8.0, 100.0])
def test_budget_is_kept_and_used(budget: float) -> None:
    cost = np.random.default_rng(1).integers(1, 9, size=60) / 4
    chosen = choose_from(Budget(MARGIN, budget), 8, cost=cost).ids
    assert cost[chosen].sum() <= budget
    expected: list[int] = []
    for i in choose_from(MARGIN, 60).ids:  # an item is taken if the cheapest others fit beside it
        others = np.sort([cost[j] for j in range(60) if j != i and j not in expected])
        fill = others[: 8 - len(expected) - 1].sum()
        if cost[expected].sum() + cost[i] + fill <= budget and len(expected) < 8:
            expected.append(int(i))
    assert chosen.tolist() == expected


def test_budget_too_small_takes_the_cheapest() -> None:
    cost = np.random.default_rng(1).permutation(60) + 1.0
    chosen = choose_from(Budget(RANDOM, 3.0), 5, cost=cost).ids
    assert sorted(cost[chosen]) == [1, 2, 3, 4, 5]


def test_scores_as_amounts_must_not_be_negative() -> None:
    @dataclass(frozen=True)
    class Debt(strategies.Score):
        name = "debt"
        family = "test"
        paper = ""

        def score(self, round: Round, ids: np.ndarray) -> np.ndarray:  # noqa: ARG002
            return -1.0 - ids

    with pytest.raises(AskNextError, match="the strategy 'debt' gives scores down to -60"):
        choose_from(Cost(Debt()), 3, cost=np.ones(60))


def test_the_first_step_is_what_is_asked_where_no_more_is_wanted() -> None:
    """k-means of 20 spreads its first items over 20 clusters; of steps, the first 5 are those of 5."""
    steps = choose_from(Steps(KMEANS, 5), 20)
    assert steps.ids[:5].tolist() == choose_from(KMEANS, 5).ids.tolist()
    assert steps.ids.tolist() != choose_from(KMEANS, 20).ids.tolist()
    assert len(set(steps.ids)) == 20


def test_the_second_step_sees_the_first_as_pending_and_what_it_remembers() -> None:
    watcher = Watcher([])
    chosen = choose_from(Steps(watcher, 3), 10)
    first, then = watcher.seen
    assert first.pending.tolist() == []
    assert then.pending.tolist() == chosen.ids[:3].tolist()
    assert not set(chosen.ids[:3]) & set(then.candidates)
    assert then.memory == {"calls": 1}
    assert chosen.memory == {"calls": 2}


def test_steps_go_by_the_name_of_the_strategy_and_keep_scores_and_parts() -> None:
    steps = Steps(get("typiclust"), 2)
    chosen = choose_from(steps, 6)
    assert (steps.name, steps.family) == ("typiclust", get("typiclust").family)
    assert all(len(values) == 6 for values in chosen.parts.values())
    assert chosen.parts
    assert len(choose_from(Steps(MARGIN, 2), 6).scores) == 6
    with pytest.raises(AskNextError, match="the size of a step is 0"):
        Steps(MARGIN, 0)
