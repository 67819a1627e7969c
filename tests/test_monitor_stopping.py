"""Stopping rules: the rounds at which they stop, what they never do, and what they say."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.monitor.stopping import (
    RULES,
    AuditCost,
    BatchAccuracy,
    ClassificationChange,
    ContradictionCost,
    ContradictoryInformation,
    ExtendedVarianceModel,
    FlatContradiction,
    LowContradiction,
    MaxEntropy,
    OverallUncertainty,
    Rule,
    StabilisingPredictions,
    VarianceModel,
    contradictory_information,
    first_stop,
)
from asknext.monitor.stopping.curve import extrapolate

AUDIT = AuditCost(initial=20, batch=20, price=0.05, point=10)
BOUND = ContradictionCost(initial=20, batch=20, price=0.05, point=1)
ALL = (*RULES, AUDIT, BOUND)
NEEDED = {  # values that must be known before a rule can stop
    "variance-model": 3, "extended-variance-model": 3, "contradictory-information": 4, "low-contradiction": 3,
    "flat-contradiction": 4, "stabilising-predictions": 3, "classification-change": 1, "max-entropy": 1,
    "overall-uncertainty": 1, "batch-accuracy": 1, "audit-cost": 5, "contradiction-cost": 5,
    "little-left": 3,
}  # fmt: skip
LARGE_IS_GOOD = {"kappa", "batch_accuracy", "audit_accuracy"}

each_rule = pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
series = st.lists(st.none() | st.floats(0, 1), max_size=14)


@pytest.mark.parametrize(
    ("rule", "history", "stops"),
    [
        (VarianceModel(), [0.1, 0.2, 0.15, 0.12], 3),
        (VarianceModel(), [0.1, 0.2, 0.15, 0.16, 0.12, 0.13, 0.1, 0.08], 7),  # not 5, after two drops in all
        (VarianceModel(), [0.1, 0.2, 0.15, 0.15, 0.12], None),  # no drop is no drop
        (VarianceModel(drops=1), [0.1, 0.2, 0.15], 2),
        (ExtendedVarianceModel(), [0.1, 0.2, 0.1995, 0.1990, 0.18, 0.1], 5),
        (ExtendedVarianceModel(by=0.5), [0.25, 0.1, 0.0], None),  # a variance of confidences is at most .25
        (ContradictoryInformation(), [3, 5, 4, 3, 2], 4),
        (ContradictoryInformation(), [3, 5, 4, 4.5, 4, 3, 2.9], 6),
        (LowContradiction(below=0.05), [None, 0.3, 0.1, 0.04, 0.05, 0.04, 0.03, 0.02], 7),
        (FlatContradiction(), [0.04, 0.035, 0.03, 0.028], 3),
        (FlatContradiction(), [0.4, 0.405, 0.4, 0.402, 0.401], None),
        (FlatContradiction(ceiling=1), [0.4, 0.405, 0.4, 0.402, 0.401], 3),  # as the plugin has it
        (FlatContradiction(), [0.05, 0.04, 0.04, 0.04, 0.04], 4),  # a change of .01 is not below .01
        (StabilisingPredictions(), [None, 0.9, 0.98, 0.99, 1.0, 0.98], 4),
        (StabilisingPredictions(), [0.99, 0.99, 0.99], 2),
        (StabilisingPredictions(windows=1), [0.98, 0.995], 1),
        (ClassificationChange(), [0.2, 0.001, 0.0], 2),
        (MaxEntropy(), [0.69, 0.02, 0.01], 2),
        (OverallUncertainty(), [0.2, 0.01, 0.009], 2),
        (BatchAccuracy(), [0.5, 0.89, 0.9], 2),
    ],
)
def test_worked_rounds(rule: Rule, history: list[float | None], stops: int | None) -> None:
    assert first_stop(rule, history) == stops


@each_rule
@given(history=series)
def test_never_before_enough_is_known(rule: Rule, history: list[float | None]) -> None:
    verdict = rule.decide(history)
    known = [v for v in history if v is not None]
    if verdict.stop:
        assert len(known) >= NEEDED[rule.name]
        assert verdict.settled is not False
    if not history or history[-1] is None:
        assert verdict[:2] == (False, None)
        assert "must all be known" in verdict.why or "known values" in verdict.why


@each_rule
@given(value=st.floats(0, 1), rounds=st.integers(0, 20))
def test_a_constant_bad_figure_is_never_settled(rule: Rule, value: float, rounds: int) -> None:
    bad = 0.7 * value if rule.reads in LARGE_IS_GOOD else 0.1 + 0.9 * value
    verdict = rule.decide([bad] * rounds)
    assert not verdict.stop
    assert verdict.settled is not True
    if rounds >= 5:
        assert verdict.settled is False
        assert "stuck" in verdict.why


@each_rule
@given(history=series)
def test_the_say_is_one_sentence_of_this_figure(rule: Rule, history: list[float | None]) -> None:
    why = rule.decide(history).why
    assert why.endswith(".")
    assert why.count(". ") == 0
    assert "nan" not in why
    assert rule.reads in why or "predictions" in why


@each_rule
def test_a_value_not_known_breaks_a_run(rule: Rule) -> None:
    good = [0.9 + 0.001 * t for t in range(20)] if rule.reads in LARGE_IS_GOOD else [0.0] * 20
    if rule.reads == "kappa":
        good = [0.995] * 20
    if rule.name in {"variance-model", "extended-variance-model", "contradictory-information"}:
        good = [0.2 - 0.009 * t for t in range(20)]
    stop = rule.decide(good)
    assert stop.stop
    assert stop.settled
    assert not rule.decide([*good, None]).stop
    assert rule.decide([*good[:-1], float("nan")]) == rule.decide([*good[:-1], None])
    if rule.name not in {"audit-cost", "contradiction-cost"}:
        assert rule.decide([*good, None, *good[-NEEDED[rule.name] :]]).stop
    if NEEDED[rule.name] > 1:
        assert not rule.decide([good[0], None, *good[1 : NEEDED[rule.name] - 1]]).stop


@each_rule
def test_frozen_with_thresholds_as_fields(rule: Rule) -> None:
    with pytest.raises(FrozenInstanceError):
        rule.drops = 1  # type: ignore[attr-defined]
    assert fields(rule)  # type: ignore[arg-type]
    assert type(rule)(**{f.name: getattr(rule, f.name) for f in fields(rule)}) == rule  # type: ignore[arg-type]


def test_names_are_unique() -> None:
    assert {rule.name for rule in ALL} == set(NEEDED)


def test_low_and_stuck_and_moving() -> None:
    rule = LowContradiction(below=0.02)
    assert rule.decide([0.3, 0.01, 0.012, 0.004]) == (
        True, True, "contradiction was below 0.02 in the last 3 rounds (0.01, 0.012, 0.004): settled."
    )  # fmt: skip
    assert rule.decide([0.6, 0.31, 0.3, 0.31]) == (
        False, False,
        "contradiction was not below 0.02 in the last 3 rounds (0.31, 0.3, 0.31) and hardly moves: "
        "flat but not there, so stuck, not settled.",
    )  # fmt: skip
    assert rule.decide([0.6, 0.4, 0.3, 0.2])[:2] == (False, None)
    assert rule.decide([0.3, 0.27, 0.24])[:2] == (False, None)  # slowly falling is not flat
    assert rule.decide([0.04, 0.03, 0.025, 0.022])[:2] == (False, None)  # slow, but on its last steps


def test_a_run_of_drops_far_from_low_is_not_settled() -> None:
    assert VarianceModel().decide([0.2, 0.19, 0.18])[:2] == (True, None)
    assert VarianceModel().decide([0.2, 0.12, 0.09])[:2] == (True, True)


@given(st.integers(1, 9), st.floats(0.1, 10), st.integers(0, 99))
def test_contradictory_information(b: int, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wrong, sure = rng.random(b) < 0.5, rng.random(b) + 0.01
    found = contradictory_information(wrong, sure)
    assert found is not None
    assert 0 <= found <= b + 1e-9
    assert contradictory_information(wrong, scale * sure) == pytest.approx(found)
    assert contradictory_information(np.ones(b, dtype=bool), sure) == pytest.approx(b)


def test_contradictory_information_worked() -> None:
    found = contradictory_information(np.array([True, False, True]), np.array([0.2, 0.6, 0.4]))
    assert found == pytest.approx(0.6 / 0.4)
    assert contradictory_information(np.array([], dtype=bool), np.array([])) is None
    assert contradictory_information(np.array([True]), np.array([0.0])) is None


def power(rounds: int, top: float = 0.9, slope: float = 1.5, exponent: float = 0.5) -> np.ndarray:
    return top - slope * (20 + 20 * np.arange(rounds)) ** -exponent


def test_the_curve_is_found_again() -> None:
    found = extrapolate(list(power(10)), 20, 20, 0.9)
    assert found is not None
    ahead = power(11)
    np.testing.assert_allclose(found.now, ahead[9], atol=1e-9)
    np.testing.assert_allclose((found.next, found.next_high), ahead[10], atol=1e-6)
    np.testing.assert_allclose((found.gain, found.gain_high), ahead[10] - ahead[9], atol=1e-6)
    gaps = [None, *power(10)[1:5], None, *power(10)[6:]]
    again = extrapolate(gaps, 20, 20, 0.9)
    assert again is not None
    np.testing.assert_allclose(again, found, atol=1e-6)
    assert extrapolate([0.1] * 4, 20, 20, 0.9) is None
    assert extrapolate([0.1] * 6, 0, 20, 0.9) is not None  # a first model without labels


def test_the_high_end_holds_under_noise() -> None:
    rng = np.random.default_rng(0)
    truth = power(31)
    held = []
    for _ in range(300):
        found = extrapolate(list(truth[:30] + rng.normal(0, 0.05, 30)), 20, 20, 0.9)
        assert found is not None
        held.append(found.gain_high >= truth[30] - truth[29])
    assert np.mean(held) >= 0.9


def test_stops_where_the_next_batch_is_not_worth_its_price() -> None:
    curve = power(60)
    gains = 100 * np.diff(power(61)) * AUDIT.point
    cheap = int(np.argmax(gains < AUDIT.price * AUDIT.batch))
    assert first_stop(AUDIT, list(curve)) == cheap
    dear = AuditCost(20, 20, price=0.5, point=10, enough=0.5)
    stop = first_stop(dear, list(curve))
    assert stop is not None
    assert stop < cheap
    assert "they do not pay" in dear.decide(list(curve)).why


def test_flat_at_a_poor_accuracy_is_stuck() -> None:
    assert AUDIT.decide([0.55, 0.55, 0.55, 0.55, 0.55, 0.55])[:2] == (False, False)
    assert AuditCost(20, 20, 0.05, 10, enough=0.5).decide([0.55] * 6)[:2] == (True, True)


def test_contradictions_bound_the_gain() -> None:
    falling = [None, *(1.5 * (20 + 20 * np.arange(1, 80)) ** -0.9)]
    stop = first_stop(BOUND, falling)
    assert stop is not None
    pays = BOUND.price * BOUND.batch / (100 * BOUND.point)
    assert falling[stop + 1] < pays <= falling[stop]
    assert BOUND.decide([None, *[0.3] * 8])[:2] == (False, False)
