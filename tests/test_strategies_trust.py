"""Trust score and ranked batches: worked values, and plain re-implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import asknext
from asknext.errors import AskNextError
from asknext.strategies import Strategy, check_strategy, get
from asknext.strategies.ranked_batch import RankedBatch
from asknext.strategies.trust_score import TrustScore

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
PROBA = RNG.dirichlet(np.ones(3), size=80)
Y = np.array([0, 1, 2] * 8)
KNOWN = np.arange(24)


@pytest.mark.parametrize(
    "strategy", [TrustScore(), TrustScore(3, 0.4), RankedBatch(), RankedBatch(get("bald"))],
    ids=["trust", "filtered", "ranked", "ranked by bald"],
)  # fmt: skip
def test_common_check(strategy: Strategy) -> None:
    check_strategy(strategy)


def trust(x: list[float], predicted: list[int], alpha: float = 0.0) -> np.ndarray:
    """Trust of one-dimensional items, with class 0 at 0 and class 1 at 4."""
    rows = np.array([[0.0], [4.0], *[[value] for value in x]])
    proba = np.concatenate([np.full((2, 3), 1 / 3), np.eye(3)[predicted]])[:, :2]
    chosen = asknext.select(rows, len(x), TrustScore(alpha=alpha), labelled=[0, 1], y=[0, 1], proba=proba)
    assert chosen.scores is not None
    scores = np.empty(len(x))
    scores[chosen.ids - 2] = chosen.scores
    with np.errstate(divide="ignore"):
        return 1 / scores - 1


def test_worked_values() -> None:
    np.testing.assert_allclose(trust([1.0, 1.0, 4.0, 0.0], [0, 1, 1, 1]), [3.0, 1 / 3, np.inf, 0.0])


def test_lowest_trust_is_asked_first() -> None:
    chosen = asknext.select(X, 56, TrustScore(), labelled=KNOWN, y=Y, proba=PROBA).ids
    distance = cdist(X, X[KNOWN])
    nearest = np.stack([distance[:, c == Y].min(axis=1) for c in range(3)], axis=1)
    predicted = PROBA.argmax(axis=1)
    own = nearest[np.arange(80), predicted]
    nearest[np.arange(80), predicted] = np.inf
    value = nearest.min(axis=1)[24:] / own[24:]
    assert chosen.tolist() == (24 + np.argsort(value)).tolist()


def test_alpha_leaves_out_the_thinnest() -> None:
    """An outlier of class 0 amid class 1 makes class 0 look near, unless it is left out."""
    rows = np.array([[0.0], [0.1], [0.2], [5.0], [4.8], [4.9], [5.1], [5.2], [5.05]])
    y, proba = [0, 0, 0, 0, 1, 1, 1, 1], np.eye(2)[[0] * 8 + [1]]
    found = [
        asknext.select(rows, 1, TrustScore(2, alpha), labelled=np.arange(8), y=y, proba=proba).scores
        for alpha in (0.0, 0.25)
    ]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0][0] == pytest.approx(0.5)  # 5.0 and 5.1 are equally far
    assert found[1][0] < 0.02


def test_predicted_class_without_labels_earns_no_trust() -> None:
    known = KNOWN[Y < 2]
    campaign = asknext.Campaign(X, None, "trust-score", classes=[0, 1, 2], signals={"proba": PROBA})
    campaign.tell(known, Y[known].tolist())
    first = campaign.ask(8)
    assert first.scores is not None
    np.testing.assert_array_equal(first.scores, 1.0)
    assert set(PROBA[first.ids].argmax(axis=1)) == {2}


def test_one_class_is_no_comparison() -> None:
    chosen = {
        int(asknext.select(X, 1, "trust-score", labelled=[0], y=[0], proba=np.ones((80, 1)), seed=s).ids[0])
        for s in range(30)
    }
    assert len(chosen) > 15


def test_trust_parameters() -> None:
    with pytest.raises(AskNextError, match="alpha is 1"):
        TrustScore(alpha=1.0)


def test_ranked_batch_is_the_paper() -> None:
    """a = u / (u + l), where each pick moves one item from u to l."""
    chosen = asknext.select(X, 20, RankedBatch(), labelled=KNOWN, y=Y, proba=PROBA)
    doubt = 1 - PROBA.max(axis=1)
    asked = list(KNOWN)
    for step, (found, score) in enumerate(zip(chosen.ids, chosen.scores, strict=True)):  # type: ignore[arg-type]
        left = [i for i in range(80) if i not in asked]
        share = (56 - step) / 80
        away = cdist(X[left], X[asked]).min(axis=1)
        total = share * (1 - 1 / (1 + away)) + (1 - share) * doubt[left]
        assert found == left[int(total.argmax())]
        assert score == pytest.approx(total.max())
        asked.append(int(found))


def test_equal_rows_come_once_each() -> None:
    chosen = asknext.select(np.zeros((5, 2)), 5, "ranked-batch", proba=np.full((5, 2), 0.5))
    assert sorted(chosen.ids) == [0, 1, 2, 3, 4]


def test_nothing_asked_yet_goes_by_uncertainty() -> None:
    first = asknext.select(X, 1, "ranked-batch", proba=PROBA).ids
    assert first[0] == PROBA.max(axis=1).argmin()
