"""TAILOR and ALBL: whom they pull, what they learn from answers, and that nothing is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import asknext
from asknext.errors import AskNextError
from asknext.pool import OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Selection, Strategy, check_strategy, get
from asknext.strategies.albl import Albl
from asknext.strategies.bandit import Bandit, Rankings
from asknext.strategies.constraints import Deduplicate
from asknext.strategies.mqnet import MQNet
from asknext.strategies.tailor import Tailor, drawn, values

SIZE = 40
CLASSES = ("a", "b", "c")
PROBA = np.random.default_rng(0).dirichlet(np.ones(3), size=SIZE)
COLUMNS = {"proba": PROBA, "embedding": np.random.default_rng(1).normal(size=(SIZE, 3))}


@dataclass(frozen=True)
class Take(Strategy):
    """Asks the first candidates from an item on, then the others; remembers how often it was asked."""

    name = "take"
    family = "test"
    paper = ""
    needs = frozenset({"proba"})

    start: int = 0

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:  # noqa: ARG002
        """The n first ones."""
        ids = round.candidates
        order = np.concatenate([ids[ids >= self.start], ids[ids < self.start]])
        return Selection(order[:n], memory={"calls": round.memory.get("calls", 0) + 1})


TWO = (Take(0), Take(20))


def view(
    answers: dict[int, Any] | None = None,
    memory: Any = None,
    index: int = 0,
    classes: Sequence[str] = CLASSES,
    keys: Any = None,
) -> Round:
    """A round in which these items have these answers: a class, OUT_OF_SCOPE, or "pending"."""
    state = np.full(SIZE, -1, dtype=np.int32)
    for item, answer in (answers or {}).items():
        state[item] = {"pending": -2, OUT_OF_SCOPE: -3}.get(answer) or list(classes).index(answer)
    proba = PROBA[:, : len(classes)] / PROBA[:, : len(classes)].sum(axis=1, keepdims=True)
    signals = Signals(SIZE, COLUMNS | {"proba": proba})
    return Round.of(Pool(state, tuple(classes)), signals, COLUMNS, index, memory, keys)


def ask(strategy: Bandit, round: Round, n: int = 6, seed: int = 0) -> Selection:
    return strategy.select(round, n, np.random.default_rng(seed))


def after(chosen: Selection) -> Any:
    """The memory as it comes back from the log."""
    return json.loads(json.dumps(dict(chosen.memory)))


def counts(strategy: Tailor, round: Round) -> np.ndarray:
    """What the arms' answers count, without the prior."""
    memory = round.memory
    since = dict(memory["since"])
    first = np.array([since.get(key, round.index) for key in round.keys])
    alpha = strategy._counts(round, memory["picks"], first)
    total = alpha - alpha.min(axis=0)  # an arm that never had such an answer shows the prior
    return np.asarray(total)


@pytest.mark.parametrize(
    "strategy",
    [
        Tailor(), Albl(), Tailor((MQNet(), get("random"))), Albl((MQNet(),), horizon=3),
        Tailor((get("margin"), get("kmeans")), discount=1.0), Deduplicate(Tailor(), 0.5),
        Deduplicate(Albl(), 0.5),
    ],
    ids=lambda strategy: strategy.name,
)  # fmt: skip
def test_common_check(strategy: Any) -> None:
    check_strategy(strategy)


def test_they_are_found_by_their_names() -> None:
    assert get("thompson") == Tailor()
    assert get("albl(horizon=300)") == Albl(horizon=300)
    assert get("tailor").needs == get("albl").needs == {"proba", "embedding"}
    assert get("tailor(arms=['margin', 'k-center'])").arms == (get("margin"), get("k-center"))
    assert list(Albl(TWO).parts.values()) == [*TWO, get("random")]


def test_an_arm_passes_over_what_others_took() -> None:
    rankings = Rankings([[3, 1, 2], [1, 3, 5]])
    assert [rankings.take(arm) for arm in (0, 1, 1)] == [3, 1, 5]
    assert rankings.next(0) == 2


@pytest.mark.parametrize("make", [Tailor, Albl])
def test_each_arm_is_asked_once_a_batch_and_keeps_its_own_memory(make: Any) -> None:
    first = ask(make(TWO), view({0: "a"}))
    second = ask(make(TWO), view({0: "a"}, after(first), 1))
    assert [after(second)[key] for key in "01"] == [{"calls": 2}] * 2
    items = [set(range(1, 7)), set(range(20, 26))]
    assert set(first.ids.tolist()) <= items[0] | items[1] | (set(range(SIZE)) if make is Albl else set())


