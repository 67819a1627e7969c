"""Strategies that score or refit, against scikit-activeml on the same pool, labels and model.

A test whose peer is not installed is skipped (`pip install 'asknext[peers]'`); those against SciPy and
scikit-learn always run. Where a peer goes by another definition, the test says how, shows that it does, and
holds ours to the formula of the paper. Strategies without a peer are compared with formulas written plainly
beside their other tests: information density (test_strategies_density.py), BAIT (test_strategies_bait.py),
Du's quadratic program and hinted SVM, whose loss no machine of scikit-learn has
(test_strategies_machines.py), robust k-center (test_strategies_robust_k_center.py), the published rules of
TypiClust (test_strategies_typiclust.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge

from asknext.kernels.ridge import NOISE
from asknext.kernels.scale import spread
from asknext.strategies import Strategy
from asknext.strategies.bald import Bald
from asknext.strategies.batchbald import BatchBald
from asknext.strategies.committee import Committee
from asknext.strategies.entropy import Entropy
from asknext.strategies.expected_error import ExpectedErrorReduction
from asknext.strategies.least_confidence import LeastConfidence
from asknext.strategies.margin import Margin
from asknext.strategies.quire import Quire
from asknext.strategies.variance_reduction import VarianceReduction
from peer_pool import LABELLED, Pool, pool_of, rng, told


@pytest.fixture
def peer() -> Any:
    return pytest.importorskip("skactiveml.pool")


# --- uncertainty and committees


@pytest.mark.parametrize(
    ("strategy", "method"),
    [(LeastConfidence(), "least_confident"), (Margin(), "margin_sampling"), (Entropy(), "entropy")],
)
def test_uncertainty(peer: Any, strategy: Strategy, method: str) -> None:
    pool = pool_of()
    other = peer.UncertaintySampling(method=method, random_state=0)
    ids, scores = other.query(
        pool.X, pool.partial, told(pool), fit_clf=False, batch_size=10, return_utilities=True
    )
    picked = pool.ask(strategy, 10)
    assert picked.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(picked.scores, np.nanmax(scores, axis=1))


def committee(pool: Pool, members: int = 7) -> tuple[list[Any], np.ndarray]:
    """Models of parts of the labels, and what they say: (rows, members, classes)."""
    parts = [rng(m).permutation(LABELLED)[:8] for m in range(members)]
    models = [told(pool, part) for part in parts if len(np.unique(pool.y[part])) == 3]
    return models, np.stack([m.predict_proba(pool.X) for m in models], axis=1)


@pytest.mark.parametrize(
    ("measure", "method"), [("kl", "KL_divergence"), ("vote-entropy", "vote_entropy")]
)
def test_committee(peer: Any, measure: str, method: str) -> None:
    """Their vote entropy leaves ties to chance; ours adds a millionth of the divergence to break them."""
    pool = pool_of(1)
    models, samples = committee(pool)
    other = peer.QueryByCommittee(method=method, random_state=0)
    ids, scores = other.query(
        pool.X, pool.partial, models, fit_ensemble=False, batch_size=10, return_utilities=True
    )
    picked = pool.ask(Committee(measure), 10, samples=samples)
    np.testing.assert_allclose(picked.scores, np.nanmax(scores, axis=1), atol=1e-5)
    if measure == "kl":
        assert picked.ids.tolist() == ids.tolist()
    else:
        tied = scores[0][picked.ids] == scores[0][ids]
        assert tied.all()
        assert len(np.unique(scores[0][ids])) < 10


def test_consensus_entropy_is_that_of_scipy() -> None:
    pool, samples = pool_of(1), rng().dirichlet(np.ones(3), size=(80, 5))
    scores = stats.entropy(samples.mean(axis=1), axis=1)
    best = LABELLED + np.argsort(-scores[LABELLED:])[:10]
    assert pool.ask(Committee("consensus-entropy"), 10, samples=samples).ids.tolist() == best.tolist()


def test_bald(peer: Any) -> None:
    pool = pool_of(2)
    models, samples = committee(pool)
    ids, scores = peer.GreedyBALD(random_state=0).query(
        pool.X, pool.partial, models, fit_ensemble=False, batch_size=8, return_utilities=True
    )
    picked = pool.ask(Bald(), 8, samples=samples)
    assert picked.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(picked.scores, np.nanmax(scores, axis=1), atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_batchbald_while_it_is_exact(peer: Any, seed: int) -> None:
    """Their utility is what the whole batch tells, ours what each item adds; 3^4 joint labellings fit."""
    pool = pool_of(seed)
    models, samples = committee(pool)
    ids, scores = peer.BatchBALD(n_MC_samples=100, random_state=0).query(
        pool.X, pool.partial, models, fit_ensemble=False, batch_size=5, return_utilities=True
    )
    picked = pool.ask(BatchBald(configurations=100), 5, samples=samples)
    assert picked.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(np.cumsum(picked.parts["gain"]), np.nanmax(scores, axis=1), atol=1e-5)


# --- methods with a machine of their own


def test_quire_of_two_classes(peer: Any) -> None:
    """Their utility is minus the criterion; ours leaves out the constant y'(K + I)⁻¹y."""
    pool = pool_of(6, classes=2)
    ids, scores = peer.Quire([0, 1], metric_dict={"gamma": 0.3}, random_state=0).query(
        pool.X, pool.partial, return_utilities=True
    )
    picked = pool.ask(Quire(gamma=0.3), 1)
    assert picked.ids.tolist() == ids.tolist()
    known, sides = pool.X[:LABELLED], 1.0 - 2.0 * pool.y
    gram = np.exp(-0.3 * cdist(known, known) ** 2) + np.eye(LABELLED)
    assert picked.scores[0] - sides @ np.linalg.solve(gram, sides) == pytest.approx(np.nanmax(scores))


