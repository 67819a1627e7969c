"""Open-set strategies: their scores against plain versions, and what they do where answers are few or odd."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy.special import entr, logsumexp, softmax

import asknext
from asknext import strategies
from asknext.errors import AskNextError
from asknext.kernels.finch import finch
from asknext.kernels.mixture import two_gaussians
from asknext.kernels.softmax_head import softmax_head
from asknext.pool import OUT_OF_SCOPE, UNSURE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Selection, Strategy, check_strategy, choose, get
from asknext.strategies.active_outliers import ActiveOutliers, _resampled
from asknext.strategies.bual import BUAL
from asknext.strategies.ccal import CCAL
from asknext.strategies.closed_set import ClosedSet
from asknext.strategies.combine import Prefilter
from asknext.strategies.eaoa import EAOA
from asknext.strategies.eoal import EOAL
from asknext.strategies.k_center import KCenter
from asknext.strategies.lfosa import LfOSA
from asknext.strategies.margin import closeness
from asknext.strategies.purity import Purity
from asknext.strategies.similar import Similar
from asknext.strategies.two_stage import TwoStage

OPEN = [entry["name"] for entry in strategies.catalogue() if entry["family"] == "open-set"]
RNG = np.random.default_rng(0)
CENTRES = np.array([[0, 0], [6, 0], [0, 6], [6, 6]], dtype=float)  # two classes, two clouds out of scope
CLOUD = np.arange(200) % 4
X = CENTRES[CLOUD] + RNG.normal(size=(200, 2)) * 0.7
PROBA = softmax(-((X[:, None] - CENTRES[None, :2]) ** 2).sum(axis=2) / 8, axis=1)
OOD = X[:, 1] + 0.5 * RNG.normal(size=200)
CLASSES = ("a", "b")
TRUTH = ["a", "b", OUT_OF_SCOPE, OUT_OF_SCOPE]
SOME = {i: TRUTH[CLOUD[i]] for i in range(24)}


def view(
    answers: dict[int, Any],
    memory: Any = None,
    index: int = 0,
    classes: tuple[str, ...] = CLASSES,
    **given: Any,
) -> Round:
    """A round with these answers: a class, OUT_OF_SCOPE, UNSURE or "pending"."""
    state = np.full(200, -1, dtype=np.int32)
    for item, answer in answers.items():
        state[item] = {"pending": -2, OUT_OF_SCOPE: -3, UNSURE: -4}.get(answer) or classes.index(answer)
    columns = {"embedding": X, "proba": PROBA, "ood": OOD} | given
    return Round.of(Pool(state, classes), Signals(200, columns), columns, index, memory)


def ask(strategy: Strategy, round: Round, n: int = 12, seed: int = 0) -> Selection:
    return choose(strategy, round, n, np.random.default_rng(seed))


def after(chosen: Selection) -> Any:
    """The memory as it comes back from the log."""
    return json.loads(json.dumps(dict(chosen.memory)))


@pytest.mark.parametrize(
    "strategy",
    [
        LfOSA.published(), ActiveOutliers("entropy", 2), BUAL("entropy"), CCAL(own_class=False),
        EAOA(neighbours=3), EOAL(sample=5), Similar("facility", 10),
        TwoStage(get("margin")), TwoStage(get("badge"), factor=1), ClosedSet(KCenter()),
        Prefilter(Purity(), get("margin"), 2),
    ],
    ids=repr,
)  # fmt: skip
def test_common_check(strategy: Strategy) -> None:
    check_strategy(strategy)


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize(
    ("answers", "classes"),
    [
        ({}, ()),
        ({}, CLASSES),
        (dict.fromkeys(range(9), OUT_OF_SCOPE), ()),
        (dict.fromkeys(range(9), OUT_OF_SCOPE), CLASSES),
        ({0: "a"}, ("a",)),
        ({0: "a", 4: "a", 2: OUT_OF_SCOPE}, ("a",)),
        ({0: "a", 1: "b"}, CLASSES),
        ({0: "a", 1: "b", 2: OUT_OF_SCOPE, 3: "pending"}, CLASSES),
        ({0: "a", 1: "b", 4: "a", 5: "b"}, CLASSES),
    ],
    ids=[
        "nothing", "only classes", "all out of scope", "all out of scope, but classes", "one label",
        "one class", "one label a class", "one of each kind", "none out of scope",
    ],
)  # fmt: skip
def test_few_and_odd_answers(name: str, answers: dict[int, Any], classes: tuple[str, ...]) -> None:
    proba = PROBA if len(classes) == 2 else np.ones((200, len(classes)))
    round = view(answers, classes=classes, proba=proba)
    first = ask(get(name), round)
    assert len(np.unique(first.ids)) == 12
    told = answers | dict.fromkeys(first.ids.tolist(), OUT_OF_SCOPE)
    again = ask(get(name), view(told, after(first), 1))
    assert not set(again.ids.tolist()) & set(told)


@pytest.mark.parametrize("name", OPEN)
def test_a_class_that_was_merged_away(name: str) -> None:
    first = ask(get(name), view(SOME))
    merged = SOME | dict.fromkeys(first.ids.tolist(), "ab")
    merged = {item: answer if answer == OUT_OF_SCOPE else "ab" for item, answer in merged.items()}
    round = view(merged, after(first), 1, ("ab",), proba=np.ones((200, 1)))
    assert len(np.unique(ask(get(name), round).ids)) == 12


@pytest.mark.parametrize("name", [*OPEN, "k-center"])
def test_picks_in_scope(name: str) -> None:
    """With answers from all four clouds, most picks are in scope where that is the point of the method."""
    chosen = ask(get(name), view(SOME))
    share = np.mean(CLOUD[chosen.ids] < 2)
    if name in {"lfosa", "eoal", "eaoa", "purity", "similar", "ccal"}:
        assert share >= 0.9
    elif name in {"k-center"}:
        assert share <= 0.7


def test_lfosa_prefers_what_resembles_its_class_most() -> None:
    chosen = ask(LfOSA(), view(SOME), 40)
    head = softmax_head(X[:24], np.minimum(CLOUD[:24], 2), 3, temperature=0.5)
    table = head.logits(X)
    taken, top = table.argmax(axis=1), table.max(axis=1)
    np.testing.assert_array_equal(chosen.parts["class"], taken[chosen.ids])
    np.testing.assert_allclose(chosen.parts["activation"], top[chosen.ids])
    for place in (0, 1):
        rows = np.flatnonzero((taken == place) & (np.arange(200) >= 24))
        posterior = two_gaussians(top[rows], steps=10, tolerance=1e-2, floor=5e-4).posterior(top[rows], True)
        expected = dict(zip(rows.tolist(), posterior, strict=True))
        mine = chosen.ids[chosen.parts["class"] == place]
        of_class = chosen.parts["class"] == place
        np.testing.assert_allclose(chosen.parts["purity"][of_class], [expected[i] for i in mine])
        assert np.all(np.diff(chosen.parts["activation"][of_class]) <= 1e-9)


def test_lfosa_leaves_what_it_takes_for_out_of_scope_to_the_end() -> None:
    chosen = ask(LfOSA(), view(SOME), 176)
    outside = chosen.parts["class"] == 2
    assert 0 < outside.sum() < 176
    assert np.all(np.diff(outside.astype(int)) >= 0)
    assert np.all(chosen.parts["purity"][outside] == -1)
    assert np.all(np.diff(chosen.parts["activation"][outside]) <= 0)  # minus the logit: the surest ones last


def test_eaoa_purity_by_hand() -> None:
    round = view(SOME)
    left = round.candidates
    table = softmax_head(X[:24], np.minimum(CLOUD[:24], 2), 3).logits(X[left])
    counts = np.zeros((len(left), 3))
    for item in range(24):
        near = np.argsort(((X[left] - X[item]) ** 2).sum(axis=1))[:30]
        counts[near, min(CLOUD[item], 2)] += 1
    expected = np.ones(len(left))
    for logits in (table, counts):
        known = logsumexp(logits[:, :2], axis=1) - np.log1p(np.exp(logits[:, 2]))
        expected *= two_gaussians(known).posterior(known, monotone=True)
    np.testing.assert_allclose(EAOA(neighbours=30).purity(round), expected, atol=1e-6)


def test_eaoa_asks_the_uncertain_among_the_purest_of_each_class() -> None:
    strategy, round = EAOA(factor=3, neighbours=30), view(SOME)
    chosen = ask(strategy, round, 10)
    purity, taken = strategy.purity(round), PROBA[round.candidates].argmax(axis=1)
    unsure = 1.0 - PROBA[round.candidates].max(axis=1)
    for place in (0, 1):
        rows = np.flatnonzero(taken == place)
        kept = rows[np.argsort(-purity[rows])[:15]]
        expected = round.candidates[kept[np.argsort(-unsure[kept])[:5]]]
        assert set(chosen.ids[chosen.parts["class"] == place].tolist()) == set(expected.tolist())


@pytest.mark.parametrize(
    ("inside", "eaoa", "two_stage"), [(0, 4, 10 / 3), (5, 4, 10 / 3), (6, 5, 5.0), (7, 6, 7.5), (10, 6, 7.5)]
)
def test_the_factor_follows_the_precision(inside: int, eaoa: int, two_stage: float) -> None:
    """Ten answers against a target of 0.6 ± 0.05; pending ones do not count."""
    for strategy, expected in ((EAOA(), eaoa), (TwoStage(get("margin")), two_stage)):
        first = ask(strategy, view(SOME), 12)
        told = ["a"] * inside + [OUT_OF_SCOPE] * (10 - inside) + ["pending"] * 2
        answers = SOME | dict(zip(first.ids.tolist(), told, strict=True))
        chosen = ask(strategy, view(answers, after(first), 1))
        assert after(chosen)["factor"] == pytest.approx(expected, rel=1e-5)


def test_the_factor_stays_within_bounds() -> None:
    memory = {"factor": 1, "batch": [2]}
    assert after(ask(EAOA(), view(SOME, memory)))["factor"] == 1
    assert after(ask(TwoStage(get("margin")), view(SOME, memory)))["factor"] == 1
    large = {"factor": 150.0, "batch": [0]}
    assert after(ask(TwoStage(get("margin")), view(SOME, large)))["factor"] == 176


def test_two_stage_is_margin_among_the_purest() -> None:
    chosen = ask(TwoStage(get("margin"), factor=3), view(SOME), 10)
    left = np.arange(24, 200)
    purest = left[np.argsort(OOD[left])[:30]]
    expected = purest[np.argsort(-closeness(PROBA[purest]))[:10]]
    assert chosen.ids.tolist() == expected.tolist()


def test_bual_by_hand() -> None:
    first = ask(BUAL(), view(SOME))
    assert np.all(first.parts["precision"] == 0.5)  # of all answers so far
    answers = SOME | {int(i): "a" if k < 9 else OUT_OF_SCOPE for k, i in enumerate(first.ids)}
    round = view(answers, after(first), 1, other=PROBA[::-1])
    chosen = ask(BUAL(negative="other"), round)
    asked = np.array(sorted(answers))
    y = np.array([{"a": 0, "b": 1, OUT_OF_SCOPE: 2}[answers[i]] for i in asked])
    left = round.candidates
    table = softmax(softmax_head(X[asked], y, 3).logits(X[left]), axis=1)
    sure = [np.abs(proba[left, 0] - proba[left, 1]) for proba in (PROBA, PROBA[::-1])]
    p, positive, negative = ((v - v.min()) / np.ptp(v) for v in (table[:, 2], *sure))
    total = p * negative + 0.75 * (1.0 - p) * positive
    total[table.argmax(axis=1) == 2] += 2.0
    assert chosen.ids.tolist() == left[np.argsort(total)[:12]].tolist()
    np.testing.assert_allclose(chosen.scores, -np.sort(total)[:12], atol=1e-4)
    waiting = ask(BUAL(), view(answers, after(chosen), 2))
    assert np.all(waiting.parts["precision"] == 0.75)  # no answer yet: the last one stands


def test_eoal_entropies_by_hand() -> None:
    chosen = ask(EOAL(), view(SOME))
    kind = CLOUD[:24]
    outside = X[:24][kind >= 2]
    known = np.concatenate([X[:24][kind < 2], outside, outside])
    entropies = []
    for place in (0, 1):
        y = np.concatenate([kind[kind < 2] == place, np.zeros(len(outside)), np.ones(len(outside))])
        p = softmax_head(known, y.astype(int), 2).proba(X[chosen.ids])
        entropies.append(entr(p).sum(axis=1) / np.log(2))
    closed = np.mean(entropies, axis=0)
    np.testing.assert_allclose(chosen.parts["closed_set_entropy"], closed, atol=1e-4)
    (cluster,) = [labels for labels in finch(outside) if labels.max() in (1, 2)]
    centres = np.stack([outside[cluster == c].mean(axis=0) for c in range(cluster.max() + 1)])
    width = np.sqrt(((outside[:, None] - centres) ** 2).sum(axis=2).min(axis=1).mean())
    away = np.sqrt(((X[chosen.ids][:, None] - centres) ** 2).sum(axis=2)) / width
    expected = entr(softmax(-away, axis=1)).sum(axis=1) / np.log(len(centres))
    np.testing.assert_allclose(chosen.parts["distance_entropy"], expected, atol=1e-6)
    np.testing.assert_allclose(chosen.scores, expected - closed, atol=1e-4)


def test_eoal_asks_one_item_of_each_cluster_before_a_second_of_any() -> None:
    chosen = ask(EOAL(), view(SOME), 20)
    left = np.arange(24, 200)
    head = softmax_head(X[:24], np.minimum(CLOUD[:24], 2), 3)
    known = left[head.logits(X[left]).argmax(axis=1) < 2]
    cluster = next(labels for labels in finch(X[known]) if labels.max() < 20)
    places = {int(item): int(label) for item, label in zip(known, cluster, strict=True)}
    met = [places[int(item)] for item in chosen.ids]
    size = cluster.max() + 1
    assert 1 < size <= 20
    assert sorted(met[:size]) == list(range(size))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def ccal_plainly(round: Round, semantic: np.ndarray, distinctive: np.ndarray) -> dict[tuple[int, int], float]:
    """The score of each candidate for each class, item by item as in the paper."""

    def scaled(values: dict[int, float]) -> dict[int, float]:
        low, high = min(values.values()), max(values.values())
        return {key: (value - low) / (high - low) for key, value in values.items()}

    gate = {}
    for item in round.candidates:
        gate[int(item)] = max(cosine(semantic[item], semantic[other]) for other in round.labelled)
    gate = scaled(gate)
    scores = {}
    for place in np.unique(round.y):
        members = round.labelled[round.y == place]
        told = {}
        for item in round.candidates:
            near = sorted(((cosine(distinctive[item], distinctive[m]), m) for m in members), reverse=True)
            first = near[0]
            told[int(item)] = first[0]
            if len(near) > 1:
                second = near[1]
                pair = cosine(distinctive[first[1]], distinctive[second[1]])
                told[int(item)] += first[0] - second[0] + pair
        for item, value in scaled(told).items():
            power = np.exp(-100 * (gate[item] - 0.9))
            scores[item, int(place)] = (1 - power) / (1 + power) + 1 - value
    return scores


@pytest.mark.parametrize("single", [False, True], ids=["several a class", "one label of b"])
def test_ccal_by_plain_loops(single: bool) -> None:
    answers = {i: a for i, a in SOME.items() if a != "b" or i == 1 or not single}
    semantic, distinctive = X + 10.0, np.column_stack([X[:, 1] + 9.0, X[:, 0], X[:, 1]])
    round = view(answers, meaning=semantic, rotations=distinctive)
    strategy = CCAL("meaning", "rotations", own_class=False)
    assert strategy.needs == {"meaning", "rotations"}
    chosen = ask(strategy, round)
    scores = ccal_plainly(round, semantic, distinctive)
    left, expected = set(round.candidates.tolist()), []
    for turn in range(12):
        place = turn % 2
        best = max(left, key=lambda item, place=place: scores[item, place])
        expected.append(best)
        left.remove(best)
    assert chosen.ids.tolist() == expected
    assert chosen.scores is not None
    found = [scores[item, place] for item, place in zip(expected, [0, 1] * 6, strict=True)]
    np.testing.assert_allclose(chosen.scores, found, atol=1e-9)


def test_ccal_takes_the_mean_over_the_views_of_an_item() -> None:
    """Against the score of each view alone, before it is scaled; four equal views are one."""
    rng = np.random.default_rng(0)
    views = rng.normal(size=(len(X), 4, 3)) + np.array([9.0, 0, 0])
    round = view(SOME, meaning=X + 10.0, rotations=views)
    strategy = CCAL("meaning", "rotations")
    each = [
        CCAL("meaning", f"view {v}")._told(view(SOME, meaning=X + 10.0, **{f"view {v}": views[:, v]}), places)
        for v, places in ((v, np.arange(2)) for v in range(4))
    ]
    together = strategy._told(round, np.arange(2))
    for place in range(2):
        np.testing.assert_allclose(together[place], np.mean([told[place] for told in each], axis=0))
    same = view(SOME, meaning=X + 10.0, rotations=np.repeat(views[:, :1], 4, axis=1))
    alone = view(SOME, meaning=X + 10.0, rotations=views[:, 0])
    assert ask(strategy, same).ids.tolist() == ask(strategy, alone).ids.tolist()


def test_ccal_asks_for_the_class_of_the_nearest_label() -> None:
    shifted = X - X.mean(axis=0)
    round = view(SOME, embedding=shifted)
    chosen = ask(CCAL(), round)
    for item, place in zip(chosen.ids, chosen.parts["class"], strict=True):
        near = max(round.labelled, key=lambda other, item=item: cosine(shifted[item], shifted[other]))
        assert round.y[np.flatnonzero(round.labelled == near)[0]] == place


def test_active_outliers_are_sure_of_what_they_know() -> None:
    """Items in the middle of a cloud, in scope or not, are not asked; those between clouds are."""
    chosen = ask(ActiveOutliers(), view(SOME), 20)
    away = np.sqrt(((X - CENTRES[CLOUD]) ** 2).sum(axis=1))
    assert away[chosen.ids].mean() > away[24:].mean() + 0.2
    assert chosen.scores is not None
    assert 0.2 <= chosen.scores[0] <= 2 / 3 + 1e-5  # of three outcomes at most two thirds vote otherwise
    with_entropy = ask(ActiveOutliers("entropy"), view(SOME), 20)
    assert away[with_entropy.ids].mean() > away[24:].mean() + 0.2


def test_a_resample_has_as_many_of_each_class() -> None:
    y = np.array([0, 1, 1, 1, 2, 2])
    rows = _resampled(y, np.random.default_rng(0))
    assert y[rows].tolist() == y.tolist()
    assert len(set(rows.tolist())) < 6


@pytest.mark.parametrize("function", ["logdet", "facility"])
def test_similar_keeps_away_from_what_is_out_of_scope(function: Any) -> None:
    """Two directions, both labelled; one is out of scope as well. Pending items count as chosen."""
    angles = np.linspace(0, np.pi / 2, 50)
    rows = np.column_stack([np.cos(angles), np.sin(angles)])
    near_end = asknext.select(
        rows, 2, Similar(function), labelled=[0, 49], y=["a", "b"], out_of_scope=[48, 47], seed=1
    )
    assert near_end.ids.max() < 30
    for pending, other_end in ((1, True), (48, False)):
        told: dict[str, Any] = {"labelled": [0, 49], "y": ["a", "b"], "pending": [pending]}
        assert (asknext.select(rows, 1, Similar(function), **told).ids[0] > 25) == other_end


COVERS = [
    "k-center", "typiclust", "probcover", "maxherding", "uherding", "facility-location",
    "incremental-weighted-kmeans", "ranked-batch", "dcom",
]  # fmt: skip


@pytest.mark.parametrize("name", COVERS)
def test_closed_set_makes_a_strategy_forget(name: str) -> None:
    """An item out of scope covers its cloud; under `ClosedSet` picks are those without the answer."""
    cloud = np.repeat([0, 1], [130, 70])
    rows = np.array([[0.0, 0.0], [9.0, 0.0]])[cloud] + np.random.default_rng(3).normal(size=(200, 2)) * 0.4
    column = {"embedding": rows, "proba": np.full((200, 2), 0.5)}
    told = view({0: OUT_OF_SCOPE, 199: "a"}, **column)
    untold = view({0: UNSURE, 199: "a"}, **column)
    forgetful = ask(ClosedSet(get(name)), told, 4).ids.tolist()
    assert forgetful == ask(ClosedSet(get(name)), untold, 4).ids.tolist()
    assert forgetful != ask(get(name), told, 4).ids.tolist()


def test_a_closed_set_may_ask_about_a_region_out_of_scope_again() -> None:
    line = np.array([[0.0], [10.0], [9.9], [4.0]])
    told: dict[str, Any] = {"labelled": [0], "y": ["a"], "out_of_scope": [1]}
    assert asknext.select(line, 1, KCenter(), **told).ids.tolist() == [3]
    assert asknext.select(line, 1, ClosedSet(KCenter()), **told).ids.tolist() == [2]


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: LfOSA(temperature=0), "temperature is 0"),
        (lambda: EAOA(target=1.0), r"target is 1\.0"),
        (lambda: EAOA(factor=0), "factor is 0"),
        (lambda: EAOA(neighbours=0), "neighbours is 0"),
        (lambda: TwoStage(get("margin"), target=0), "target is 0"),
        (lambda: TwoStage(get("margin"), factor=0.5), r"factor 0\.5"),
        (lambda: TwoStage("margin"), "give strategy objects"),
        (lambda: BUAL("bald"), "'bald'; choose"),
        (lambda: EOAL(sample=0), "sample is 0"),
        (lambda: ActiveOutliers("margin"), "'margin'; choose"),
        (lambda: ActiveOutliers(members=0), "members is 0"),
        (lambda: Similar("graph-cut"), "'graph-cut'; choose"),
        (lambda: Similar(sample=0), "sample is 0"),
    ],
)
def test_what_is_refused(make: Any, complaint: str) -> None:
    with pytest.raises(AskNextError, match=complaint):
        make()


def test_similar_refuses_too_many_features() -> None:
    wide = np.zeros((6, 5000), dtype=np.float32)
    with pytest.raises(AskNextError, match="5000 features"):
        asknext.select(wide, 1, "similar", labelled=[0], y=["a"])
    assert len(asknext.select(wide, 1, Similar("facility"), labelled=[0], y=["a"])) == 1
