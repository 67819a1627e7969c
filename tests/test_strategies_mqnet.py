"""MQ-Net: what goes in, what is learned from answers, and when it falls back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import asknext
from asknext.errors import AskNextError
from asknext.kernels import monotone_net
from asknext.kernels.monotone_net import fit_ranker
from asknext.pool import OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import MQNet, Selection, check_strategy, combiners, get
from asknext.strategies.combiners import Pareto, PublishedRanker, Ranker, SumExp, Weighted
from asknext.strategies.constraints import Deduplicate
from asknext.strategies.learning_loss import LearningLoss
from asknext.strategies.lessons import Lesson, Scale, lessons, noted, remembered, settled
from asknext.strategies.purity import Purity

LEAST = get("least-confidence")

RNG = np.random.default_rng(0)
SIZE = 300
OOD = RNG.normal(size=SIZE)
PROBA = RNG.dirichlet(np.ones(3), size=SIZE)
CLASSES = ("a", "b", "c")
COLUMNS = {"ood": OOD, "proba": PROBA, "predicted_loss": RNG.normal(size=SIZE)}
COLUMNS["embedding"] = RNG.normal(size=(SIZE, 3))
NO_SCALE = Scale(np.zeros(2), np.ones(2))


@pytest.fixture(autouse=True)
def _short_descent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published descent with a twentieth of its steps."""
    monkeypatch.setattr(monotone_net, "SLOW_STEPS", 560)


def view(
    answers: dict[int, Any] | None = None,
    memory: Any = None,
    index: int = 0,
    classes: tuple[str, ...] = CLASSES,
    **columns: np.ndarray,
) -> Round:
    """A round in which these items have these answers: a class, OUT_OF_SCOPE, or "pending"."""
    state = np.full(SIZE, -1, dtype=np.int32)
    for item, answer in (answers or {}).items():
        state[item] = {"pending": -2, OUT_OF_SCOPE: -3}.get(answer) or classes.index(answer)
    used = COLUMNS | columns
    return Round.of(Pool(state, classes), Signals(SIZE, used), used, index, memory)


def ask(strategy: MQNet, round: Round, n: int = 20, seed: int = 0) -> Selection:
    return strategy.select(round, n, np.random.default_rng(seed))


def after(chosen: Selection) -> Any:
    """The memory as it comes back from the log."""
    return json.loads(json.dumps(dict(chosen.memory)))


@pytest.mark.parametrize(
    "strategy",
    [
        Purity(), LearningLoss(), MQNet(LearningLoss()), MQNet(get("margin"), combiner=Pareto()),
        MQNet(combiner=SumExp()), MQNet(combiner=Weighted(1.0)), MQNet(combiner=Ranker("trees")),
        MQNet.published(), MQNet.released(), MQNet.released(loss=True), Deduplicate(MQNet(), 0.5),
    ],
    ids=repr,
)  # fmt: skip
def test_common_check(strategy: Any) -> None:
    check_strategy(strategy)


def test_it_needs_what_its_parts_read() -> None:
    assert MQNet().needs == {"ood", "proba", "embedding"}
    assert MQNet(LearningLoss(), factor=1).needs == {"ood", "proba", "predicted_loss"}
    assert MQNet(LearningLoss(), combiner=SumExp(), factor=1).needs == {"ood", "predicted_loss"}
    assert get("mq-net") == MQNet()