def test_quire_of_more_classes_is_another_thing_in_the_peer(peer: Any) -> None:
    """It takes the worst of the machines of one class against the rest, the item always on the side of the
    class; the paper has two classes only. Ours is the mean over the machines, the item on its worse side.
    """
    pool = pool_of(7)
    scores = peer.Quire([0, 1, 2], metric_dict={"gamma": 0.3}, random_state=0).query(
        pool.X, pool.partial, return_utilities=True
    )[1][0]
    L = np.linalg.inv(np.exp(-0.3 * cdist(pool.X, pool.X) ** 2) + np.eye(80))
    theirs, ours = [], []
    for item in range(LABELLED, 80):
        fixed = np.append(np.arange(LABELLED), item)
        rest = np.setdiff1d(np.arange(80), fixed)
        S = L[np.ix_(fixed, fixed)] - L[np.ix_(fixed, rest)] @ np.linalg.solve(
            L[np.ix_(rest, rest)], L[np.ix_(rest, fixed)]
        )
        signs = [np.append(np.where(pool.y == c, 1.0, -1.0), 1.0) for c in range(3)]
        theirs.append(max(s @ S @ s for s in signs))
        flipped = [np.append(s[:-1], -1.0) for s in signs]
        ours.append(np.mean([max(s @ S @ s, f @ S @ f) for s, f in zip(signs, flipped, strict=True)]))
    np.testing.assert_allclose(-scores[LABELLED:], theirs)
    picked = pool.ask(Quire(gamma=0.3), 1)
    assert picked.ids.tolist() == [LABELLED + int(np.argmin(ours))]


class StandIn(ClassifierMixin, BaseEstimator):
    """Our stand-in for the model in scikit-learn's terms."""

    def __init__(self, width: float = 1.0) -> None:
        self.width = width

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> StandIn:  # noqa: ARG002 (the peer gives it)
        self.classes_ = np.unique(y)
        k = len(self.classes_)
        self.ridge_ = KernelRidge(alpha=NOISE, kernel="rbf", gamma=1 / self.width**2)
        self.ridge_.fit(X, (np.asarray(y)[:, None] == self.classes_) - 1 / k)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        positive = np.maximum(self.ridge_.predict(X) + 1 / len(self.classes_), 1e-300)
        return positive / positive.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("loss", "method"), [("log-loss", "log_loss"), ("zero-one", "misclassification_loss")]
)
def test_expected_error_reduction(peer: Any, loss: str, method: str) -> None:
    """The same model refitted by the peer for each item and answer; its losses are sums, not means."""
    from skactiveml.classifier import SklearnClassifier

    pool = pool_of(8, size=50)
    free = pool.X[LABELLED:]
    stand_in = SklearnClassifier(StandIn(spread(free)), classes=[0, 1, 2])
    ids, scores = peer.MonteCarloEER(method, subtract_current=True, random_state=0).query(
        pool.X, pool.partial, stand_in, X_eval=free, return_utilities=True
    )
    picked = pool.ask(ExpectedErrorReduction(loss), 1)
    assert picked.ids.tolist() == ids.tolist()
    assert picked.scores[0] == pytest.approx(np.nanmax(scores) / len(free), abs=1e-9)


def test_variance_reduction(peer: Any) -> None:
    """In the peer a method for regression; with a Gaussian process the variance depends on no answer."""
    from skactiveml.regressor import SklearnNormalRegressor

    pool = pool_of(9, size=40)
    free = pool.X[LABELLED:]
    process = GaussianProcessRegressor(RBF(spread(free) / 2**0.5), alpha=NOISE, optimizer=None)
    ids, scores = peer.ExpectedModelVarianceReduction(random_state=0).query(
        pool.X, pool.partial, SklearnNormalRegressor(process), X_eval=free, return_utilities=True
    )
    picked = pool.ask(VarianceReduction(), 1)
    assert picked.ids.tolist() == ids.tolist()
    assert picked.scores[0] == pytest.approx(np.nanmax(scores), abs=1e-9)