@pytest.mark.parametrize("make", [Tailor, Albl])
def test_what_other_arms_brought_is_no_lesson(make: Any) -> None:
    """The campaign goes on with other arms: it starts anew, and what is noted of the old ones is left."""
    answers = {0: "a"}
    memory = after(ask(make(TWO), view(answers)))
    answers |= dict.fromkeys(memory.get("picks", [{"ids": []}])[0]["ids"], "b")
    other = make((Take(5), get("margin"), get("random")))
    fresh, later = (ask(other, view(answers, kept, 1)) for kept in ({}, memory))
    assert after(fresh) == after(later)


@pytest.mark.parametrize("make", [Tailor, Albl])
def test_without_a_label_it_asks_what_needs_none(make: Any) -> None:
    assert set(ask(make(), view(classes=())).parts["arm"]) == {"typiclust"}
    assert set(ask(make(), view({1: OUT_OF_SCOPE}, index=1)).parts["arm"]) == {"typiclust"}
    assert len(set(ask(make(), view({1: "a"}), 20).parts["arm"])) > 2
    assert set(ask(make(TWO), view(), 20).parts["arm"]) == {"take"}


# ---------------------------------------------------------------- TAILOR


def test_what_an_answer_is_worth() -> None:
    """One over the labels of the class, negative above half of them; a new class 1, out of scope 0."""
    answers = {0: "a", 1: "a", 2: "a", 3: "b", 4: OUT_OF_SCOPE, 5: OUT_OF_SCOPE}
    np.testing.assert_allclose(values(view(answers)), [-1 / 3, 1, 1, 1, 0])
    np.testing.assert_allclose(values(view(answers | {6: "b", 7: "b"})), [1 / 3, 1 / 3, 1, 1, 0])
    np.testing.assert_array_equal(values(view(classes=())), [1, 0])


def test_draws_are_of_dirichlet_distributions() -> None:
    """With one cell of worth 1 and two arms, the chance of each is that of one beta draw above another."""
    alpha, rng = np.array([[2.0, 5.0], [3.0, 4.0]]), np.random.default_rng(0)
    share = np.mean([drawn(alpha, np.array([1.0, 0.0]), rng) for _ in range(4000)])
    betas = np.random.default_rng(1).beta([[2, 3]], [[5, 4]], size=(200_000, 2))
    assert share == pytest.approx((betas[:, 1] > betas[:, 0]).mean(), abs=0.03)


def test_answers_count_for_the_arm_that_asked_and_less_from_round_to_round() -> None:
    strategy = Tailor(TWO)
    record = {"round": 0, "ids": [1, 2, 20, 21, 22], "arms": [0, 0, 1, 1, 1]}
    memory = {"picks": [record], "since": [[key, 0] for key in CLASSES]}
    answers = {1: "a", 2: "a", 20: "b", 21: OUT_OF_SCOPE, 22: "pending"}
    expected = np.array([[2, 0, 0, 0, 0], [0, 1, 0, 0, 1]])
    for index in (1, 2, 5):
        found = counts(strategy, view(answers, memory, index))
        np.testing.assert_allclose(found, 0.9 ** (index - 1) * expected)
    late = counts(strategy, view(answers | {22: "c"}, memory, 2))
    np.testing.assert_allclose(late, 0.9 * (expected + np.outer([0, 1], [0, 0, 1, 0, 0])))
    np.testing.assert_allclose(counts(Tailor(TWO, discount=1), view(answers, memory, 9)), expected)


def test_priors_as_published_and_shares_for_what_is_new() -> None:
    """A class starts with 1 and 1 that shrinks; new classes and out of scope with their share so far."""
    memory = {"picks": [{"round": 0, "ids": [1, 2, 20], "arms": [0, 0, 0]}], "since": [["a", 0]]}
    round = view({1: "a", 2: "b", 20: OUT_OF_SCOPE}, memory, 1, ("a", "b"))
    alpha = Tailor(TWO)._counts(round, memory["picks"], np.array([0, 1]))
    np.testing.assert_allclose(alpha[1], [1.9, 1.9, 2 / 4, 2 / 4])
    np.testing.assert_allclose(alpha[0] - alpha[1], [1, 0, 1, 1])


