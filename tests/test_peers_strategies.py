"""Strategies against scikit-activeml, apricot and scikit-learn on the same pool, labels and model.

A test whose peer is not installed is skipped (`pip install 'asknext[peers]'`); those against scikit-learn
always run. Where a peer goes by another definition, the test says how, shows that it does, and holds ours to
the formula of the paper. Agreement with formulas written plainly, for the strategies without a peer, stands
beside their other tests: information density and Cohn's design (test_strategies_density.py), BAIT
(test_strategies_bait.py), Du's quadratic program and hinted SVM, whose loss no machine of scikit-learn has
(test_strategies_machines.py), robust k-center (test_strategies_robust_k_center.py), the published rules of
TypiClust (test_strategies_typiclust.py). Draws are compared in test_peers_draws.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import AgglomerativeClustering
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression

import asknext
from asknext.kernels.ridge import NOISE
from asknext.kernels.scale import spread
from asknext.randomness import spawn
from asknext.strategies import Selection, Strategy
from asknext.strategies.bald import Bald
from asknext.strategies.batchbald import BatchBald
from asknext.strategies.clue import Clue
from asknext.strategies.cluster_margin import ClusterMargin
from asknext.strategies.committee import Committee
from asknext.strategies.entropy import Entropy
from asknext.strategies.expected_error import ExpectedErrorReduction
from asknext.strategies.facility_location import FacilityLocation
from asknext.strategies.k_center import KCenter
from asknext.strategies.kmeans import KMeans
from asknext.strategies.least_confidence import LeastConfidence
from asknext.strategies.margin import Margin, closeness
from asknext.strategies.maxherding import MaxHerding
from asknext.strategies.probcover import ProbCover
from asknext.strategies.quire import Quire
from asknext.strategies.typiclust import TypiClust
from asknext.strategies.uherding import UHerding
from asknext.strategies.variance_reduction import VarianceReduction

LABELLED = 12


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def peer() -> Any:
    return pytest.importorskip("skactiveml.pool")


class Pool(NamedTuple):
    """Rows, of which the first `LABELLED` carry the labels `y`, and what a fitted model says of them all."""

    X: np.ndarray
    y: np.ndarray
    proba: np.ndarray

    @property
    def partial(self) -> np.ndarray:
        """Labels as scikit-activeml has them: NaN where there is none."""
        return np.concatenate([self.y, np.full(len(self.X) - len(self.y), np.nan)])

    def ask(self, strategy: Strategy, n: int, **columns: Any) -> Selection:
        """Our picks."""
        known = np.arange(len(self.y))
        return asknext.select(
            self.X, n, strategy, labelled=known, y=self.y, proba=self.proba, signals=columns
        )


def model(X: np.ndarray, y: np.ndarray) -> LogisticRegression:
    return LogisticRegression(max_iter=1000).fit(X, y)


def pool_of(seed: int = 0, size: int = 80, classes: int = 3) -> Pool:
    X = rng(seed).normal(size=(size, 4))
    y = np.arange(LABELLED) % classes
    X[:LABELLED] += y[:, None]
    return Pool(X, y, model(X[:LABELLED], y).predict_proba(X))


def told(pool: Pool, rows: Any = slice(None)) -> Any:
    """The same model, as scikit-activeml wants it; it is fitted on some of the labelled rows."""
    from skactiveml.classifier import SklearnClassifier

    partial = np.full(len(pool.X), np.nan)
    partial[np.arange(LABELLED)[rows]] = pool.y[rows]
    return SklearnClassifier(LogisticRegression(max_iter=1000), classes=np.unique(pool.y)).fit(pool.X, partial)


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


# --- diversity and coverage


def test_k_center(peer: Any) -> None:
    pool = pool_of(size=200)
    ids, gaps = peer.CoreSet(random_state=0).query(pool.X, pool.partial, batch_size=20, return_utilities=True)
    picked = pool.ask(KCenter(), 20)
    assert picked.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(picked.parts["distance"], np.nanmax(gaps, axis=1))


def test_k_center_starts_closest_to_the_mean_and_the_peer_anywhere(peer: Any) -> None:
    """Sener & Savarese always start from labels; without any the peer draws the first item."""
    X = rng().normal(size=(50, 3))
    firsts = {int(peer.CoreSet(random_state=s).query(X, np.full(50, np.nan))[0]) for s in range(20)}
    assert len(firsts) > 5
    middle = np.linalg.norm(X - X.mean(axis=0), axis=1).argmin()
    assert {int(asknext.select(X, 1, KCenter(), seed=s).ids[0]) for s in range(20)} == {middle}


@pytest.mark.parametrize("labels", [0, LABELLED])
def test_maxherding(peer: Any, labels: int) -> None:
    """On unit vectors, exp(-|x - y|² / sigma²) is their radial kernel with gamma = 1 / sigma²."""
    whole = pool_of(3, size=150)
    unit = whole.X / np.linalg.norm(whole.X, axis=1, keepdims=True)
    pool = Pool(unit, whole.y[:labels], whole.proba if labels else np.ones((150, 0)))
    ids, scores = peer.MaxHerding(metric_dict={"gamma": 1 / 0.8**2}, random_state=0).query(
        whole.X, pool.partial, batch_size=20, return_utilities=True
    )
    picked = pool.ask(MaxHerding(sigma=0.8), 20)
    assert picked.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(picked.parts["coverage"], np.nanmax(scores, axis=1), atol=1e-12)


def greedy_by_apricot(similar: np.ndarray, n: int, fixed: np.ndarray | None = None) -> list[int]:
    apricot = pytest.importorskip("apricot")
    chosen = apricot.FacilityLocationSelection(n, metric="precomputed", initial_subset=fixed).fit(similar)
    return chosen.ranking.tolist()


def test_facility_location() -> None:
    pool = pool_of(size=90)
    picked = pool.ask(FacilityLocation(), 10)
    similar = 1 - cdist(pool.X, pool.X) / picked.parts["radius"][0]
    similar[:, :LABELLED] = 0.0  # what is asked already need not be covered
    assert picked.ids.tolist() == greedy_by_apricot(similar, 10, np.arange(LABELLED))


def test_uherding() -> None:
    """Apricot has no weights, but rows of similarity times weight are the same sum."""
    X, proba = rng().normal(size=(90, 3)), rng(1).dirichlet(np.ones(3), size=90)
    weighted = np.exp(-(cdist(X, X) ** 2) / 0.9**2) * closeness(proba)
    picked = asknext.select(X, 10, UHerding(sigma=0.9), proba=proba)
    assert picked.ids.tolist() == greedy_by_apricot(weighted, 10)


def test_probcover_at_the_same_radius(peer: Any) -> None:
    """Ties are frequent and left to chance by both; so each of our picks is held against their counts.

    Once all is covered, they draw from what is left, while ours looks closer.
    """
    pool = pool_of(4, size=150)
    picked, partial = pool.ask(ProbCover(delta=1.5), 60), pool.partial
    other = peer.ProbCover(deltas=[1.5], random_state=0)
    for id, covered, radius in zip(*(picked.ids, picked.scores, picked.parts["radius"]), strict=True):
        counts = other.query(pool.X, partial, return_utilities=True)[1][0]
        if radius == 1.5:
            assert counts[id] == covered == np.nanmax(counts)
        else:
            assert np.nanmax(counts) == 0 < covered
        partial[id] = 0
    assert len(set(picked.parts["radius"])) > 1


def test_probcover_radius(peer: Any) -> None:
    """The peer tries radii on a grid, ours is read off exactly: it lies within a step above theirs."""
    X, grid = rng(5).normal(size=(120, 2)) + 4.0 * rng(6).integers(0, 3, size=(120, 1)), np.arange(1, 400) / 100
    seed = int(spawn(0, 0, "select").integers(2**31 - 1))
    other = peer.ProbCover(
        3, grid, 0.8, cluster_algo_dict={"n_init": 1, "random_state": seed}, random_state=0
    )
    other.query(X, np.full(120, np.nan))
    ours = asknext.select(X, 1, ProbCover(purity=0.8, classes=3)).parts["radius"][0]
    assert other.delta_max_ <= ours <= other.delta_max_ + 0.01 + 1e-9


# --- clusters


def blobs(*sizes: int) -> np.ndarray:
    blob = np.repeat(np.arange(len(sizes)), sizes)
    return rng().normal(size=(len(blob), 2)) + 100.0 * np.column_stack([blob, blob % 2])


def typical(peer: Any, X: np.ndarray, n: int) -> tuple[list[int], list[int]]:
    """Our picks and theirs, from the same clusters."""
    seed = int(spawn(0, 0, "select").integers(2**31 - 1))
    settings = {"n_init": 1, "random_state": seed}
    other = peer.TypiClust(k=20, cluster_algo_dict=settings, random_state=0)
    return asknext.select(X, n, TypiClust()).ids.tolist(), other.query(
        X, np.full(len(X), np.nan), batch_size=n
    ).tolist()


def test_typiclust_where_clusters_are_large(peer: Any) -> None:
    ours, theirs = typical(peer, blobs(90, 50, 70), 3)
    assert ours == theirs


def test_typiclust_where_a_cluster_is_small(peer: Any) -> None:
    """The peer averages over as many as 20 neighbours even in a cluster of 21; we, and the authors' code,
    over at most half a cluster, where typicality still tells items apart.
    """
    X = blobs(90, 50, 21)
    ours, theirs = typical(peer, X, 3)
    assert ours[:2] == theirs[:2]
    small = X[140:]
    away = np.sort(cdist(small, small), axis=1)[:, 1:]
    assert ours[2] == 140 + away[:, :10].mean(axis=1).argmin()
    assert theirs[2] == 140 + away.mean(axis=1).argmin() != ours[2]


def matched(X: np.ndarray, centres: np.ndarray) -> list[int]:
    """A row for each centre, at the least total distance."""
    return sorted(linear_sum_assignment(cdist(centres, X))[1].tolist())


def test_k_means_with_the_same_seed() -> None:
    X, seed = rng().normal(size=(100, 4)), int(spawn(0, 0, "select").integers(2**31 - 1))
    centres = SklearnKMeans(9, n_init=1, random_state=seed).fit(X).cluster_centers_
    assert sorted(asknext.select(X, 9, KMeans()).ids.tolist()) == matched(X, centres)


def test_clue(peer: Any) -> None:
    """Both weigh by entropy. The peer gives each centre in turn its nearest item that is left, which is the
    match at the least total distance unless two centres want one item.
    """
    pool, seed = pool_of(5, size=200), int(spawn(0, 0, "select").integers(2**31 - 1))
    settings = {"n_init": 1, "random_state": seed}
    ids = peer.Clue(cluster_algo_dict=settings, random_state=0).query(
        pool.X, pool.partial, told(pool), fit_estimator=False, batch_size=8
    )
    assert sorted(pool.ask(Clue(), 8).ids) == sorted(ids)


@pytest.mark.parametrize("seed", range(3))
def test_cluster_margin_goes_round_the_clusters_of_scikit_learn(seed: int) -> None:
    """Algorithm 2 in loops: which cluster gives an item at each turn; which of its items, is drawn."""
    pool = pool_of(seed, size=100)
    cluster = AgglomerativeClustering(10, linkage="average").fit(pool.X).labels_
    kept = LABELLED + np.argsort(-closeness(pool.proba[LABELLED:]))[:48]
    left = [list(kept[cluster[kept] == c]) for c in np.unique(cluster[kept])]
    left.sort(key=len)
    sizes = []
    while len(sizes) < 24:
        sizes += [len(kept[cluster[kept] == cluster[members[0]]]) for members in left if members]
        left = [members[1:] for members in left]
    picked = pool.ask(ClusterMargin(beta=2), 24)
    assert set(picked.ids) <= set(kept)
    assert picked.parts["cluster_size"].tolist() == sizes[:24]
    assert [(cluster[kept] == cluster[id]).sum() for id in picked.ids] == sizes[:24]


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

    def fit(self, X: Any, y: Any) -> StandIn:
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