def test_the_batch_is_spread_over_the_best() -> None:
    """Of ten times as many as are asked, those nearest to the centres of as many clusters, best first."""
    n, corners = 6, np.repeat(np.arange(6), SIZE // 6)
    X = np.stack([np.cos(corners), np.sin(corners)], axis=1) * 100.0 + COLUMNS["embedding"][:, :2]
    round = view(embedding=X)
    best, spread = ask(MQNet(factor=1), round, 10 * n), ask(MQNet(), round, n)
    assert set(spread.ids.tolist()) <= set(best.ids.tolist())
    assert sorted(corners[spread.ids]) == list(range(6))
    assert len(set(corners[best.ids[:n]])) < 6
    assert np.diff(spread.scores).max() <= 0
    record = after(spread)["batches"][0]
    assert record["ids"] == spread.ids.tolist()
    np.testing.assert_array_equal(spread.parts["purity"], -OOD[spread.ids])


def test_combiners_by_name_and_presets_as_spelled() -> None:
    assert get("mqnet(combiner='pareto', factor=2)").combiner == Pareto()
    assert get("mq_net(combiner='sum-exp')").name == "mqnet(combiner='sum-exp')"
    published = get("mqnet.published")
    assert (published.name, published) == ("mqnet.published", MQNet.published())
    assert get("mqnet.released(loss=True)").needs == MQNet.released(loss=True).needs


def test_purer_and_larger_predicted_loss_come_first() -> None:
    """The sign tests: a known fault elsewhere is to ask the smallest loss."""
    assert asknext.select(np.zeros((SIZE, 1)), 1, Purity(), signals={"ood": OOD}).ids == OOD.argmin()
    loss = COLUMNS["predicted_loss"]
    picked = asknext.select(np.zeros((SIZE, 1)), 2, "learning-loss", signals={"predicted_loss": loss})
    assert picked.ids.tolist() == np.argsort(-loss)[:2].tolist()


def test_the_first_batch_by_hand() -> None:
    """The mean of both in standard deviations over the candidates, answered items left out."""
    round = view(dict.fromkeys(range(100), "a"))
    left = round.candidates
    sides = np.stack([-OOD[left], 1.0 - PROBA[left].max(axis=1)])
    z = (sides - sides.mean(axis=1, keepdims=True)) / sides.std(axis=1, keepdims=True)
    total = z.mean(axis=0)
    chosen = ask(MQNet(LEAST, factor=1), round)
    assert chosen.ids.tolist() == left[np.argsort(-total)[:20]].tolist()
    np.testing.assert_allclose(chosen.scores, np.sort(total)[::-1][:20])
    published = ask(MQNet.published(), round)
    assert published.ids.tolist() == left[np.argsort(-np.exp(z).sum(axis=0))[:20]].tolist()
    np.testing.assert_array_equal(chosen.parts["purity"], -OOD[chosen.ids])
    np.testing.assert_array_equal(chosen.parts["informativeness"], 1.0 - PROBA[chosen.ids].max(axis=1))


def test_released_adds_confidence_as_it_is_before_the_first_answer() -> None:
    z = (-OOD + OOD.mean()) / OOD.std()
    total = np.exp(z) + 1.0 - PROBA.max(axis=1)
    assert ask(MQNet.released(), view()).ids.tolist() == np.argsort(-total)[:20].tolist()
    both = ask(MQNet.released(loss=True), view()).ids
    assert both.tolist() == ask(MQNet.published(LearningLoss()), view()).ids.tolist()


def test_weights_and_fronts() -> None:
    z = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.5], [0.5, 1.0], [-1.0, -1.0]])
    rules = [combiner.rule([], NO_SCALE, RNG) for combiner in (Weighted(1.0), Weighted(0.0), Pareto())]
    purity, informativeness, pareto = (rule(z) for rule in rules)
    np.testing.assert_array_equal(purity, z[:, 0])
    np.testing.assert_array_equal(informativeness, z[:, 1])
    assert np.argsort(-pareto, kind="stable").tolist() == [2, 0, 1, 3, 4]
    assert np.ceil(pareto).tolist() == [1, 1, 1, 0, -1]