def test_a_class_is_new_once_and_for_the_arm_that_asked_it_first() -> None:
    memory = {"picks": [{"round": 0, "ids": [20, 1, 2], "arms": [1, 0, 0]}], "since": [["a", 0]]}
    round = view({20: "b", 1: "b", 2: "a"}, memory, 1, ("a", "b"))
    np.testing.assert_allclose(counts(Tailor(TWO), round), [[1, 1, 0, 0], [0, 0, 1, 0]])
    kept = after(ask(Tailor(TWO), view({20: "b"}, memory | {"arms": ["take", "take"]}, 1, ("a", "b"))))
    assert kept["since"] == [["a", 0], ["b", 1]]


def test_where_no_class_was_known_finding_one_is_no_merit() -> None:
    picks = [{"round": 0, "ids": [1, 20], "arms": [0, 0]}, {"round": 1, "ids": [21], "arms": [1]}]
    memory = {"picks": picks, "since": [["a", 1], ["b", 1]]}
    round = view({1: "a", 20: "b", 21: "c"}, memory, 2)
    np.testing.assert_allclose(counts(Tailor(TWO), round), [[0.9, 0.9, 0, 0, 0], [0, 0, 0, 1, 0]])


def test_classes_that_are_renamed_or_merged() -> None:
    """Names change nothing; what was merged away counts for what it is now, and does so from the start."""
    record = {"round": 0, "ids": [1, 2, 20], "arms": [0, 0, 1]}
    memory = {"picks": [record], "since": [[0, 0], [1, 0], [2, 0]]}
    before = view({1: "a", 2: "b", 20: "c"}, memory, 1, keys=(0, 1, 2))
    named = view({1: "x", 2: "b", 20: "c"}, memory, 1, ("x", "b", "c"), keys=(0, 1, 2))
    np.testing.assert_array_equal(counts(Tailor(TWO), before), counts(Tailor(TWO), named))
    kept = memory | {"arms": ["take", "take"]}
    named = view({1: "x", 2: "b", 20: "c"}, kept, 3, ("x", "b", "c"), keys=(0, 1, 2))
    assert after(ask(Tailor(TWO), named))["since"] == memory["since"]
    merged = view({1: "b", 2: "b", 20: "c"}, memory, 1, ("b", "c"), keys=(1, 2))
    np.testing.assert_array_equal(counts(Tailor(TWO), merged), [[2, 0, 0, 0], [0, 1, 0, 0]])


def test_a_batch_in_parts_and_an_item_asked_again() -> None:
    """Parts have the same round; an item that was passed over counts for who asked it in the end."""
    picks = [{"round": 0, "ids": [1, 20], "arms": [0, 1]}, {"round": 0, "ids": [20], "arms": [0]}]
    memory = {"picks": picks, "since": [[key, 0] for key in CLASSES]}
    found = counts(Tailor(TWO), view({1: "a", 20: "b"}, memory, 1))
    np.testing.assert_array_equal(found, [[1, 1, 0, 0, 0], [0, 0, 0, 0, 0]])
    chosen = Deduplicate(Tailor(TWO)).select(view({0: "a"}), 10, np.random.default_rng(0))
    assert {pick["round"] for pick in after(chosen)["strategy"]["picks"]} == {0}


def test_what_counts_for_nearly_nothing_is_forgotten() -> None:
    memory: Any = {}
    for index in range(60):
        memory = after(ask(Tailor(TWO), view({0: "a"}, memory, index), 1))
    rounds = [pick["round"] for pick in memory["picks"]]
    assert rounds == list(range(59 - 44, 60))  # 0.9 ** 43 is 0.0108
    assert len(json.dumps(memory)) < 3000


def test_an_arm_that_brings_rare_classes_is_pulled() -> None:
    """Two arms, one of them always of rare classes: more than 80 % of the pulls after five rounds."""
    size = 1000
    rare = np.arange(size) % 20
    truth = np.where(np.arange(size) < 500, "common", np.char.add("rare", rare.astype(str)))
    start = [*range(40), *range(500, 520)]
    for seed in range(5):
        strategy = Tailor((Take(40), Take(500)))
        campaign = asknext.Campaign(np.zeros((size, 1)), strategy=strategy, seed=seed)
        campaign.tell(start, truth[start].tolist())
        asked = []
        for _ in range(8):
            asked.append(campaign.ask(20).ids)
            campaign.tell(asked[-1], truth[asked[-1]].tolist())
        assert np.mean(np.concatenate(asked[5:]) >= 500) > 0.8


# ---------------------------------------------------------------- ALBL


