"""Density-weighted doubt, DUAL, expected error and variance reduction: against plain re-implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import entropy

import asknext
from asknext.errors import AskNextError
from asknext.kernels.ridge import NOISE
from asknext.kernels.scale import spread
from asknext.strategies import Strategy, check_strategy, get
from asknext.strategies.density_weighted import DensityWeighted
from asknext.strategies.dual import Dual
from asknext.strategies.expected_error import ExpectedErrorReduction
from asknext.strategies.variance_reduction import VarianceReduction

RNG = np.random.default_rng(0)
X = np.abs(RNG.normal(size=(40, 3)))
PROBA = RNG.dirichlet(np.ones(3), size=40)
KNOWN, Y = np.arange(9), np.array([0, 1, 2] * 3)


@pytest.mark.parametrize(
    "strategy",
    [
        DensityWeighted(), DensityWeighted(get("bald"), 2.0, "gaussian", 5), Dual(), Dual(reference=5),
        ExpectedErrorReduction(), ExpectedErrorReduction("zero-one", 10), VarianceReduction(),
        VarianceReduction(reference=7),
    ],
)  # fmt: skip
def test_common_check(strategy: Strategy) -> None:
    check_strategy(strategy)


@pytest.mark.parametrize("beta", [0.0, 1.0, 3.0])
def test_information_density(beta: float) -> None:
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    expected = entropy(PROBA, axis=1) * (unit @ unit.T).mean(axis=1) ** beta
    found = asknext.select(X, 40, DensityWeighted(beta=beta), proba=PROBA)
    np.testing.assert_allclose(found.scores, expected[found.ids])
    assert found.ids.tolist() == np.argsort(-expected).tolist()


def test_density_prefers_the_crowd() -> None:
    rows = np.concatenate([0.1 * RNG.normal(size=(30, 2)), 5 + 3 * RNG.normal(size=(10, 2))])
    even = np.full((40, 2), 0.5)
    for reference in (20, 40):
        strategy = DensityWeighted(likeness="gaussian", reference=reference)
        assert (asknext.select(rows, 10, strategy, proba=even).ids < 30).all()


def test_density_sample_is_close_to_all() -> None:
    rows = np.abs(RNG.normal(size=(3000, 3)))
    even = np.full((3000, 2), 0.5)
    all_of_them = asknext.select(rows, 100, DensityWeighted(reference=3000), proba=even)
    some = asknext.select(rows, 100, DensityWeighted(reference=500), proba=even)
    assert len(np.intersect1d(all_of_them.ids, some.ids)) > 60  # by chance 3


def test_dual_switches_once_the_error_falls_no_more() -> None:
    """Mean errors .5, .4, .395, .1: the third falls by too little, and there is no way back."""
    memory: dict[str, object] = {}
    seen = []
    for index, error in enumerate([0.5, 0.4, 0.395, 0.1]):
        proba = np.tile([1 - error, error], (40, 1)) + np.linspace(-1e-9, 1e-9, 40)[:, None] * [1, -1]
        chosen = asknext.select(X, 3, Dual(), proba=proba, index=index, memory=memory)
        memory = dict(chosen.memory)
        seen.append(memory["mixing"])
        assert memory["error"] == pytest.approx(error)
    assert seen == [False, False, True, True]


def test_dual_scores() -> None:
    error = 1 - PROBA.max(axis=1)
    dense = np.exp(-(cdist(X, X) ** 2) / spread(X) ** 2).mean(axis=1)
    dense /= dense.max()
    before = asknext.select(X, 40, Dual(), proba=PROBA)
    np.testing.assert_allclose(before.scores, (error * dense)[before.ids])
    after = asknext.select(X, 40, Dual(), proba=PROBA, memory={"mixing": True})
    expected = (1 - error.mean()) * error + error.mean() * dense
    np.testing.assert_allclose(after.scores, expected[after.ids])


def test_dual_remembers_no_error_of_no_model() -> None:
    assert asknext.select(X, 3, Dual(), proba=np.full((40, 2), 0.5)).memory == {"mixing": False}


def probabilities(known: list[int], y: list[int]) -> np.ndarray:
    """The stand-in fitted anew: kernel ridge regression on the columns of the classes."""
    near = np.exp(-(cdist(X, X[known]) ** 2) / spread(X[9:]) ** 2)
    weights = np.linalg.solve(near[known] + NOISE * np.eye(len(known)), np.eye(3)[y] - 1 / 3)
    positive = np.maximum(near @ weights + 1 / 3, 0)
    return positive / positive.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("loss", ["log-loss", "zero-one"])
def test_expected_error_is_what_refitting_gives(loss: str) -> None:
    measure = {"log-loss": lambda p: entropy(p, axis=1), "zero-one": lambda p: 1 - p.max(axis=1)}[loss]
    known, y = KNOWN.tolist(), Y.tolist()
    now = probabilities(known, y)
    expected = [
        sum(now[i, c] * measure(probabilities([*known, i], [*y, c])[9:]).mean() for c in range(3))
        for i in range(9, 40)
    ]
    found = asknext.select(X, 1, ExpectedErrorReduction(loss), labelled=KNOWN, y=Y)
    assert found.scores is not None
    assert found.ids[0] == 9 + int(np.argmin(expected))
    assert found.scores[0] == pytest.approx(measure(now[9:]).mean() - min(expected), abs=1e-9)


def test_variance_reduction_is_the_greedy_design() -> None:
    """Each pick leaves the least mean variance, by inverting the whole system anew."""
    gram = np.exp(-(cdist(X, X) ** 2) / spread(X[9:]) ** 2)

    def variance(known: list[int]) -> float:
        noisy = gram[np.ix_(known, known)] + NOISE * np.eye(len(known))
        explained = np.einsum("ij,ij->j", gram[known], np.linalg.solve(noisy, gram[known]))
        return float((1 - explained)[9:].mean())

    found = asknext.select(X, 6, VarianceReduction(), labelled=KNOWN, y=Y)
    assert found.scores is not None
    known = KNOWN.tolist()
    for pick, gain in zip(found.ids, found.scores, strict=True):
        left = [i for i in range(9, 40) if i not in known]
        values = [variance([*known, i]) for i in left]
        assert variance([*known, int(pick)]) == pytest.approx(min(values), abs=1e-9)
        assert gain == pytest.approx(variance(known) - min(values), abs=1e-9)
        known.append(int(pick))


def test_pending_items_are_not_asked_for_again() -> None:
    """An item beside a pending one tells little: neither method asks it."""
    rows = np.concatenate([X[:20], X[10:11] + 1e-6])
    for strategy in (VarianceReduction(), ExpectedErrorReduction()):
        first = asknext.select(rows[:20], 1, strategy, labelled=KNOWN, y=Y).ids[0]
        rows[20] = rows[first] + 1e-6
        again = asknext.select(rows, 1, strategy, labelled=KNOWN, y=Y, pending=[first]).ids[0]
        assert again != 20


def test_large_pools_are_refused() -> None:
    with pytest.raises(AskNextError, match="takes at most 30 candidates, not 40; use Subsample"):
        asknext.select(X, 2, VarianceReduction(limit=30))
    with pytest.raises(AskNextError, match="takes at most 11 candidates with 3 classes, here are 31"):
        asknext.select(X, 2, ExpectedErrorReduction(reference=10, limit=1000), labelled=KNOWN, y=Y)
    many = RNG.normal(size=(2101, 2))
    with pytest.raises(AskNextError, match="2001 items have been asked"):
        asknext.select(many, 2, VarianceReduction(), pending=np.arange(2001))
    small = asknext.strategies.Subsample(VarianceReduction(limit=30), 30)
    assert len(asknext.select(X, 2, small)) == 2


def test_parameters() -> None:
    with pytest.raises(AskNextError, match="likeness 'angle'"):
        DensityWeighted(likeness="angle")  # type: ignore[arg-type]
    with pytest.raises(AskNextError, match="loss is 'hinge'"):
        ExpectedErrorReduction("hinge")
    for kind in (Dual, VarianceReduction, ExpectedErrorReduction):
        with pytest.raises(AskNextError, match="reference is 0"):
            kind(reference=0)
