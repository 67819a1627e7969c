"""Long tails: the counts of the published generators, and tables cut to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asknext.datasets.long_tail import long_tail, long_tail_counts
from asknext.errors import AskNextError


@pytest.mark.parametrize(
    ("form", "total", "first", "last"),
    [
        ({}, 10_847, 500, 5),
        ({"exponent": "C"}, 10_948, 500, 5),
        ({"exponent": "C", "start": 1}, 10_453, 477, 5),
    ],
)
def test_the_totals_of_cifar_100_in_its_three_forms(form, total, first, last):
    counts = long_tail_counts(100, 500, 0.01, **form)
    assert counts.sum() == total
    assert (counts[0], counts[-1]) == (first, last)


@given(st.integers(1, 60), st.integers(1, 2000), st.floats(1e-4, 1))
def test_counts_fall_from_the_largest_to_its_share_and_never_to_none(k, largest, alpha):
    counts = long_tail_counts(k, largest, alpha)
    assert len(counts) == k
    assert counts[0] == largest
    assert (np.diff(counts) <= 0).all()
    assert counts[-1] >= 1
    if k > 1:
        assert abs(counts[-1] - max(1, int(largest * alpha))) <= 1


@pytest.mark.parametrize("alpha", [0, -1, 1.5, np.nan])
def test_an_imbalance_outside_its_range_is_refused(alpha):
    with pytest.raises(AskNextError, match="must lie above 0 and be at most 1"):
        long_tail_counts(10, 100, alpha)


def test_rows_are_kept_by_class_and_no_class_gets_more_than_it_has():
    y = np.repeat(np.arange(4), [100, 100, 100, 3])
    kept = long_tail(y, 0.01, np.random.default_rng(0), shuffled=False)
    assert (np.diff(kept) > 0).all()
    assert np.bincount(y[kept]).tolist() == [100, 21, 4, 1]
    counts = {tuple(np.bincount(y[long_tail(y, 0.1, np.random.default_rng(s))])) for s in range(20)}
    assert len(counts) > 5, "the order of the classes is drawn"
    assert all(sizes[3] <= 3 for sizes in counts)
    assert len({long_tail(y, 0.1, np.random.default_rng(5)).tobytes() for _ in range(2)}) == 1
