"""ProbCover, MaxHerding, UHerding, facility location, TCM and DCoM against their papers, written plainly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from asknext import strategies
from asknext.errors import AskNextError
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, PENDING_CODE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import TCM as Tcm
from asknext.strategies import (
    DCoM,
    FacilityLocation,
    Margin,
    MaxHerding,
    ProbCover,
    Selection,
    Strategy,
    TypiClust,
    UHerding,
    check_strategy,
    choose,
)
from asknext.strategies.margin import closeness
from asknext.types import Array

ALL: list[Strategy] = [
    MaxHerding(), MaxHerding(sigma=1.0), UHerding(), UHerding.published(), FacilityLocation(), ProbCover(),
    ProbCover(delta=1.0), ProbCover(delta=100.0), DCoM(), Tcm(), Tcm(switch=0),
]  # fmt: skip


def view(X: Array, state: Array | None = None, index: int = 0, **columns: Any) -> Round:
    """A round over items with features X; `state` holds class positions and other codes."""
    codes = np.full(len(X), -1, dtype=np.int32) if state is None else np.asarray(state, dtype=np.int32)
    classes = tuple(f"c{i}" for i in range(max(int(codes.max()) + 1, columns.get("classes", 0))))
    columns = {"embedding": X, **{name: column for name, column in columns.items() if name != "classes"}}
    return Round.of(Pool(codes, classes), Signals(len(X), columns), (), index)


def pick(strategy: Strategy, round: Round, n: int, seed: int = 0) -> Selection:
    return choose(strategy, round, n, np.random.default_rng(seed))


def unit(rng: np.random.Generator, n: int, d: int = 6) -> Array:
    X = rng.normal(size=(n, d))
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def greedy(table: Array, covered: Array, weights: Array, open_rows: Array, n: int) -> list[int]:
    """Pick n open rows: the largest Σ w max(0, table - covered), all pairs, as in a textbook."""
    picks: list[int] = []
    for _ in range(n):
        gain = np.maximum(table - covered, 0.0) @ weights
        gain[~open_rows] = -1.0
        gain[picks] = -1.0
        picks.append(int(gain.argmax()))
        covered = np.maximum(covered, table[picks[-1]])
    return picks


@pytest.mark.parametrize("strategy", ALL, ids=repr)
def test_common_check(strategy: Strategy) -> None:
    check_strategy(strategy)


@pytest.mark.parametrize("strategy", [MaxHerding(), UHerding(), FacilityLocation()], ids=repr)
def test_the_order_of_a_small_pool_does_not_matter(strategy: Strategy) -> None:
    rng = np.random.default_rng(0)
    X, proba, state = rng.normal(size=(90, 4)), rng.dirichlet(np.ones(3), 90), np.full(90, -1)
    state[:6] = [0, 1, 2, 0, PENDING_CODE, ANSWER_CODES[OUT_OF_SCOPE]]
    new = rng.permutation(90)
    first = pick(strategy, view(X, state, proba=proba), 5)
    moved_X, moved_proba, moved_state = np.empty_like(X), np.empty_like(proba), np.empty_like(state)
    moved_X[new], moved_proba[new], moved_state[new] = X, proba, state
    moved = pick(strategy, view(moved_X, moved_state, proba=moved_proba), 5)
    assert moved.ids.tolist() == new[first.ids].tolist()
    np.testing.assert_allclose(moved.scores, first.scores)


def test_maxherding_on_unit_vectors_with_sigma_1_is_the_paper() -> None:
    rng = np.random.default_rng(1)
    X, state = unit(rng, 200), np.full(200, -1)
    state[:5] = [0, 1, 0, PENDING_CODE, ANSWER_CODES[OUT_OF_SCOPE]]
    table = np.exp(-(cdist(X, X) ** 2))
    want = greedy(table, table[:5].max(axis=0), np.ones(200), state == -1, 30)
    found = pick(MaxHerding(sigma=1.0), view(X, state), 30)
    assert found.ids.tolist() == want
    gain = np.maximum(table[want[0]] - table[:5].max(axis=0), 0.0).sum() / 195
    assert found.parts["coverage"][0] == pytest.approx(gain)
    assert set(found.parts["radius"]) == {1.0}
    assert set(found.parts["over"]) == {"all rows"}


def test_maxherding_takes_its_reach_from_the_data() -> None:
    rng = np.random.default_rng(2)
    X = unit(rng, 300, 60)
    near_one = pick(MaxHerding(), view(X), 5)
    assert near_one.parts["radius"][0] == pytest.approx(1.0, abs=0.03)
    large = pick(MaxHerding(), view(1e3 * X - 7e4), 5)
    assert large.parts["radius"][0] == pytest.approx(1e3 * near_one.parts["radius"][0])
    assert large.ids.tolist() == near_one.ids.tolist()


def test_maxherding_spreads_over_blobs() -> None:
    rng = np.random.default_rng(3)
    centres = 10.0 * rng.normal(size=(5, 3))
    blob = rng.integers(0, 5, 300)
    found = pick(MaxHerding(), view(centres[blob] + rng.normal(size=(300, 3))), 5)
    assert sorted(blob[found.ids]) == [0, 1, 2, 3, 4]


def test_uherding_weighs_cover_by_doubt() -> None:
    rng = np.random.default_rng(4)
    X, proba, state = unit(rng, 200), rng.dirichlet(np.ones(3), 200), np.full(200, -1)
    state[:4] = [0, 1, 2, 1]
    table = np.exp(-(cdist(X, X) ** 2) / 0.8**2)
    want = greedy(table, table[:4].max(axis=0), closeness(proba) * (state == -1), state == -1, 25)
    found = pick(UHerding(sigma=0.8), view(X, state, proba=proba), 25)
    assert found.ids.tolist() == want
    np.testing.assert_allclose(found.parts["doubt"], closeness(proba)[want])


def test_uherding_is_maxherding_where_all_are_equally_doubtful() -> None:
    X = np.random.default_rng(5).normal(size=(100, 3))
    for proba in (np.full((100, 4), 0.25), np.ones((100, 1)), np.ones((100, 0))):
        found = pick(UHerding(), view(X, proba=proba), 10)
        assert found.ids.tolist() == pick(MaxHerding(), view(X), 10).ids.tolist()


def test_uherding_reach() -> None:
    rng = np.random.default_rng(6)
    X, state = rng.normal(size=(400, 2)), np.full(400, -1)
    state[:40] = rng.integers(0, 3, 40)
    X[1] = X[0] + 1e-6  # a near copy that carries a label too
    proba = rng.dirichlet(np.ones(3), 400)
    among = cdist(X[:40], X[:40]) + np.diag(np.full(40, np.inf))
    among[among == 0] = np.inf
    robust = pick(UHerding(), view(X, state, proba=proba), 5).parts["radius"][0]
    away = cdist(X, X) + np.diag(np.full(400, np.inf))
    assert robust == pytest.approx(max(np.quantile(among.min(axis=1), 0.1), np.median(away.min(axis=1))))
    crowd = np.where(np.arange(400) < 40, 0, state)
    X[:40] = 1e-3 * X[:40]  # labels that are all close to one another
    away = cdist(X, X) + np.diag(np.full(400, np.inf))
    floor = np.median(away.min(axis=1))
    assert pick(UHerding(), view(X, crowd, proba=proba), 5).parts["radius"][0] == pytest.approx(floor)
    X[1] = X[0] + 1e-6
    published = pick(UHerding.published(), view(X, state, proba=proba), 5).parts["radius"][0]
    assert published == pytest.approx(np.sqrt(2) * 1e-6, rel=1e-3)


def test_uherding_with_one_label_or_only_copies_has_the_reach_of_maxherding() -> None:
    X = np.random.default_rng(7).normal(size=(60, 2))
    X[1] = X[0]
    usual = pick(MaxHerding(), view(X), 3).parts["radius"][0]
    for many in (0, 1, 2):
        state = np.full(60, -1)
        state[:many] = 0
        for strategy in (UHerding(), UHerding.published()):
            found = pick(strategy, view(X, state, proba=np.full((60, 2), 0.5)), 3)
            assert found.parts["radius"][0] == pytest.approx(usual)


def test_facility_location_is_greedy_k_medoids() -> None:
    rng = np.random.default_rng(8)
    X = rng.gamma(1.0, size=(150, 3)) * [1.0, 10.0, 100.0]
    away, picks = cdist(X, X), []
    for _ in range(12):
        means = [away[:, [*picks, c]].min(axis=1).mean() if c not in picks else np.inf for c in range(150)]
        picks.append(int(np.argmin(means)))
    found = pick(FacilityLocation(), view(X), 12)
    assert found.ids.tolist() == picks
    fall = away[:, picks[:1]].min(axis=1).mean() - away[:, picks[:2]].min(axis=1).mean()
    assert found.scores[1] * found.parts["radius"][0] == pytest.approx(fall)


def covered_by(X: Array, ids: Array, delta: float) -> int:
    return int((cdist(X, X[ids]).min(axis=1) < delta).sum())


def test_probcover_covers_as_many_at_each_step_as_the_plain_algorithm() -> None:
    rng = np.random.default_rng(9)
    X, state = unit(rng, 300, 4), np.full(300, -1)
    state[:3] = [0, PENDING_CODE, ANSWER_CODES[OUT_OF_SCOPE]]
    found = pick(ProbCover(delta=0.4), view(X, state), 20)
    asked = np.arange(3)
    near = cdist(X, X) < 0.4
    for id, covered in zip(found.ids, found.parts["covered"], strict=True):
        bare = ~near[asked].any(axis=0)
        gains = (near & bare).sum(axis=1)
        assert gains[id] == covered == np.delete(gains, asked).max()
        asked = np.append(asked, id)
    assert set(found.parts["radius"]) == {0.4}
    np.testing.assert_array_equal(found.scores, found.parts["covered"])


def test_probcover_considers_the_last_rows() -> None:
    X = np.concatenate([10.0 * np.arange(1, 30)[:, None], np.full((9, 1), 0.0) + 0.1 * np.arange(9)[:, None]])
    assert pick(ProbCover(delta=1.0), view(X), 1).ids[0] >= 29


def test_probcover_looks_closer_once_all_is_covered() -> None:
    X = np.array([[0.0], [0.1], [0.2], [3.0], [3.1], [9.0]])
    found = pick(ProbCover(delta=8.0), view(X), 6)
    assert sorted(found.ids) == list(range(6))
    radii = found.parts["radius"]
    assert radii[0] == 8.0
    assert np.all(np.diff(radii) <= 0)
    assert np.all(found.parts["covered"] >= 1)
    gap = [np.abs(X - X[found.ids[:k]].T).min(axis=1).max() for k in range(1, 6)]
    for k, radius in enumerate(radii[1:]):
        assert radius <= gap[k] or radius == 8.0
    state = np.array([0, -1, -1, -1, -1, -1])
    found = pick(ProbCover(delta=100.0), view(X, state), 1)
    assert found.parts["radius"].tolist() == [6.25]  # halved until the item at 9 is bare
    assert X[found.ids[0], 0] > 9.0 - 6.25


def test_probcover_takes_copies_last() -> None:
    X = np.repeat([[0.0], [5.0], [7.0]], 4, axis=0)
    found = pick(ProbCover(delta=1.0), view(X), 12)
    assert sorted(X[found.ids[:3], 0]) == [0.0, 5.0, 7.0]
    assert found.parts["covered"].tolist() == [4.0] * 3 + [0.0] * 9


def test_probcover_radius_keeps_balls_pure() -> None:
    rng = np.random.default_rng(10)
    centres = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]])
    blob = np.arange(240) % 3
    X = centres[blob] + rng.normal(size=(240, 2))
    radius = pick(ProbCover(), view(X, classes=3), 3).parts["radius"][0]
    away = cdist(X, X)

    def pure(r: float) -> float:
        return float(np.mean([len(set(blob[row < r])) == 1 for row in away]))

    assert pure(radius - 1e-6) >= 0.95 > pure(radius + 1e-4)
    ids = pick(ProbCover(), view(X, classes=3), 3).ids
    assert sorted(blob[ids]) == [0, 1, 2]
    assert covered_by(X, ids, radius) == 240


def test_tcm_switches() -> None:
    rng = np.random.default_rng(11)
    X, proba = rng.normal(size=(80, 3)), rng.dirichlet(np.ones(3), 80)
    for index in range(5):
        now = view(X, index=index, proba=proba)
        phase = TypiClust() if index < 3 else Margin()
        assert pick(Tcm(), now, 6).ids.tolist() == pick(phase, now, 6).ids.tolist()
    first = view(X, proba=proba)
    assert pick(Tcm(switch=0), first, 6).ids.tolist() == pick(Margin(), first, 6).ids.tolist()


def plain_dcom(
    round: Round, X: Array, proba: Array, delta: float, limit: float, n: int
) -> tuple[list[int], float]:
    """DCoM for labelled items only, from the paper."""
    labelled, away = round.labelled, cdist(X, X)
    predicted = proba.argmax(axis=1)
    coverage = (away[labelled] < delta).any(axis=0).mean()
    radii = []
    for id, label in zip(labelled, round.y, strict=True):
        tried = [*np.sort(away[id][away[id] < limit])[1:], limit]
        good = [r for r in tried if np.mean(predicted[away[id] < r] == label) >= 0.2 * coverage + 0.4]
        radii.append(max(good, default=0.0) * (1 - 1e-6))
    radius = float(np.mean(radii))
    covered = (away[labelled] < np.array(radii)[:, None]).any(axis=0)
    power = [np.exp(-50 * (value - 0.8)) for value in (1.0, covered.mean())]
    competence = (1 + power[0]) / (1 + power[1])
    doubt = closeness(proba)[round.candidates]
    doubt = (doubt - doubt.min()) / np.ptp(doubt)
    picks: list[int] = []
    for _ in range(n):
        density = ((away < radius) & ~covered).sum(axis=1)[round.candidates]
        score = competence * doubt + (1 - competence) * density / max(density.max(), 1)
        score[np.isin(round.candidates, picks)] = -1
        picks.append(int(round.candidates[score.argmax()]))
        covered |= away[picks[-1]] < radius
    return picks, competence


@pytest.mark.parametrize(("labels", "low", "high"), [(4, 0.0, 0.01), (60, 0.01, 0.99), (150, 0.9, 1.0)])
def test_dcom_from_density_to_doubt(labels: int, low: float, high: float) -> None:
    rng = np.random.default_rng(12)
    blob = rng.integers(0, 3, 300)
    X = 3.0 * rng.normal(size=(3, 2))[blob] + rng.normal(size=(300, 2))
    proba = 0.6 * np.eye(3)[blob] + 0.4 * rng.dirichlet(np.ones(3), 300)
    state = np.full(300, -1)
    state[:labels] = blob[:labels]
    now = view(X, state, proba=proba, classes=3)
    found = pick(DCoM(delta=0.3, limit=0.5), now, 15)
    want, competence = plain_dcom(now, X, proba, 0.3, 0.5, 15)
    assert found.ids.tolist() == want
    assert found.parts["competence"][0] == pytest.approx(competence)
    assert low <= competence <= high


def test_dcom_competence() -> None:
    assert DCoM().competence(1.0) == pytest.approx(1.0)
    assert DCoM().competence(0.8) == pytest.approx((1 + np.exp(-10)) / 2)
    assert DCoM().competence(0.0) < 1e-15


def test_dcom_without_labels_is_probcover() -> None:
    X = np.random.default_rng(13).normal(size=(200, 2))
    found = pick(DCoM(delta=0.5), view(X, proba=np.full((200, 3), 1 / 3)), 8)
    asked: list[int] = []
    near = cdist(X, X) < 0.5
    for id in found.ids:
        gains = (near & ~near[asked].any(axis=0)).sum(axis=1)
        assert gains[id] == gains.max()
        asked.append(int(id))


def test_items_that_were_asked_cover_what_lies_around_them() -> None:
    """Out-of-scope and pending items too: a smaller group is asked before theirs."""
    noise = 0.01 * np.random.default_rng(14).normal(size=(60, 1))
    X = np.repeat([[0.0], [10.0], [20.0]], [24, 24, 12], axis=0) + noise
    state = np.full(60, -1)
    state[0], state[24] = PENDING_CODE, ANSWER_CODES[OUT_OF_SCOPE]
    covers: list[Strategy] = [MaxHerding(sigma=1.0), FacilityLocation(), ProbCover(delta=1.0), UHerding()]
    for strategy in (*covers, DCoM(delta=1.0)):
        now = view(X, state, proba=np.full((60, 2), 0.5))
        assert pick(strategy, now, 1).ids[0] >= 48, strategy


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MaxHerding(sigma=0.0), "sigma is 0.0"),
        (lambda: UHerding(sigma=-1.0), "sigma is -1.0"),
        (lambda: UHerding(quantile=2.0), "quantile is 2.0"),
        (lambda: ProbCover(delta=float("nan")), "delta is nan"),
        (lambda: ProbCover(purity=0.0), "purity is 0.0"),
        (lambda: DCoM(limit=0.0), "limit is 0.0"),
        (lambda: DCoM(centre=1.5), "centre is 1.5"),
        (lambda: Tcm(switch=-1), "switch is -1"),
    ],
)
def test_parameters_out_of_range(make: Any, words: str) -> None:
    with pytest.raises(AskNextError, match=words):
        make()


def test_names_and_aliases() -> None:
    for name in ("probcover", "maxherding", "uherding", "tcm", "dcom", "facility-location", "submodular"):
        assert replace(strategies.get(name)) == strategies.get(name)


def test_large_pools_go_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ways of large pools, in small: picks are good, distinct and said to be by a sample."""
    monkeypatch.setattr("asknext.strategies.probcover.PAIRS", 400**2)
    monkeypatch.setattr("asknext.strategies.dcom.PAIRS", 400**2)
    rng = np.random.default_rng(15)
    blob = rng.integers(0, 5, 2000)
    X = 10.0 * np.eye(5)[blob] + 0.5 * rng.normal(size=(2000, 5))
    proba = np.full((2000, 2), 0.5)
    for strategy in (ProbCover(delta=6.0), DCoM(delta=6.0)):
        found = pick(strategy, view(X, proba=proba), 5)
        assert sorted(blob[found.ids]) == [0, 1, 2, 3, 4], strategy
        assert set(found.parts["over"]) == {"sample"}
    found = pick(ProbCover(delta=2.5), view(X), 20)
    assert len(set(found.ids)) == 20
    assert covered_by(X, found.ids, 2.5) == 2000
