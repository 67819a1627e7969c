"""Detectors: their formulas beside plain ones, what must not change them, and the smallest of labels."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import FrozenInstanceError, fields
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial.distance import cdist
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.covariance import ledoit_wolf
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import scale

from asknext import detectors, plugins
from asknext.detectors import Detector, audit, registry, scores
from asknext.detectors.base import own_places
from asknext.errors import AskNextError, MissingSignalError
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies.situations import Situation, mixed, situations

NAMES = [name for name in detectors.names() if name not in ("auto", "csi")]  # the latter: test_detectors_csi
CASES = list(situations(frozenset({"embedding", "logits"})))
WINE, GROWER = load_wine(return_X_y=True)
WINE = scale(WINE)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def wine(labels: int = 60, answers: int = 0, **columns: Any) -> Round:
    """Two of three growers are known; every third row is labelled, wines of the third grower are strange."""
    rows = rng().permutation(len(WINE))
    known, strange = rows[GROWER[rows] < 2][:labels], rows[GROWER[rows] == 2][:answers]
    pool = Pool.fresh(len(WINE), ("a", "b"))
    pool.state[known] = GROWER[known]
    pool.state[strange] = ANSWER_CODES[OUT_OF_SCOPE]
    signals = Signals(len(WINE), {"embedding": WINE, **columns})
    return Round.of(pool, signals, {"embedding", *columns})


def everything(name: str | Detector, round: Round) -> NDArray[np.float64]:
    return scores(detectors.get(name), round, np.arange(len(WINE)))


# ------------------------------------------------------------------ what all of them promise


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
@pytest.mark.parametrize("name", NAMES)
def test_every_situation_gives_finite_numbers_that_depend_on_the_item_alone(
    name: str, case: Situation
) -> None:
    detector = detectors.get(name)
    round, _ = case.round(detector.needs | {"embedding"})
    ids = np.arange(len(case.state))
    together = scores(detector, round, ids)
    apart = np.concatenate([scores(detector, round, part) for part in (ids[:1], ids[1:2], ids[2:])])
    size = max(1.0, float(np.abs(together).max()))
    np.testing.assert_allclose(apart, together, atol=1e-6 * size)
    assert scores(detector, round, ids[:0]).shape == (0,)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_declared(name: str) -> None:
    detector = detectors.get(name)
    case = mixed(detector.needs)
    for missing in detector.needs:
        columns = {key: value for key, value in case.columns.items() if key != missing}
        round = Round.of(Pool(case.state, case.classes), Signals(len(case.state), columns), columns)
        with pytest.raises(MissingSignalError, match=f"detector '{name}' needs the signal '{missing}'"):
            scores(detector, round, round.candidates)


@pytest.mark.parametrize("name", NAMES)
def test_strange_wines_are_found_and_sparse_ones_as_well(name: str) -> None:
    head = LogisticRegression().fit(WINE[GROWER < 2], GROWER[GROWER < 2])
    value = head.decision_function(WINE)
    logits = np.column_stack([-value / 2, value / 2])
    round = wine(answers=4, logits=logits, proba=softmax(logits, axis=1))
    found = everything(name, round)
    left = round.candidates
    least = {"gradnorm": 0.6}.get(name, 0.8)  # lengths say little of standardised columns
    assert audit.auroc(found[left][GROWER[left] == 2], found[left][GROWER[left] < 2]) > least
    thin = Signals(len(WINE), {"embedding": sparse.csr_array(WINE), "logits": logits})
    again = Round.of(Pool(state_of(round), ("a", "b")), thin, {"embedding", "logits"})
    np.testing.assert_allclose(everything(name, again), found, atol=0.02)


def state_of(round: Round) -> NDArray[np.int32]:
    pool = Pool.fresh(len(WINE))
    pool.state[round.labelled] = round.y
    pool.state[round.out_of_scope] = ANSWER_CODES[OUT_OF_SCOPE]
    return pool.state


@pytest.mark.parametrize("returned", [np.array([np.nan]), np.zeros(3), np.array([np.inf])], ids=str)
def test_a_detector_that_returns_something_else_is_named(returned: Any) -> None:
    class Broken(Detector):
        name = "broken"
        paper = "none"

        def score(self, round: Round, ids: Any) -> Any:  # noqa: ARG002
            return returned

    with pytest.raises(AskNextError, match="'broken' returned no finite number for each of 1 items"):
        scores(Broken(), wine(), np.array([0]))


# ------------------------------------------------------------------ the model's predictions


def predicted(logits: Any, X: Any) -> Round:
    pool = Pool.fresh(len(X), tuple(range(logits.shape[1])))
    return Round.of(pool, Signals(len(X), {"embedding": X, "logits": logits}), {"embedding"})


def test_gradnorm_is_the_length_of_the_numerical_gradient() -> None:
    X, W, b = rng().normal(size=(6, 4)), rng(1).normal(size=(3, 4)), rng(2).normal(size=3)

    def divergence(weights: Any, x: Any) -> float:
        """KL of equal probabilities from the prediction."""
        return float(np.mean(-np.log(3.0) - log_softmax(weights @ x + b)))

    def gradient(x: Any, step: float = 1e-5) -> Any:
        slope = np.empty_like(W)
        for place in np.ndindex(*W.shape):
            nudge = np.zeros_like(W)
            nudge[place] = step
            slope[place] = (divergence(W + nudge, x) - divergence(W - nudge, x)) / (2 * step)
        return slope

    found = scores(detectors.get("gradnorm"), predicted(X @ W.T + b, X), np.arange(6))
    np.testing.assert_allclose(found, [-np.abs(gradient(x)).sum() for x in X], rtol=1e-5)


def test_gradnorm_is_zero_for_an_undecided_model_and_for_one_class() -> None:
    X = rng().normal(size=(5, 3))
    for logits in (np.full((5, 4), 7.0), rng().normal(size=(5, 1))):
        found = scores(detectors.get("gradnorm"), predicted(logits, X), np.arange(5))
        np.testing.assert_allclose(found, 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "shift"), [("msp", 0.0), ("gradnorm", 0.0), ("vim", 0.0), ("energy", -3.0), ("max-logit", -3.0)]
)
def test_a_constant_on_all_logits(name: str, shift: float) -> None:
    X, logits = rng().normal(size=(20, 3)), 2.0 * rng(1).normal(size=(20, 5))
    before, after = (predicted(values, X) for values in (logits, logits + 3.0))
    detector, ids = detectors.get(name), np.arange(20)
    np.testing.assert_allclose(
        scores(detector, after, ids), scores(detector, before, ids) + shift, atol=1e-12
    )


def test_energy_and_max_logit_in_numbers() -> None:
    logits = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    round = predicted(logits, np.ones((2, 1)))
    assert scores(detectors.get("max-logit"), round, np.arange(2)).tolist() == [-3, 0]
    energies = scores(detectors.get("energy"), round, np.arange(2))
    np.testing.assert_allclose(energies, [-3.4076059644, -np.log(3)])
    cold = scores(detectors.Energy(temperature=0.5), round, np.arange(2))
    np.testing.assert_allclose(cold, -0.5 * logsumexp(2 * logits, axis=1))


# ------------------------------------------------------------------ the embedding


def test_mahalanobis_agrees_with_scipy() -> None:
    round = wine(labels=100)
    known, y = WINE[round.labelled], round.y
    means = np.stack([known[y == c].mean(axis=0) for c in (0, 1)])
    shared, shrinkage = ledoit_wolf(known - means[y], assume_centered=True)
    squared = cdist(WINE, means, "mahalanobis", VI=np.linalg.inv(shared)) ** 2
    np.testing.assert_allclose(everything("mahalanobis", round), squared.min(axis=1), rtol=1e-8)

    whole = np.cov(known.T, bias=True)
    whole = (1 - shrinkage) * whole + shrinkage * np.trace(whole) / 13 * np.eye(13)
    far = cdist(WINE, known.mean(axis=0)[None], "mahalanobis", VI=np.linalg.inv(whole))[:, 0] ** 2
    relative = everything("relative-mahalanobis", round)
    np.testing.assert_allclose(relative, squared.min(axis=1) - far, rtol=1e-6, atol=1e-8)


def test_mahalanobis_of_single_labels_is_euclidean() -> None:
    pool = Pool.fresh(len(WINE), ("a", "b"))
    pool.state[:2] = [0, 1]
    round = Round.of(pool, Signals(len(WINE), {"embedding": WINE}), {"embedding"})
    nearest = cdist(WINE, WINE[:2], "sqeuclidean").min(axis=1)
    np.testing.assert_allclose(everything("mahalanobis", round), nearest, atol=1e-9)


@pytest.mark.parametrize("k", [1, 5, 1000])
@pytest.mark.parametrize("normalise", [True, False])
def test_knn_agrees_with_scikit_learn(k: int, normalise: bool) -> None:
    round = wine(labels=40)
    X = WINE / np.linalg.norm(WINE, axis=1, keepdims=True) if normalise else WINE
    search = NearestNeighbors(n_neighbors=min(k, 40)).fit(X[round.labelled])
    theirs = search.kneighbors(X[round.candidates])[0][:, -1]
    found = everything(detectors.Knn(k=k, normalise=normalise), round)
    np.testing.assert_allclose(found[round.candidates], theirs, atol=1e-6)


def test_a_labelled_item_is_not_its_own_neighbour() -> None:
    """So that scores of labelled items can set the limit for those of others."""
    round = wine(labels=40, answers=5)
    for name in ("knn", "knn-contrast", "cosine"):
        found = everything(name, round)
        item = round.labelled[7]
        without = state_of(round)
        without[item] = -1
        view = Round.of(Pool(without, ("a", "b")), round.signals, {"embedding"})
        np.testing.assert_allclose(found[item], everything(name, view)[item], rtol=1e-12)


def test_own_places() -> None:
    references = np.array([2, 5, 9])
    assert own_places(references, np.array([5, 0, 9, 11, 2])).tolist() == [1, -1, 2, -1, 0]
    assert own_places(references[:0], np.array([5])).tolist() == [-1]


def test_contrast_is_knn_while_nothing_was_out_of_scope() -> None:
    round = wine()
    np.testing.assert_array_equal(everything("knn-contrast", round), everything("knn", round))


def test_contrast_in_numbers() -> None:
    line = np.array([[0.0], [4.0], [1.0], [2.0], [3.0], [9.0]])
    pool = Pool.fresh(6, ("a",))
    pool.state[:2] = [0, ANSWER_CODES[OUT_OF_SCOPE]]
    round = Round.of(pool, Signals(6, {"embedding": line}), {"embedding"})
    plain = detectors.KnnContrast(normalise=False, relative=False)
    assert scores(plain, round, round.candidates).tolist() == [-2, 0, 2, 4]
    relative = scores(detectors.KnnContrast(normalise=False), round, round.candidates)
    np.testing.assert_allclose(relative, [-0.5, 0.0, 0.5, 4 / 14])


def test_cosine_in_numbers() -> None:
    X = np.array([[2.0, 0.0], [0.0, 5.0], [1.0, 1.0], [-3.0, 0.0], [0.0, 0.0]])
    pool = Pool.fresh(5, ("a",))
    pool.state[:2] = 0
    found = scores(
        detectors.get("cosine"), Round.of(pool, Signals(5, {"embedding": X}), {"embedding"}), np.arange(5)
    )
    np.testing.assert_allclose(found, [0, 0, -np.sqrt(0.5), 0, 0], atol=1e-12)


def test_vim_finds_what_lies_outside_the_space_of_the_labels() -> None:
    """Labels vary along two axes strongly and two weakly; the rest of the strange is along the fifth."""
    X = rng().normal(size=(80, 5)) * [5, 4, 0.1, 0.1, 0]
    X[70:, 4] = 3.0
    logits = np.column_stack([X[:, 0], -X[:, 0]])
    pool = Pool.fresh(80, ("a", "b"))
    pool.state[:40] = X[:40, 0] < 0
    round = Round.of(pool, Signals(80, {"embedding": X, "logits": logits}), {"embedding"})
    found = scores(detectors.get("vim"), round, np.arange(80))
    assert found[70:].min() > found[:70].max()
    away = X - X[:40].mean(axis=0)
    main = np.linalg.svd(away[:40])[2][:2]
    residual = np.linalg.norm(away - away @ main.T @ main, axis=1)
    alpha = np.abs(X[:40, 0]).mean() / residual[:40].mean()
    np.testing.assert_allclose(found, alpha * residual - logsumexp(logits, axis=1), rtol=1e-8)


# ------------------------------------------------------------------ answers out of scope


def test_k_plus_one_agrees_with_scikit_learn() -> None:
    round = wine(labels=60, answers=20)
    answered = np.concatenate([round.labelled, round.out_of_scope])
    targets = np.concatenate([round.y, np.full(20, 2)])
    unit = np.sqrt(WINE[answered].var(axis=0).mean())
    theirs = LogisticRegression(tol=1e-8, max_iter=5000).fit(WINE[answered] / unit, targets)
    proba = theirs.predict_proba(WINE / unit)
    np.testing.assert_allclose(everything("k-plus-one", round), proba[:, 2], atol=2e-3)


def test_k_plus_one_without_answers_is_knn() -> None:
    np.testing.assert_array_equal(everything("k-plus-one", wine()), everything("knn", wine()))


def test_max_activation_step_by_step() -> None:
    round = wine(labels=60, answers=6)
    answered = np.concatenate([round.labelled, round.out_of_scope])
    targets = np.concatenate([round.y, np.full(6, 2)])
    unit = np.sqrt(WINE[answered].var(axis=0).mean())
    # softmax(f / T) with a penalty on f is softmax(g) with a quarter of it on g = f / T
    head = LogisticRegression(C=4.0, tol=1e-10, max_iter=5000).fit(WINE[answered] / unit, targets)
    f = 0.5 * head.decision_function(WINE / unit)
    predicted = f.argmax(axis=1)
    found = everything("max-activation", round)
    assert found[predicted == 2].min() >= 1.0
    assert found[predicted != 2].max() <= 1.0
    assert (predicted[round.candidates] == 2).sum() > 10
    for label in (0, 1):
        mine = np.flatnonzero(predicted == label)
        values = f[np.intersect1d(mine, round.candidates), label]
        mixture = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, n_init=5, random_state=0)
        high = mixture.fit(values[:, None]).means_.argmax()
        purity = mixture.predict_proba(f[mine, label][:, None])[:, high]
        within = f[mine, label] >= np.sort(mixture.means_.ravel())[0]  # below it ours is monotone
        np.testing.assert_allclose(found[mine][within], 1.0 - purity[within], atol=0.05)


# ------------------------------------------------------------------ the registry


def test_the_catalogue_tells_each_story() -> None:
    rows = detectors.catalogue()
    assert json.loads(json.dumps(rows)) == rows
    assert {row["name"] for row in rows} >= {
        "msp", "max-logit", "energy", "gradnorm", "mahalanobis", "relative-mahalanobis", "knn",
        "knn-contrast", "vim", "k-plus-one", "max-activation", "cosine", "auto",
    }  # fmt: skip
    for row in rows:
        assert row["story"].endswith(".")
        assert row["paper"]
        for name in (row["name"], *row["aliases"], row["name"].upper().replace("-", "_")):
            assert detectors.get(name).name == row["name"]
    assert type(detectors.get("knn_contrast")).__module__ == "asknext.detectors.knn_contrast"


@pytest.mark.parametrize("name", detectors.names())
def test_a_detector_says_what_it_is(name: str) -> None:
    kind = type(detectors.get(name))
    text = inspect.cleandoc(kind.__doc__ or "")
    assert 20 < len(text.partition("\n")[0]) <= 110
    assert re.search(r"\nPaper\n-----\n(.|\n)*\b20\d\d\b", text)
    for field in fields(kind):  # type: ignore[arg-type]
        assert re.search(rf"^{field.name} : ", text, re.MULTILINE), f"{field.name} is not told"
    with pytest.raises(FrozenInstanceError):
        detectors.get(name).anything = 1  # type: ignore[attr-defined]


def test_objects_pass_and_classes_are_attributes() -> None:
    detector = detectors.Knn(k=7)
    assert detectors.get(detector) is detector
    assert "Knn" in dir(detectors)
    with pytest.raises(AttributeError, match="Nothing"):
        detectors.Nothing  # noqa: B018


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("mahalanobs", "unknown detector 'mahalanobs'; did you mean 'mahalanobis'"),
        (detectors.Knn, "is a class"),
        (7, "7 is no detector"),
    ],
)
def test_anything_else_is_refused_in_words(wrong: Any, complaint: str) -> None:
    with pytest.raises(AskNextError, match=complaint):
        detectors.get(wrong)


class Constant(Detector):
    """Says the same of all."""

    name = "constant"
    paper = "none"

    def score(self, round: Round, ids: Any) -> Any:  # noqa: ARG002
        """Zeros."""
        return np.zeros(len(ids))


def test_a_plug_in_is_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("constant", f"{__name__}:Constant", "asknext.detectors")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == point.group else [])
    for cached in (registry.classes, registry._by_name):
        cached.cache_clear()
    try:
        assert "constant" in detectors.names()
        assert isinstance(detectors.get("Constant"), Constant)
    finally:
        for cached in (registry.classes, registry._by_name):
            cached.cache_clear()


@pytest.mark.parametrize("build", [
    lambda: detectors.Knn(k=0), lambda: detectors.KnnContrast(k=-1), lambda: detectors.Energy(temperature=0),
    lambda: detectors.KPlusOne(strength=0.0), lambda: detectors.MaxActivation(temperature=-1.0),
])  # fmt: skip
def test_parameters_that_make_no_sense_are_refused(build: Any) -> None:
    with pytest.raises(AskNextError, match="must be above 0"):
        build()