def lesson(size: int = 60, outside: float = 0.5, seed: int = 1) -> Lesson:
    """Answers among which only pure items are in scope; informativeness is noise."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(size, 2))
    inside = z[:, 0] > np.quantile(z[:, 0], outside)
    return Lesson(z, 5.0 + 2.0 * z, np.where(inside, 1.0 + 0.1 * rng.random(size), 0.0), inside)


@pytest.mark.parametrize("combiner", [Ranker(), Ranker("trees"), PublishedRanker()], ids=repr)
def test_it_learns_that_only_purity_pays(combiner: Any) -> None:
    rule = combiner.rule([lesson(400)], NO_SCALE, np.random.default_rng(0))
    pure, doubtful = rule(np.array([[1.5, -0.5], [-0.5, 1.5]]))
    assert pure > doubtful
    assert np.diff(SumExp().rule([], NO_SCALE, RNG)(np.array([[1.5, -0.5], [-0.5, 1.6]])))[0] > 0


@pytest.mark.parametrize("combiner", [Ranker(), Ranker("trees"), PublishedRanker(), PublishedRanker("loss")])
def test_better_in_both_is_never_worse(combiner: Any) -> None:
    """Dominance decides the order, beyond the clipping too; the published rule may be tied."""
    rng = np.random.default_rng(2)
    rule = combiner.rule([lesson()], NO_SCALE, rng)
    low = rng.normal(size=(300, 2)) * 3.0
    high = low + rng.exponential(size=(300, 2))
    gain = rule(high) - rule(low)
    assert gain.min() >= (0.0 if isinstance(combiner, PublishedRanker) else 1e-12)


@pytest.mark.parametrize("faults", ["none", "confidence", "loss"])
def test_what_the_published_net_is_taught_with(faults: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper: statistics of the candidates. The released code: those of the batch, or none."""
    taught: dict[str, Any] = {}

    def fit(X: np.ndarray, worth: np.ndarray, rng: np.random.Generator, ties: bool) -> Any:
        taught.update(X=X, worth=worth, ties=ties)
        return fit_ranker(X, worth, rng)

    monkeypatch.setattr(combiners, "fit_ranker_published", fit)
    last = lesson()._replace(raw=lesson().z ** 3)
    PublishedRanker(faults).rule([lesson(seed=9), last], NO_SCALE, np.random.default_rng(0))
    of_batch = np.exp((last.raw - last.raw.mean(axis=0)) / last.raw.std(axis=0))
    first = np.exp(last.z[:, 0]) if faults == "none" else of_batch[:, 0]
    np.testing.assert_allclose(taught["X"][:, 0], first)
    second = {"none": np.exp(last.z[:, 1]), "confidence": of_batch[:, 1], "loss": last.raw[:, 1]}
    np.testing.assert_allclose(taught["X"][:, 1], second[faults])
    assert taught["ties"] is (faults != "none")
    assert taught["worth"] is last.loss


