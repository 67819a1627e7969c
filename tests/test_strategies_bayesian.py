"""BALD, BatchBALD and committees: worked values, plain re-implementations, and what batches are for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

import asknext
from asknext.errors import AskNextError
from asknext.strategies import Strategy, check_strategy
from asknext.strategies.bald import Bald, disagreement
from asknext.strategies.batchbald import BatchBald
from asknext.strategies.committee import Committee, votes

RNG = np.random.default_rng(0)
SAMPLES = RNG.dirichlet(np.full(4, 0.5), size=(300, 7))


def choose(strategy: Strategy, samples: np.ndarray, n: int, seed: int = 0) -> asknext.strategies.Selection:
    return asknext.select(np.zeros((len(samples), 1)), n, strategy, signals={"samples": samples}, seed=seed)


@pytest.mark.parametrize(
    "strategy",
    [Bald(), BatchBald(), BatchBald(configurations=20), Committee(), Committee("consensus-entropy"),
     Committee("kl")],
)  # fmt: skip
def test_common_check(strategy: Strategy) -> None:
    check_strategy(strategy)


def test_bald_worked_values() -> None:
    members = np.array([[[0.9, 0.1], [0.1, 0.9]], [[0.9, 0.1], [0.7, 0.3]], [[0.6, 0.4], [0.6, 0.4]]])
    np.testing.assert_allclose(disagreement(members), [0.3681, 0.0324, 0.0], atol=5e-5)
    found = choose(Bald(), members, 3)
    assert found.ids.tolist() == [0, 1, 2]


def test_bald_is_the_textbook_formula() -> None:
    expected = entropy(SAMPLES.mean(axis=1), axis=1) - entropy(SAMPLES, axis=2).mean(axis=1)
    found = choose(Bald(), SAMPLES, 300)
    np.testing.assert_allclose(found.scores, expected[found.ids])
    assert found.ids.tolist() == np.argsort(-expected).tolist()


def test_committee_measures() -> None:
    plain = {
        "vote-entropy": [entropy(np.bincount(row.argmax(axis=1), minlength=4)) for row in SAMPLES],
        "consensus-entropy": [entropy(row.mean(axis=0)) for row in SAMPLES],
        "kl": [np.mean([entropy(p, row.mean(axis=0)) for p in row]) for row in SAMPLES],
    }
    for name, expected in plain.items():
        found = choose(Committee(name), SAMPLES, 300)
        np.testing.assert_allclose(found.scores, np.array(expected)[found.ids], atol=1e-5)


def test_votes_and_their_ties() -> None:
    members = np.array([[[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.2, 0.1, 0.7]]])
    np.testing.assert_allclose(votes(members), [[1 / 3, 0, 2 / 3]])
    alike = np.array([[[0.6, 0.4], [0.4, 0.6]], [[0.9, 0.1], [0.1, 0.9]]])  # one vote each, twice
    assert choose(Committee(), alike, 1).ids.tolist() == [1]


def test_unknown_measure() -> None:
    with pytest.raises(AskNextError, match="unknown disagreement 'vote'; there is: vote-entropy"):
        Committee("vote")


def test_batchbald_spreads_where_bald_repeats() -> None:
    """Ten copies of the best item: BALD asks them all, BatchBALD asks one and then others."""
    copies = np.repeat(SAMPLES[[int(disagreement(SAMPLES).argmax())]], 10, axis=0)
    pool = np.concatenate([copies, SAMPLES[:50]])
    by_item = choose(Bald(), pool, 5)
    by_batch = choose(BatchBald(), pool, 5)
    assert (by_item.ids < 10).sum() == 5
    assert (by_batch.ids < 10).sum() < 3
    assert by_batch.scores is not None
    assert by_batch.scores[0] == pytest.approx(disagreement(copies[:1])[0])


def test_batchbald_of_one_is_bald() -> None:
    assert choose(BatchBald(), SAMPLES, 1).ids == choose(Bald(), SAMPLES, 1).ids


def test_few_configurations_lose_little() -> None:
    """The information of the chosen batch, measured exactly, hardly suffers from sampling."""
    exact = choose(BatchBald(configurations=10**6), SAMPLES, 5).scores
    sampled = choose(BatchBald(configurations=100), SAMPLES, 5).ids
    assert exact is not None
    again = choose(BatchBald(configurations=10**6), SAMPLES[sampled], 5).scores
    assert again is not None
    assert again.sum() > 0.97 * exact.sum()


def test_configurations_must_be_positive() -> None:
    with pytest.raises(AskNextError, match="configurations is 0"):
        BatchBald(configurations=0)


def test_forest_gives_the_samples() -> None:
    X = RNG.normal(size=(60, 3))
    campaign = asknext.Campaign(X, "random-forest", "batchbald", seed=1)
    campaign.tell(range(12), (X[:12, 0] > 0).tolist())
    assert len(campaign.ask(5)) == 5