def plain_exp4p(draws: Sequence[tuple[np.ndarray, int, float]], horizon: int, delta: float) -> np.ndarray:
    """EXP4.P as its papers write it, one question at a time, over advice on each item of the pool.

    Each draw is the advice (arms, items), the item drawn and the reward; returns the chances after each.
    """
    k = len(draws[0][0])
    least = np.sqrt(np.log(k) / (k * horizon))
    w, chances = np.ones(k), []
    for advice, item, reward in draws:
        p = np.empty(k)
        for arm in range(k):
            p[arm] = (1 - k * least) * w[arm] / w.sum() + least
        chances.append(p)
        q = advice.T @ p
        rhat = np.zeros(len(q))
        rhat[item] = reward / q[item]
        for arm in range(k):
            estimate, bound = advice[arm] @ rhat, 1 / p[arm]
            w[arm] *= np.exp(least / 2 * (estimate + bound * np.sqrt(np.log(k / delta) / (k * horizon))))
    return np.array(chances)


@pytest.mark.parametrize("delta", [1.0, 0.05])
def test_single_questions_are_exp4p(delta: float) -> None:
    """Chances and rewards over a dozen rounds, against the plain form."""
    strategy = Albl(TWO, horizon=15, delta=delta)
    answers: dict[int, Any] = {0: "a", 39: OUT_OF_SCOPE}
    draws: list[tuple[np.ndarray, int, float]] = []
    chances, memory = [], {}
    weighted = 0.0
    for index in range(12):
        round = view(answers, memory, index)
        left = round.candidates
        advice = np.zeros((3, SIZE))
        advice[0, left[0]] = advice[1, next(i for i in [*left[left >= 20], *left])] = 1.0
        advice[2, left] = 1.0 / len(left)
        chosen = ask(strategy, round, 1, seed=index)
        memory = after(chosen)
        (item,) = chosen.ids.tolist()
        chances.append(memory["waiting"][-1]["p"])
        q = np.array(chances[-1]) @ advice[:, item]
        assert chosen.parts["chance"] == pytest.approx(q, rel=1e-4)
        answers[item] = OUT_OF_SCOPE if index % 4 == 3 else "abc"[index % 3]
        weighted += (answers[item] == CLASSES[PROBA[item].argmax()]) / q
        draws.append((advice, item, weighted / (SIZE * 15)))
    np.testing.assert_allclose(chances, plain_exp4p(draws, 15, delta), rtol=1e-3)
    assert np.ptp(chances[-1]) > 0.02
    assert memory["reward"] == pytest.approx(draws[-2][2], rel=1e-3)


def test_the_weights_by_hand() -> None:
    """One answer, of an item that the first of two arms and chance would have asked."""
    strategy = Albl(TWO, horizon=50)
    least = np.sqrt(np.log(3) / 150)
    pick = {"id": 7, "p": [0.5, 0.3, 0.2], "advice": [1.0, 0.0, 0.1], "chance": 0.52}
    memory = {"arms": ["take", "take", "random"], "waiting": [pick], "weights": [1.0, 0.5, 0.25]}
    answer = CLASSES[PROBA[7].argmax()]
    found = after(ask(strategy, view({7: answer}, memory, 1)))
    reward = 1 / 0.52 / (40 * 50)
    bonus = np.sqrt(np.log(3) / 150)
    grown = [
        1.0 * np.exp(least / 2 * (reward / 0.52 + bonus / 0.5)),
        0.5 * np.exp(least / 2 * bonus / 0.3),
        0.25 * np.exp(least / 2 * (0.1 * reward / 0.52 + bonus / 0.2)),
    ]
    np.testing.assert_allclose(found["weights"], np.array(grown) / max(grown), rtol=1e-5)
    assert found["reward"] == pytest.approx(reward, rel=1e-5)
    assert found["drawn"] == [[7, 0.52]]
    wrong = CLASSES[PROBA[7].argmin()]
    assert after(ask(strategy, view({7: wrong}, memory, 1)))["reward"] == 0


def test_the_weighted_accuracy_of_a_given_model_is_unbiased() -> None:
    """Mean over many first draws of [correct] / chance: the number of items that the model has right."""
    right = {i: bool(i % 3) for i in range(1, SIZE)}
    found = []
    for seed in range(2000):
        chosen = ask(Albl(TWO), view({0: "a"}), 1, seed)
        found.append(right[int(chosen.ids[0])] / chosen.parts["chance"][0])
    assert np.mean(found) == pytest.approx(sum(right.values()), abs=4 * np.std(found) / np.sqrt(2000))


