"""Average linkage of a sample, and the linear map recovered from probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.cluster import AgglomerativeClustering
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import scale

from asknext.kernels import linear_head
from asknext.kernels.distances import unit
from asknext.kernels.linear_head import log_odds, slopes
from asknext.kernels.linkage import average_linkage


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("k", [2, 5, 20])
def test_linkage_of_all_rows_agrees_with_scikit_learn(k: int) -> None:
    X = rng().normal(size=(120, 3))
    other = AgglomerativeClustering(n_clusters=k, linkage="average").fit_predict(X)
    labels = average_linkage(X, k, rng(), 200)
    assert adjusted_rand_score(labels, other) == 1.0
    assert set(labels) == set(range(k))
    np.testing.assert_array_equal(labels, average_linkage(sparse.csr_array(X), k, rng(1), 200))


def test_linkage_of_a_sample_finds_the_groups_of_all_rows() -> None:
    group = rng().integers(0, 4, size=900)
    X = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]])[group] + rng(1).normal(size=(900, 2)) * 0.3
    labels = average_linkage(X, 4, rng(2), 60)
    assert adjusted_rand_score(labels, group) == 1.0


def test_linkage_of_copies_and_single_rows() -> None:
    X = np.array([[1.0], [5.0]])[rng().integers(0, 2, size=30)]
    assert len(set(average_linkage(X, 9, rng(), 40))) == 2
    assert average_linkage(X[:1], 3, rng(), 40).tolist() == [0]
    assert average_linkage(X, 3, rng(), 1).tolist() == [0] * 30


def test_unit_rows() -> None:
    X = np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)
    for rows in (unit(X), unit(sparse.csr_array(X)).toarray()):
        assert rows.dtype == np.float32
        np.testing.assert_allclose(rows, [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)


def test_slopes_of_logistic_regression_are_its_own() -> None:
    X, y = load_wine(return_X_y=True)
    X = scale(X)
    model = LogisticRegression(C=0.1).fit(X, y)
    own = model.coef_ - model.coef_.mean(axis=0)
    np.testing.assert_allclose(slopes(X, model.predict_proba(X), rng()), own, atol=1e-4)
    sparse_slopes = slopes(sparse.csr_array(X), model.predict_proba(X), rng())
    np.testing.assert_allclose(sparse_slopes, own, atol=1e-3)
    far = slopes(X + 1e5, model.predict_proba(X), rng())
    np.testing.assert_allclose(far, own, atol=1e-3)


def test_slopes_from_a_part_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_head, "ROWS", 100)
    X = rng().normal(size=(5000, 4))
    logits = X @ np.array([[1.0, -1.0], [0.5, -0.5], [0.0, 0.0], [-2.0, 2.0]])
    odds = np.exp(logits)
    found = slopes(X, odds / odds.sum(axis=1, keepdims=True), rng())
    np.testing.assert_allclose(found, [[1, 0.5, 0, -2], [-1, -0.5, 0, 2]], atol=1e-3)


def test_slopes_where_there_is_nothing_to_tell() -> None:
    X = rng().normal(size=(9, 3))
    assert not slopes(X, np.full((9, 2), 0.5), rng()).any()
    assert not slopes(np.ones((9, 3)), rng().dirichlet([1, 1], size=9), rng()).any()
    assert slopes(X, np.ones((9, 1)), rng()).tolist() == [[0.0] * 3]
    assert slopes(X, np.empty((9, 0)), rng()).shape == (0, 3)


def test_log_odds_are_finite_and_centred() -> None:
    odds = log_odds(np.array([[1.0, 0.0], [0.25, 0.75]], dtype=np.float32))
    np.testing.assert_allclose(odds.sum(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(odds[1, 1] - odds[1, 0], np.log(3), rtol=1e-6)
    assert np.isfinite(odds).all()
