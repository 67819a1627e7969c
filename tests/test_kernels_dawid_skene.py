"""Dawid and Skene's model: it finds planted errors, beats a vote, and equals a plain implementation."""

from __future__ import annotations

import numpy as np
import pytest

from asknext.kernels.dawid_skene import dawid_skene
from asknext.types import Array, Ids


def planted(errs: Array, shares: Array, n: int, seed: int = 0, each: float = 1.0) -> tuple[Ids, Ids]:
    """The truth of n items, and opinions on a share `each` of them by raters who err so."""
    draw = np.random.default_rng(seed)
    truth = draw.choice(len(shares), size=n, p=shares)
    rows = [
        (item, rater, draw.choice(len(shares), p=errs[rater, true]))
        for item, true in enumerate(truth.tolist())
        for rater in range(len(errs))
        if draw.random() < each
    ]
    return truth, draw.permutation(np.array(rows))


def sure(p: float, k: int = 3) -> Array:
    """One who is right with probability p, and errs evenly."""
    return np.full((k, k), (1 - p) / (k - 1)) + np.eye(k) * (p - (1 - p) / (k - 1))


def plain(triples: Ids, raters: int, k: int, smoothing: float) -> tuple[Array, Array]:
    """Item by item, opinion by opinion; the published steps."""
    n = int(triples[:, 0].max()) + 1
    belief = np.zeros((n, k))
    for item, _, said in triples.tolist():
        belief[item, said] += 1
    belief /= belief.sum(axis=1, keepdims=True)
    for _ in range(2000):
        errs = np.tile(smoothing * (np.eye(k) / 2 + 1 / (2 * k)), (raters, 1, 1))
        for item, rater, said in triples.tolist():
            errs[rater, :, said] += belief[item]
        errs /= errs.sum(axis=2, keepdims=True)
        shares = belief.sum(axis=0) + smoothing / k
        odds = np.tile(shares / shares.sum(), (n, 1))
        for item, rater, said in triples.tolist():
            odds[item] *= errs[rater, :, said]
        after = odds / odds.sum(axis=1, keepdims=True)
        if np.abs(after - belief).max() < 1e-9:
            break
        belief = after
    return belief, errs


@pytest.mark.parametrize("smoothing", [1.0, 0.1])
def test_it_is_the_plain_implementation(smoothing: float) -> None:
    errs = np.stack([sure(0.9), sure(0.7), sure(0.5)])
    _, triples = planted(errs, np.array([0.5, 0.3, 0.2]), 60, each=0.8)
    found = dawid_skene(triples, 3, 3, smoothing)
    items, triples[:, 0] = np.unique(triples[:, 0], return_inverse=True)
    belief, wanted = plain(triples, 3, 3, smoothing)
    assert found.items.tolist() == items.tolist()
    np.testing.assert_allclose(found.p, belief.max(axis=1), atol=1e-3)
    np.testing.assert_allclose(found.confusion, wanted, atol=1e-3)
    clear = found.p > 0.6
    assert (found.categories[clear] == belief.argmax(axis=1)[clear]).all()


def test_it_finds_planted_confusion_matrices() -> None:
    swapped = np.array([[0.1, 0.8, 0.1], [0.75, 0.2, 0.05], [0.05, 0.05, 0.9]])
    errs, shares = np.stack([sure(0.95), sure(0.8), sure(0.7), swapped]), np.array([0.6, 0.3, 0.1])
    truth, triples = planted(errs, shares, 4000)
    found = dawid_skene(triples, 4, 3)
    np.testing.assert_allclose(found.confusion, errs, atol=0.06)
    np.testing.assert_allclose(found.shares, shares, atol=0.02)
    assert np.mean(found.categories == truth) > 0.95


def test_it_beats_the_vote_where_some_are_careless() -> None:
    errs = np.stack([sure(0.9), sure(0.4), sure(0.4), sure(0.9)])
    truth, triples = planted(errs, np.full(3, 1 / 3), 1000, each=0.8)
    found = dawid_skene(triples, 4, 3)
    votes = np.zeros((1000, 3))
    np.add.at(votes, (triples[:, 0], triples[:, 2]), 1)
    modelled = np.mean(found.categories == truth[found.items])
    assert modelled > np.mean(votes.argmax(axis=1)[found.items] == truth[found.items]) + 0.05


def test_the_order_of_opinions_does_not_matter_and_certainty_is_honest() -> None:
    errs = np.stack([sure(0.85), sure(0.7), sure(0.6)])
    truth, triples = planted(errs, np.full(3, 1 / 3), 3000)
    found, again = dawid_skene(triples, 3, 3), dawid_skene(triples[::-1], 3, 3)
    assert found.categories.tolist() == again.categories.tolist()
    assert found.p.mean() == pytest.approx(np.mean(found.categories == truth), abs=0.03)


def test_few_opinions_decide_little() -> None:
    """One opinion of one person, and a person who was never right."""
    one = dawid_skene(np.array([[7, 0, 1]]), 1, 2)
    assert (one.items.tolist(), one.categories.tolist()) == ([7], [1])
    assert 0.5 < one.p[0] < 1
    assert np.isfinite(one.confusion).all()
    two = dawid_skene(np.array([[0, 0, 1], [0, 1, 0], [0, 2, 1]]), 3, 2, smoothing=0.0)
    assert (two.categories.tolist(), np.isfinite(two.p).all()) == ([1], True)


def test_without_opinions_there_is_nothing_to_find() -> None:
    none = dawid_skene(np.empty((0, 3), dtype=np.intp), 2, 3)
    assert len(none.items) == len(none.p) == 0
    np.testing.assert_allclose(none.confusion.sum(axis=2), 1)
    assert none.confusion.shape == (2, 3, 3)
