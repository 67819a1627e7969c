"""Calibration errors against plain loops over bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from asknext.monitor import calibration
from asknext.types import Array


@st.composite
def said(draw: st.DrawFn) -> tuple[Array, Array]:
    """Probabilities, coarse ones among them so that equal confidences occur, and the truth."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, k = draw(st.integers(1, 40)), draw(st.integers(2, 4))
    proba = rng.dirichlet(np.full(k, 0.7), m)
    if draw(st.booleans()):
        proba = rng.multinomial(5, np.full(k, 1 / k), size=m) / 5
    return proba, rng.integers(k, size=m)


def gaps(proba: Array, y: Array, bins: int, binning: str) -> list[tuple[int, float]]:
    """Items and |accuracy - confidence| of each bin that holds any, item by item."""
    held: dict[int, list[int]] = {}
    sure = proba.max(axis=1)
    for i, confidence in enumerate(sure):
        if binning == "mass":
            place = int(np.sum(sure < confidence)) * bins // len(sure)
        else:
            upper = np.linspace(0, 1, bins + 1)[1:]
            place = next(b for b in range(bins) if confidence <= upper[b] or b == bins - 1)
        held.setdefault(place, []).append(i)
    right = proba.argmax(axis=1) == y
    return [(len(items), abs(np.mean(right[items]) - np.mean(sure[items]))) for items in held.values()]


@pytest.mark.parametrize("binning", ["mass", "width"])
@given(said=said(), bins=st.integers(1, 20))
def test_against_a_loop(binning: calibration.Binning, said: tuple[Array, Array], bins: int) -> None:
    proba, y = said
    plain = gaps(proba, y, bins, binning)
    expected = sum(count * gap for count, gap in plain) / len(y)
    assert calibration.expected_error(proba, y, bins, binning) == pytest.approx(expected, abs=1e-12)
    largest = max(gap for _, gap in plain)
    assert calibration.maximum_error(proba, y, bins, binning) == pytest.approx(largest, abs=1e-12)


@pytest.mark.parametrize("binning", ["mass", "width"])
@given(said=said(), bins=st.integers(1, 20), seed=st.integers(0, 99))
def test_bounds_and_what_plays_no_part(
    binning: calibration.Binning, said: tuple[Array, Array], bins: int, seed: int
) -> None:
    proba, y = said
    expected = calibration.expected_error(proba, y, bins, binning)
    largest = calibration.maximum_error(proba, y, bins, binning)
    over = calibration.overconfidence(proba, y)
    assert expected is not None
    assert largest is not None
    assert over is not None
    assert abs(over) <= expected + 1e-12
    assert expected <= largest + 1e-12
    assert largest <= 1 + 1e-12
    assert 1 / proba.shape[1] - 1 <= over + 1e-12
    assert calibration.expected_error(proba, y, 1, binning) == pytest.approx(abs(over), abs=1e-12)
    items = np.random.default_rng(seed).permutation(len(y))
    twice = np.tile(items, 2)
    for form, value in ((calibration.expected_error, expected), (calibration.maximum_error, largest)):
        assert form(proba[items], y[items], bins, binning) == pytest.approx(value, abs=1e-12)
        assert form(proba[twice], y[twice], bins, binning) == pytest.approx(value, abs=1e-12)


@given(said=said(), seed=st.integers(0, 99))
def test_names_of_classes_play_no_part(said: tuple[Array, Array], seed: int) -> None:
    proba, y = said
    proba = proba + np.random.default_rng(seed).uniform(0, 1e-3, size=proba.shape)  # no two equally likely
    proba /= proba.sum(axis=1, keepdims=True)
    names = np.random.default_rng(seed).permutation(proba.shape[1])
    again = proba[:, names], np.argsort(names)[y]
    assert calibration.expected_error(*again) == pytest.approx(calibration.expected_error(proba, y))
    assert calibration.overconfidence(*again) == pytest.approx(calibration.overconfidence(proba, y))


def test_by_hand() -> None:
    sure = np.array([0.6, 0.6, 0.9, 0.9])
    proba, y = np.column_stack([sure, 1 - sure]), np.array([0, 0, 0, 1])
    items, confidence, accuracy = calibration.reliability(proba, y, 2)
    assert items.tolist() == [2, 2]
    np.testing.assert_allclose(confidence, [0.6, 0.9])
    assert accuracy.tolist() == [1, 0.5]
    assert calibration.expected_error(proba, y, 2) == pytest.approx(0.4)
    assert calibration.maximum_error(proba, y, 2) == pytest.approx(0.4)
    assert calibration.overconfidence(proba, y) == pytest.approx(0)  # too little and too much cancel
    assert calibration.expected_error(proba, y, 2, "width") == pytest.approx(0)  # both lie in (0.5, 1]


def test_calibrated_certain_and_wrong() -> None:
    certain = np.eye(2)[[0, 1, 1]]
    assert calibration.expected_error(certain, np.array([0, 1, 1])) == 0
    assert calibration.maximum_error(certain, np.array([1, 0, 0])) == 1
    assert calibration.overconfidence(certain, np.array([1, 0, 0])) == 1


def test_bins_of_equal_width_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    positive = rng.uniform(0.5, 1, size=300)
    proba, y = np.column_stack([1 - positive, positive]), rng.integers(2, size=300)
    share, mean = calibration_curve(y, positive, n_bins=10)
    _, confidence, accuracy = calibration.reliability(proba, y, 10, "width")
    np.testing.assert_allclose(confidence, mean)
    np.testing.assert_allclose(accuracy, share)


def test_bins_of_equal_mass_hold_equally_many() -> None:
    sure = np.random.default_rng(0).uniform(0.5, 1, size=107)
    items = calibration.reliability(np.column_stack([sure, 1 - sure]), np.zeros(107, dtype=int), 10).items
    assert items.sum() == 107
    assert set(items.tolist()) == {10, 11}


def test_not_defined() -> None:
    for form in (calibration.expected_error, calibration.maximum_error, calibration.overconfidence):
        assert form(np.empty((0, 2)), np.array([], dtype=int)) is None
        assert form(np.empty((2, 0)), np.zeros(2, dtype=int)) is None