def test_chances_in_a_batch_are_those_of_what_is_left() -> None:
    """Arms that agree share their item; the random arm adds its part of what is left."""
    strategy = Albl((Take(0), Take(0)))
    chosen = ask(strategy, view({0: "a"}), 12)
    for place, (item, chance) in enumerate(zip(chosen.ids, chosen.parts["chance"], strict=True)):
        taken = set(chosen.ids[:place].tolist())
        first = next(i for i in range(1, SIZE) if i not in taken)
        own = 2 / 3 if item == first else 0.0
        assert chance == pytest.approx(own + 1 / 3 / (SIZE - 1 - place), rel=1e-4)
    assert {"take", "random"} == set(chosen.parts["arm"])


def test_late_answers_move_the_weights_when_they_come() -> None:
    strategy = Albl(TWO)
    first = ask(strategy, view({0: "a"}), 4)
    ids = first.ids.tolist()
    waiting = {0: "a"} | dict.fromkeys(ids, "pending")
    second = after(ask(strategy, view(waiting, after(first), 1), 2))
    assert second["weights"] == [1.0] * 3
    assert len(second["waiting"]) == 6
    told = waiting | {ids[1]: "b", ids[2]: OUT_OF_SCOPE}
    third = after(ask(strategy, view(told, second, 2), 2))
    assert [item for item, _ in third["drawn"]] == ids[1:3]
    assert {pick["id"] for pick in third["waiting"]} >= {ids[0], ids[3]}
    assert not {pick["id"] for pick in third["waiting"]} & {ids[1], ids[2]}


def test_it_learns_from_what_was_asked_after_the_first_label() -> None:
    first = ask(Albl(), view())
    assert after(first)["waiting"] == []
    np.testing.assert_allclose(first.parts["chance"], 1.0)
    told = dict.fromkeys(first.ids.tolist(), "a")
    second = after(ask(Albl(), view(told, after(first), 1)))
    assert (second["drawn"], second["reward"], len(second["waiting"])) == ([], 0.0, 6)


def test_beyond_the_horizon_it_goes_on() -> None:
    memory: Any = {}
    answers: dict[int, Any] = {0: "a"}
    for index in range(6):
        chosen = ask(Albl(TWO, horizon=2), view(answers, memory, index), 5)
        answers |= {int(i): CLASSES[PROBA[i].argmax()] for i in chosen.ids}
        memory = after(chosen)
        assert np.isfinite(memory["weights"]).all()
    assert len(memory["drawn"]) == 25
    accuracy = sum(1 / chance for _, chance in memory["drawn"]) / (SIZE * 25)
    assert memory["reward"] == pytest.approx(accuracy, rel=1e-5)
    assert Albl(TWO, horizon=2).least == pytest.approx(1 / 3)


# ---------------------------------------------------------------- both


@pytest.mark.parametrize("name", ["tailor", "albl"])
def test_a_campaign_remembers_through_its_log(name: str, tmp_path: Path) -> None:
    """Closed and opened again, with answers out of scope, late ones and a class renamed: the same picks."""
    truth = ["a", "b", OUT_OF_SCOPE]
    cloud = np.arange(120) % 3
    X = np.array([[0, 0], [4, 0], [0, 4]])[cloud] + np.random.default_rng(5).normal(size=(120, 2))

    def asked(reopen: bool, rename: bool) -> list[list[int]]:
        path = tmp_path / f"{reopen}-{rename}"
        campaign = asknext.Campaign(X, path=path, strategy=name, seed=1)
        found, names = [], {"a": "a", "b": "b", OUT_OF_SCOPE: OUT_OF_SCOPE}
        for index in range(5):
            late = found[-1][:2] if found else []
            found.append(campaign.ask(8).ids.tolist())
            now = [*late, *found[-1][2:]]
            campaign.tell(now, [names[truth[cloud[i]]] for i in now])
            if rename and index == 2:
                campaign.rename_class("a", "first")
                names["a"] = "first"
            if reopen:
                campaign.close()
                campaign = asknext.Campaign(X, path=path, strategy=name, seed=1)
        campaign.close()
        return found

    plain = asked(False, False)
    assert asked(True, False) == plain
    assert asked(False, True) == plain


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Tailor(discount=0.0), r"discount is 0\.0; give a share"),
        (lambda: Tailor(discount=1.1), r"discount is 1\.1"),
        (lambda: Tailor(()), "Tailor has no arms; give at least one"),
        (lambda: Albl(("margin",)), "Albl was given 'margin'; give strategy objects"),
        (lambda: Albl(horizon=0), "horizon is 0"),
        (lambda: Albl(delta=0.0), r"delta is 0\.0; give a chance"),
    ],
)
def test_what_is_refused(make: Any, complaint: str) -> None:
    with pytest.raises(AskNextError, match=complaint):
        make()
