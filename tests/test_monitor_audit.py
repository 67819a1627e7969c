"""The audit slice: its size and draw, what it tells of the model, of the classes, and of classes unseen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.errors import AskNextError
from asknext.log.audit import AuditSlice, audit_size
from asknext.monitor.audit import (
    class_shares,
    out_of_scope_rate,
    prequential_accuracy,
    present_accuracy,
    unseen_mass,
)
from asknext.monitor.interval import Interval, proportion

answers = st.lists(st.booleans(), min_size=1, max_size=120)
labels = st.lists(st.integers(0, 12), min_size=1, max_size=150)


@pytest.mark.parametrize(("batch", "share"), [(20, 0.1), (7, 0.1), (3, 0.05), (10, 0.0), (4, 1.0), (0, 0.3)])
def test_the_expected_share_is_exact(batch: int, share: float) -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([audit_size(batch, share, rng) for _ in range(4000)])
    assert set(sizes) <= {int(batch * share), int(np.ceil(batch * share))}
    assert abs(sizes.mean() - batch * share) < 4 * 0.5 / np.sqrt(4000)


@given(st.integers(0, 200), st.floats(0, 1), st.integers(0, 99))
def test_never_more_than_the_batch(batch: int, share: float, seed: int) -> None:
    assert 0 <= audit_size(batch, share, np.random.default_rng(seed)) <= batch


def test_the_draw_is_uniform_without_replacement() -> None:
    drawn = np.stack([AuditSlice.draw(5, 0.4, seed).ids for seed in range(5000)])
    assert np.all(drawn[:, 0] != drawn[:, 1])
    for place in (0, 1):  # each place in the order alike
        share = np.array([(drawn[:, place] == i).mean() for i in range(5)])
        assert np.abs(share - 0.2).max() < 4 * np.sqrt(0.16 / 5000)


def test_worked_forms() -> None:
    correct = np.array([0, 0, 0, 1, 1, 0, 1, 1], dtype=bool)
    assert present_accuracy(correct) == prequential_accuracy(correct) == proportion(4, 8)
    assert prequential_accuracy(correct, window=4) == proportion(3, 4)
    assert prequential_accuracy(correct, window=99) == proportion(4, 8)
    halved = prequential_accuracy(correct[-3:], discount=0.5)  # weights 1/4, 1/2, 1 for wrong, right, right
    assert halved is not None
    assert halved.estimate == pytest.approx(6 / 7)
    assert halved.n == pytest.approx(1.75**2 / (1 / 16 + 1 / 4 + 1))
    assert prequential_accuracy(correct, window=1, discount=0.5) == proportion(1, 1)


@given(answers, st.integers(1, 130), st.floats(0.01, 1))
def test_bounds(correct: list[bool], window: int, discount: float) -> None:
    found = prequential_accuracy(np.array(correct), window, discount)
    assert found is not None
    assert -1e-9 <= found.low <= found.estimate + 1e-9 <= found.high + 2e-9 <= 1 + 3e-9
    assert 1 - 1e-9 <= found.n <= min(len(correct), window) + 1e-9


@pytest.mark.parametrize(("window", "discount"), [(0, 1.0), (-3, 1.0), (None, 0.0), (None, 1.5)])
def test_no_such_window(window: int | None, discount: float) -> None:
    with pytest.raises(AskNextError, match="a window has at least 1 item"):
        prequential_accuracy(np.ones(3, dtype=bool), window, discount)


def test_undefined_is_none() -> None:
    nothing = np.array([], dtype=bool)
    assert present_accuracy(nothing) is None
    assert prequential_accuracy(nothing) is None
    assert prequential_accuracy(nothing, window=5, discount=0.9) is None
    assert out_of_scope_rate(nothing) is None
    assert class_shares([]) is None
    assert class_shares([], classes=["a"]) is None
    assert unseen_mass([]) is None


def test_shares_of_classes() -> None:
    found = class_shares(["b", "a", "b", "b"], classes=["a", "never"])
    assert found is not None
    assert list(found) == ["a", "never", "b"]
    level = 1 - 0.05 / 3
    assert list(found.values()) == [proportion(count, 4, level) for count in (1, 0, 3)]
    assert out_of_scope_rate(np.array([True, False, False])) == proportion(1, 3)


@given(labels, st.randoms())
def test_shares_do_not_depend_on_order_or_names(drawn: list[int], random: object) -> None:
    shuffled = list(drawn)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert class_shares(drawn) == class_shares(shuffled)
    assert unseen_mass(drawn) == unseen_mass([f"class {i}" for i in shuffled])
    shares = class_shares(drawn)
    assert shares is not None
    assert sum(v.estimate for v in shares.values()) == pytest.approx(1)


def test_shares_hold_together() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([0.5, 0.3, 0.1, 0.07, 0.03])
    covered = []
    for _ in range(1000):
        found = class_shares(rng.choice(5, 100, p=truth).tolist(), classes=range(5))
        assert found is not None
        covered.append(all(found[i].low <= truth[i] <= found[i].high for i in range(5)))
    assert np.mean(covered) >= 0.94


def test_good_turing_worked() -> None:
    found = unseen_mass(["a", "a", "a", "b", "b", "c", "d", "e"])
    assert found is not None
    assert found.estimate == 3 / 8  # c, d and e were seen once
    assert found.low == 0  # three singletons do not prove that anything is unseen
    assert unseen_mass(["a"]) == pytest.approx(Interval(1, 0.025, 1, 1))
    many = [*range(60), *[99] * 140]  # 60 classes once, one 140 times
    normal = 1.959964 * np.sqrt(60 * (1 - 60 / 200)) / 200
    found = unseen_mass(many)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.3 - normal, 0.3 + normal), abs=0.01)


def test_none_seen_once_still_leaves_room() -> None:
    found = unseen_mass([0, 0, 1, 1] * 25)
    assert found is not None
    assert found.estimate == found.low == 0
    assert 0.02 < found.high < 0.06


@given(labels)
def test_good_turing_bounds(drawn: list[int]) -> None:
    found = unseen_mass(drawn)
    assert found is not None
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    twice = unseen_mass([*drawn, *drawn])
    assert twice is not None
    assert twice.estimate == twice.low == 0  # nothing is seen once


@pytest.mark.parametrize(
    "p", [np.ones(50), 1 / np.arange(1, 101), 0.7 ** np.arange(20), np.array([0.97, 0.03])]
)
@pytest.mark.parametrize("n", [20, 100])
def test_good_turing_covers(p: np.ndarray, n: int) -> None:
    rng = np.random.default_rng(0)
    p = p / p.sum()
    covered, errors = [], []
    for _ in range(500):
        drawn = rng.choice(len(p), n, p=p)
        mass = p[np.bincount(drawn, minlength=len(p)) == 0].sum()
        found = unseen_mass(drawn.tolist())
        assert found is not None
        covered.append(found.low - 1e-12 <= mass <= found.high + 1e-12)
        errors.append(found.estimate - mass)
    assert np.mean(covered) >= 0.9
    assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(500) + 1 / n
