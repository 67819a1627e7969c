"""Strategies that draw, against scikit-activeml and NumPy: the same distribution, by chi-square tests.

Tests against scikit-activeml are skipped where it is not installed (`pip install 'asknext[peers]'`). Where it
draws by another rule, the test says how, shows that it does, and holds ours to the formula of the paper.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

import asknext
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals, softmax
from asknext.strategies import Strategy, choose
from asknext.strategies.badge import Badge
from asknext.strategies.dropquery import DropQuery
from asknext.strategies.entropy import entropy
from asknext.strategies.falcun import Falcun
from asknext.strategies.margin import closeness
from asknext.strategies.power import PowerEntropy

ALIKE = 1e-3  # p-value from which on two distributions are taken for one


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def peer() -> Any:
    return pytest.importorskip("skactiveml.pool")


class Shown(ClassifierMixin, BaseEstimator):
    """A model whose logits are the features themselves."""

    def fit(self, X: Any, y: Any) -> Shown:  # noqa: ARG002
        self.classes_ = np.arange(3)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        return softmax(np.asarray(X))


def chances(strategy: Any, X: np.ndarray, n: int) -> tuple[list[int], np.ndarray]:
    """What scikit-activeml picks, and its chances of each row at each step."""
    from skactiveml.classifier import SklearnClassifier

    no_labels = np.full(len(X), np.nan)
    shown = SklearnClassifier(Shown(), classes=[0, 1, 2])
    shown.fit(np.eye(3), np.arange(3))
    ids, table = strategy.query(X, no_labels, shown, fit_clf=False, batch_size=n, return_utilities=True)
    return [int(i) for i in ids], np.nan_to_num(table)


def picks(strategy: Strategy, X: np.ndarray, n: int, draws: int) -> np.ndarray:
    """Ours, again and again: (draws, n)."""
    columns = {"embedding": X, "proba": softmax(X)}
    round = Round.of(Pool.fresh(len(X), "abc"), Signals(len(X), columns), strategy.needs)
    return np.array([choose(strategy, round, n, r).ids for r in rng(1).spawn(draws)])


def follows(drawn: np.ndarray, expected: np.ndarray) -> bool:
    """Whether counts may stem from these chances."""
    possible = expected > 0
    assert not drawn[~possible].any()
    share = expected[possible] / expected[possible].sum()
    return bool(stats.chisquare(drawn[possible], drawn.sum() * share).pvalue > ALIKE)


# --- BADGE


def gradients(X: np.ndarray) -> np.ndarray:
    """(p - onehot(argmax p)) ⊗ x, built."""
    proba = softmax(X)
    return np.einsum("nc,nd->ncd", proba - np.eye(3)[proba.argmax(axis=1)], X).reshape(len(X), 9)


def seconds(X: np.ndarray, draws: int = 3000) -> tuple[int, np.ndarray]:
    """The first pick of BADGE, and how often each row came second."""
    found = picks(Badge(), X, 2, draws)
    assert len(set(found[:, 0])) == 1
    return int(found[0, 0]), np.bincount(found[:, 1], minlength=len(X))


def test_badge_where_gradients_lie_close_together(peer: Any) -> None:
    X = [2.0, 1.0, 0.0] + 0.3 * rng().normal(size=(12, 3))
    first, drawn = seconds(X)
    G = gradients(X)
    assert np.all(cdist(G, G[[first]]).ravel() <= np.linalg.norm(G, axis=1))
    theirs, chance = chances(peer.Badge(random_state=0), X, 2)
    assert theirs[0] == first
    assert follows(drawn, chance[1])


def test_badge_without_a_ghost_at_the_origin(peer: Any) -> None:
    """Algorithm 1 draws by the distance to the nearest gradient drawn. The peer starts from the norms and
    keeps them, as if a gradient of zero had been drawn first, so that it draws short ones less often.
    """
    X = rng(3).normal(size=(12, 3))
    first, drawn = seconds(X)
    G = gradients(X)
    squared, norms = cdist(G, G[[first]], "sqeuclidean").ravel(), np.square(G).sum(axis=1)
    assert follows(drawn, squared)
    theirs, chance = chances(peer.Badge(random_state=0), X, 2)
    ghost = np.minimum(squared, norms)
    ghost[first] = 0.0
    assert theirs[0] == first
    np.testing.assert_allclose(chance[1], ghost / ghost.sum(), atol=1e-9)
    assert not follows(drawn, chance[1])


def test_badge_never_names_a_row_twice(peer: Any) -> None:
    """With copies the peer measures a tiny distance from a row to itself, and can draw it again."""
    X = np.repeat(rng().normal(size=(3, 3)), 4, axis=0)
    twice = [len(set(chances(peer.Badge(random_state=seed), X, 8)[0])) < 8 for seed in range(30)]
    assert any(twice)
    assert all(len(set(ids)) == 8 for ids in picks(Badge(), X, 8, 30))


# --- Falcun


def relevance(proba: np.ndarray, drawn: list[int], gamma: float) -> np.ndarray:
    """Equations 1 to 6 of the paper: chances of the next draw."""
    left = np.setdiff1d(np.arange(len(proba)), drawn)
    distance = np.minimum(closeness(proba), cdist(proba, proba[drawn], "cityblock").min(axis=1))[left]
    span = distance - distance.min()
    chance = np.zeros(len(proba))
    chance[left] = (closeness(proba)[left] + span / span.max()) ** gamma
    return chance / chance.sum()


def test_falcun_stretches_for_the_draw_only(peer: Any) -> None:
    """The peer keeps the stretched distances for the next step, where they meet distances of the old scale;
    and it stretches over the items drawn too. So its third draw goes by other chances.
    """
    X, gamma = 1.5 * rng(4).normal(size=(8, 3)), 2.0
    proba, found = softmax(X), picks(Falcun(gamma=gamma), X, 3, 8000)
    theirs, chance = chances(peer.Falcun(gamma=gamma, random_state=3), X, 3)
    alike = found[(found[:, :2] == theirs[:2]).all(axis=1), 2]
    firsts = found[found[:, 0] == theirs[0], 1]
    assert follows(np.bincount(firsts, minlength=8), relevance(proba, theirs[:1], gamma))
    assert follows(np.bincount(alike, minlength=8), relevance(proba, theirs[:2], gamma))
    carried = closeness(proba)
    for pick in theirs[:2]:
        carried = np.minimum(carried, np.abs(proba - proba[pick]).sum(axis=1))
        carried = (carried - carried.min()) / np.ptp(carried)
    mass = (closeness(proba) + carried) ** gamma
    mass[theirs[:2]] = 0.0
    np.testing.assert_allclose(chance[2], mass / mass.sum())
    assert np.abs(chance[2] - relevance(proba, theirs[:2], gamma)).max() > 0.01


# --- power


def test_gumbel_noise_draws_as_numpy_does_without_replacement() -> None:
    """Triples of five rows, as two samples of one distribution."""
    X, draws = rng(5).normal(size=(5, 3)), 6000
    share = entropy(softmax(X)) ** 2
    generator = rng(6)
    theirs = [generator.choice(5, size=3, replace=False, p=share / share.sum()) for _ in range(draws)]
    table = np.array([
        np.bincount(np.asarray(found) @ [25, 5, 1], minlength=125)
        for found in (picks(PowerEntropy(beta=2.0), X, 3, draws), theirs)
    ])  # fmt: skip
    often = table.sum(axis=0) >= 10
    assert often.sum() > 40
    assert stats.chi2_contingency(table[:, often]).pvalue > ALIKE


# --- DropQuery


def test_dropquery_scales_up_what_is_kept(peer: Any) -> None:
    """Dropout scales the features that stay by 1 / (1 - rate); the peer leaves them as they are, so that its
    model leans to its offset and other items change.
    """
    from skactiveml.classifier import SklearnClassifier

    X, passes = rng(7).normal(size=(60, 6)) + 0.5, 2001
    y = (X @ [2, -1, 1, 0.5, 0, -2] > 1.5).astype(int)
    model = LogisticRegression(C=0.3).fit(X, y)
    free, generator = X[40:], rng(8)
    kept = generator.random((passes, *free.shape)) > 0.6
    dropped = {factor: model.predict((factor * kept * free).reshape(-1, 6)) for factor in (1.0, 2.5)}
    changes = {
        factor: (found.reshape(passes, 20) != model.predict(free)).sum(axis=0)
        for factor, found in dropped.items()
    }
    picked = asknext.select(
        X, 20, DropQuery(passes=passes, rate=0.6),
        labelled=range(40), y=y[:40], proba=model.predict_proba(X),
    )  # fmt: skip
    ours = np.zeros(20)
    ours[picked.ids - 40] = picked.parts["changes"]
    error = np.sqrt(2 * 0.25 * passes)  # at most, of the difference of two counts
    assert np.abs(ours - changes[2.5]).max() < 4 * error
    assert np.abs(ours - changes[1.0]).max() > 10 * error
    partial = np.concatenate([y[:40], np.full(20, np.nan)])
    told = SklearnClassifier(LogisticRegression(C=0.3), classes=[0, 1]).fit(X, y)
    scores = peer.DropQuery(0.6, passes, random_state=0).query(
        X, partial, told, fit_clf=False, batch_size=1, return_utilities=True
    )[1][0, 40:]
    sure = np.abs(changes[1.0] - passes / 2) > 4 * error
    np.testing.assert_array_equal(np.isfinite(scores)[sure], (changes[1.0] > passes / 2)[sure])
