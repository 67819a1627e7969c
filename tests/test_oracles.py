"""Oracles: right where they should be, wrong as often as they should be, and never of two minds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from asknext.errors import AskNextError
from asknext.oracles import NoisyOracle, TruthOracle
from asknext.pool import OUT_OF_SCOPE, UNSURE

TRUTH = np.random.default_rng(0).choice(["a", "b", "c"], size=30_000, p=[0.5, 0.3, 0.2]).tolist()
ALL = np.arange(len(TRUTH))
CONFUSION = np.array([[0.7, 0.3, 0.0], [0.05, 0.9, 0.05], [0.25, 0.25, 0.5]])


def test_truth() -> None:
    oracle = TruthOracle(["a", OUT_OF_SCOPE, 3])
    assert oracle.answer(np.array([2, 1, 0, 2])) == [3, OUT_OF_SCOPE, "a", 3]


@given(st.integers(0, 1000), st.lists(st.integers(0, 99), max_size=20))
def test_the_same_item_gets_the_same_answer(seed: int, ids: list[int]) -> None:
    noisy = NoisyOracle(TRUTH[:100], seed, rate=0.5)
    whole = noisy.answer(np.arange(100))
    assert noisy.answer(np.array(ids, dtype=np.intp)) == [whole[i] for i in ids]
    assert NoisyOracle(TRUTH[:100], seed, rate=0.5).answer(np.arange(100)) == whole


def test_other_seeds_err_about_other_items() -> None:
    one, two = (NoisyOracle(TRUTH, seed, rate=0.5).answer(ALL) for seed in (1, 2))
    assert 0.3 < np.mean([a != b for a, b in zip(one, two, strict=True)]) < 0.8


def test_a_rate_is_spread_over_the_other_classes() -> None:
    answers = NoisyOracle(TRUTH, 3, rate=0.3).answer(ALL)
    for label, others in (("a", "bc"), ("b", "ac"), ("c", "ab")):
        given_ = [a for a, t in zip(answers, TRUTH, strict=True) if t == label]
        observed = [given_.count(label), given_.count(others[0]), given_.count(others[1])]
        assert chisquare(observed, np.array([0.7, 0.15, 0.15]) * len(given_)).pvalue > 1e-3


def test_a_confusion_matrix_is_followed() -> None:
    answers = NoisyOracle(TRUTH, 4, confusion=CONFUSION).answer(ALL)
    for row, label in zip(CONFUSION, "abc", strict=True):
        given_ = [a for a, t in zip(answers, TRUTH, strict=True) if t == label]
        observed = np.array([given_.count(other) for other in "abc"])
        assert observed[row == 0].sum() == 0
        assert chisquare(observed[row > 0], row[row > 0] * len(given_)).pvalue > 1e-3


def test_the_order_of_classes_is_the_callers() -> None:
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert NoisyOracle(["x", "y"], 0, confusion=swap, classes=["y", "x"]).answer(np.arange(2)) == ["y", "x"]
    shift = np.roll(np.eye(3), 1, axis=1)
    oracle = NoisyOracle(["c", "a"], 0, confusion=shift, classes=["c", "a", "b"])
    assert oracle.answer(np.arange(2)) == ["a", "b"]


def test_the_ends_of_the_rate() -> None:
    assert NoisyOracle(TRUTH, 5, rate=0.0).answer(ALL) == TRUTH
    assert not any(a == t for a, t in zip(NoisyOracle(TRUTH, 5, rate=1.0).answer(ALL), TRUTH, strict=True))


def test_other_answers_pass_and_one_class_cannot_be_mistaken() -> None:
    labels = ["a", OUT_OF_SCOPE, "a", UNSURE]
    assert NoisyOracle(labels, 0, rate=1.0).answer(np.arange(4)) == labels


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either a rate or a confusion matrix"),
        ({"rate": 0.1, "confusion": CONFUSION}, "either a rate or a confusion matrix"),
        ({"rate": -0.1}, "the noise rate is -0.1"),
        ({"rate": 1.5}, "between 0 and 1"),
        ({"rate": float("nan")}, "between 0 and 1"),
        ({"confusion": np.eye(2)}, "must be 3 × 3 .* it is 2 × 2"),
        ({"confusion": np.full((3, 3), 0.3)}, "each row adding up to 1"),
        ({"confusion": np.array([[2, -1, 0], [0, 1, 0], [0, 0, 1]])}, "non-negative"),
        ({"rate": 0.1, "classes": ["a", "b"]}, "the label 'c' is none of the classes"),
    ],
)
def test_faulty_settings(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        NoisyOracle(TRUTH[:50], 0, **arguments)  # type: ignore[arg-type]


def test_labels_without_a_common_order() -> None:
    with pytest.raises(AskNextError, match="the labels mix texts and numbers, such as '1' and 1"):
        NoisyOracle([1, "1", OUT_OF_SCOPE], 0, rate=0.1)
    assert NoisyOracle([1, "1"], 0, rate=0.0, classes=[1, "1"]).answer(np.arange(2)) == [1, "1"]
