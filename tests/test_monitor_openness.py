"""Scope and discovery against plain counts and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from asknext.monitor import openness

NOBODY = np.array([], dtype=int)


def test_by_hand() -> None:
    in_scope = np.array([True, False, True, True, False, False])
    assert openness.query_precision(in_scope, np.array([0, 1, 2])) == 2 / 3
    assert openness.contamination(in_scope, np.array([3, 4, 5])) == 2 / 3
    assert openness.discovered(np.array([4, 0, 4]), 8) == (2, 0.25)
    assert openness.class_balance(np.array([0, 0, 1, 1]), 4) == pytest.approx(0.5)


def test_not_defined() -> None:
    assert openness.query_precision(np.array([True]), NOBODY) is None
    assert openness.contamination(np.array([True]), NOBODY) is None
    assert openness.discovered(NOBODY) == (0, None)
    assert openness.discovered(np.array([0, 1])) == (2, None)
    assert openness.discovered(NOBODY, 0) == (0, None)
    assert openness.class_balance(NOBODY, 3) is None
    assert openness.class_balance(np.array([0, 0]), 1) is None


@given(in_scope=st.lists(st.booleans(), min_size=2, max_size=20), seed=st.integers(0, 99))
def test_precision_and_contamination_share_the_pool(in_scope: list[bool], seed: int) -> None:
    scope, n = np.array(in_scope), len(in_scope)
    order = np.random.default_rng(seed).permutation(n)
    b = int(np.random.default_rng(seed).integers(1, n))
    precision = openness.query_precision(scope, order[:b])
    rest = openness.contamination(scope, order[b:])
    assert precision is not None
    assert rest is not None
    assert 0 <= precision <= 1
    assert precision * b + (1 - rest) * (n - b) == pytest.approx(scope.sum())


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=30), seed=st.integers(0, 99))
def test_discovery_and_balance(labels: list[int], seed: int) -> None:
    given_labels = np.array(labels)
    number, share = openness.discovered(given_labels, 5)
    balance = openness.class_balance(given_labels, 5)
    assert number == len(set(labels))
    assert share == number / 5
    assert balance == pytest.approx(entropy(np.bincount(given_labels)) / np.log(5), abs=1e-12)
    assert balance is not None
    assert -1e-12 <= balance <= np.log(number) / np.log(5) + 1e-12
    names = np.random.default_rng(seed).permutation(5)
    assert openness.class_balance(names[given_labels], 5) == pytest.approx(balance)
    assert openness.class_balance(np.tile(given_labels, 3), 5) == pytest.approx(balance)
    assert openness.discovered(names[given_labels], 5) == (number, share)


def test_balance_at_its_ends() -> None:
    assert openness.class_balance(np.arange(3).repeat(4), 3) == pytest.approx(1)
    assert openness.class_balance(np.zeros(4, dtype=int), 3) == 0