@pytest.mark.parametrize(
    ("past", "why"),
    [
        ([], "no answer yet"),
        ([lesson(7)], "too few answers"),
        ([lesson(outside=1.0)], "all out of scope"),
        ([lesson(outside=-0.0)._replace(inside=np.ones(60, dtype=bool))], "none out of scope"),
        ([lesson()._replace(loss=np.zeros(60))], "all of one worth"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("model", ["net", "trees"])
def test_it_falls_back_on_the_rule_before(past: list[Lesson], why: str, model: Any) -> None:  # noqa: ARG001
    z = np.random.default_rng(3).normal(size=(50, 2))
    found = Ranker(model).rule(past, NO_SCALE, np.random.default_rng(0))(z)
    np.testing.assert_array_equal(found, z @ [0.5, 0.5])
    found = Ranker(model, before=SumExp()).rule(past, NO_SCALE, np.random.default_rng(0))(z)
    np.testing.assert_array_equal(found, np.exp(z).sum(axis=1))


def test_too_few_pairs_and_then_enough_from_several_batches() -> None:
    few = [lesson(5, seed=seed) for seed in (1, 2)]
    z = np.random.default_rng(3).normal(size=(50, 2))
    rule = Ranker().rule(few, NO_SCALE, np.random.default_rng(0))
    assert not np.allclose(rule(z), z @ [0.5, 0.5])


def test_learning_and_asking_use_the_same_statistics() -> None:
    """What is remembered are the scores standardised over all candidates of the round that asked."""
    round = view(dict.fromkeys(range(50), "a"))
    chosen = ask(MQNet(LEAST), round)
    sides = np.stack([-OOD[round.candidates], 1.0 - PROBA[round.candidates].max(axis=1)], axis=1)
    z = (sides - sides.mean(axis=0)) / sides.std(axis=0)
    kept = np.array(after(chosen)["batches"][0]["z"])
    np.testing.assert_allclose(kept, z[np.searchsorted(round.candidates, chosen.ids)], rtol=1e-5)


def test_the_worth_of_each_answer() -> None:
    """Cross entropy under the model that asked, capped for a new class; 0 out of scope; pending none."""
    first = ask(MQNet(LEAST), view())
    a, b, c, d, *rest = first.ids.tolist()
    answers = {a: "b", b: OUT_OF_SCOPE, c: "pending", d: "new", **dict.fromkeys(rest, "pending")}
    round = view(answers, after(first), 1, ("new", "a", "b", "c"), proba=RNG.dirichlet(np.ones(4), size=SIZE))
    record = settled(round.memory["batches"][0], round)
    least = pytest.approx(-np.log(1e-3), abs=1e-4)
    assert record["loss"][:4] == [pytest.approx(-np.log(PROBA[a, 1]), abs=1e-3), 0.0, None, least]
    assert record["inside"][:5] == [True, False, None, True, None]
    assert record["proba"][0] == []
    assert len(record["proba"][2]) == 3
    found = lessons([record])[0]
    assert found.inside.tolist() == [True, False, True]
    assert found.loss.shape == (3,)
    raw = np.column_stack([-OOD, 1.0 - PROBA.max(axis=1)])[[a, b, d]]
    np.testing.assert_allclose(found.raw, raw, atol=1e-4)


def test_an_answer_that_comes_late_is_still_learned_from() -> None:
    first = ask(MQNet(), view(), 10)
    waiting = dict.fromkeys(first.ids.tolist(), "pending")
    second = ask(MQNet(), view(waiting, after(first), 1), 10)
    told = {item: "a" if i % 2 else OUT_OF_SCOPE for i, item in enumerate(waiting)}
    third = ask(MQNet(), view(told, after(second), 2), 10)
    inside = [record["inside"] for record in after(third)["batches"]]
    assert inside == [[False, True] * 5, [None] * 10, [None] * 10]


def test_a_class_that_is_gone_and_one_that_is_not() -> None:
    """Two classes were merged into a third name: its items count as of a class unknown at the time."""
    first = ask(MQNet(), view())
    answers = dict(zip(first.ids.tolist(), ["ab", "c"] * 10, strict=True))
    round = view(answers, after(first), 1, ("ab", "c"), proba=RNG.dirichlet(np.ones(2), size=SIZE))
    record = settled(round.memory["batches"][0], round)
    assert record["loss"][0] == pytest.approx(6.9078, abs=1e-4)
    assert record["loss"][1] == pytest.approx(-np.log(PROBA[first.ids[1], 2]), abs=1e-3)
    assert len(ask(MQNet(), round)) == 20


def test_many_classes_are_kept_short() -> None:
    """Ten probabilities a pick; a class beyond them has an equal share of what is left."""
    proba = RNG.dirichlet(np.ones(50), size=SIZE)
    classes = tuple(f"c{i}" for i in range(50))
    first = ask(MQNet(), view(classes=classes, proba=proba), 2)
    one, other = first.ids.tolist()
    order = np.argsort(-proba[one])
    answers = {one: classes[order[30]], other: classes[np.argsort(-proba[other])[3]]}
    round = view(answers, after(first), 1, classes, proba=proba)
    record = settled(round.memory["batches"][0], round)
    rest = (1.0 - np.sort(proba[one])[::-1][:10].sum()) / 40
    assert record["loss"] == [
        pytest.approx(-np.log(max(rest, 1e-3)), abs=1e-2),
        pytest.approx(-np.log(np.sort(proba[other])[-4]), abs=1e-3),
    ]


def test_the_memory_stays_small() -> None:
    """Three batches of 50 picks, less than 15 kB; and single picks are kept until there are a hundred."""
    memory: Any = {}
    answers: dict[int, Any] = {}
    sizes = []
    for index in range(5):
        chosen = ask(MQNet(), view(answers, memory, index), 50)
        answers |= {int(i): OUT_OF_SCOPE if i % 2 else "a" for i in chosen.ids}
        memory = after(chosen)
        sizes.append([len(record["ids"]) for record in memory["batches"]])
    assert sizes[-1] == [50, 50, 50]
    assert len(json.dumps(memory)) < 15_000
    one = noted(view(), np.array([0]), np.zeros((1, 2)), NO_SCALE, PROBA[:1])
    records: list[dict[str, Any]] = []
    for index in range(150):
        done = {**one, "round": index, "inside": [True]}
        records = remembered(records, done, 3, 100)
    assert len(records) == 100


def test_a_batch_chosen_in_parts_is_one_batch() -> None:
    """Under a rule the strategy is asked several times a round."""
    X = np.repeat(np.arange(SIZE // 2), 2)[:, None].astype(float)
    chosen = Deduplicate(MQNet()).select(view(embedding=X), 20, np.random.default_rng(0))
    (record,) = after(chosen)["strategy"]["batches"]
    assert set(chosen.ids.tolist()) <= set(record["ids"])
    assert {len(record[key]) for key in ("ids", "z", "proba", "loss")} == {len(record["ids"])}


def test_the_trade_off_is_kept_to_be_drawn() -> None:
    first = ask(MQNet(), view(), 60)
    answers = {int(i): "a" if OOD[i] < -1.0 else OUT_OF_SCOPE for i in first.ids}
    tradeoff = after(ask(MQNet(), view(answers, after(first), 1)))["tradeoff"]
    table = np.array(tradeoff["scores"])
    assert table.shape == (9, 9)
    assert np.diff(table, axis=0).min() >= 0
    assert np.diff(table, axis=1).min() >= 0
    assert len(tradeoff["purity"]) == len(tradeoff["informativeness"]) == 9
    left = np.setdiff1d(np.arange(SIZE), first.ids)
    assert tradeoff["purity"][4] == pytest.approx(-OOD[left].mean(), abs=1e-4)


def test_one_class_teaches_no_loss_and_falls_back() -> None:
    """With one class the model is certain, and every answer in scope is worth 0 as well."""
    certain = np.ones((SIZE, 1))
    first = ask(MQNet(), view(classes=("a",), proba=certain))
    answers = {int(i): OUT_OF_SCOPE if i % 2 else "a" for i in first.ids}
    round = view(answers, after(first), 1, ("a",), proba=certain)
    chosen = ask(MQNet(factor=1), round)
    purest = np.argsort(OOD[round.candidates])[:20]  # informativeness is the same for all
    assert set(chosen.ids.tolist()) == set(round.candidates[purest].tolist())


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: MQNet(get("badge")), "'badge' has no score"),
        (lambda: MQNet(purity=get("badge")), "'badge' has no score"),
        (lambda: MQNet(combiner="sum"), "unknown combiner 'sum'; did you mean 'sum-exp'"),
        (lambda: MQNet(combiner=0.5), "the combiner is 0.5; give a name"),
        (lambda: MQNet(factor=0.5), "factor is 0.5; keep at least 1"),
        (lambda: MQNet("margin"), "give strategy objects"),
        (lambda: Weighted(1.5), r"alpha is 1\.5"),
        (lambda: Ranker("forest"), "'forest'; choose"),
        (lambda: Ranker(window=0), "window of the ranker is 0"),
        (lambda: PublishedRanker("all"), "faults is 'all'"),
    ],
)
def test_what_is_refused(make: Any, complaint: str) -> None:
    with pytest.raises(AskNextError, match=complaint):
        make()


def test_a_campaign_remembers_through_its_log(tmp_path: Path) -> None:
    """Closed and opened again after answers in and out of scope, it asks what it would have asked."""
    truth = ["a", "b", asknext.OUT_OF_SCOPE]
    cloud = np.arange(SIZE) % 3
    X = np.array([[0, 0], [4, 0], [0, 4]])[cloud] + np.random.default_rng(5).normal(size=(SIZE, 2))
    settings: dict[str, Any] = {"strategy": MQNet(), "signals": {"ood": X[:, 1]}, "seed": 1}

    def asked(rounds: int, reopen: bool, path: Path) -> list[list[int]]:
        campaign = asknext.Campaign(X, path=path, **settings)
        campaign.tell(list(range(6)), [truth[cloud[i]] for i in range(6)])
        found = []
        for _ in range(rounds):
            found.append(campaign.ask(15).ids.tolist())
            campaign.tell(found[-1], [truth[cloud[i]] for i in found[-1]])
            if reopen:
                campaign.close()
                campaign = asknext.Campaign(X, path=path, **settings)
        campaign.close()
        return found

    plain, reopened = (asked(4, reopen, tmp_path / str(reopen)) for reopen in (False, True))
    assert plain == reopened
    assert np.mean(cloud[np.concatenate(plain[1:])] < 2) > 0.75


def test_a_class_that_is_renamed_teaches_what_it_would_have_taught() -> None:
    """The memory knows classes by their numbers, so that a name given later is no unknown class."""
    X = RNG.normal(size=(200, 4))
    truth = np.array(["a", "b"])[(X[:, 0] > 0).astype(int)].astype(object)
    truth[X[:, 1] > 0.5] = OUT_OF_SCOPE
    picks = []
    for renamed in (False, True):
        campaign = asknext.Campaign(X, strategy="mqnet", seed=0)
        campaign.tell(range(20), list(truth[:20]))
        for _ in range(2):
            ids = campaign.ask(20).ids
            campaign.tell(ids, list(truth[ids]))
        if renamed:
            campaign.rename_class("a", "first")
        picks.append(campaign.ask(20).ids.tolist())
    assert picks[0] == picks[1]
