"""Oracle strategies: what they choose, and that nobody but a benchmark can run them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import asknext
from asknext.bench.compare import carry_out, class_positions
from asknext.bench.insight import insight
from asknext.bench.protocol import Settings, claim, split
from asknext.bench.replay import finished, repeat
from asknext.datasets import load
from asknext.errors import AskNextError
from asknext.randomness import spawn_seed
from asknext.strategies import check_strategy, get
from asknext.strategies.informed_confidence import InformedConfidence
from asknext.strategies.oracle_batch import OracleBatch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
TRUTH = (X[:, 0] > 0).astype(int)
PROBA = RNG.dirichlet(np.ones(2), size=60)
KNOWN = np.array([int(TRUTH.argmin()), int(TRUTH.argmax())])

SMALL = Settings(
    source="wine", target=None, strategies=("informed-confidence", "oracle-batch"),
    learner="logistic-regression", initial=6, batch=5, rounds=2, seeds=1, test_share=0.3,
)  # fmt: skip


@pytest.mark.parametrize("name", ["informed-confidence", "oracle-batch"])
def test_common_check(name: str) -> None:
    check_strategy(get(name))
    assert get(name).family == "oracle"


def test_informed_confidence_avoids_what_the_reference_cannot_guess() -> None:
    truth = np.array([0, 1, 0, 1, -1, 7])
    proba = np.array([[0.6, 0.4], [0.5, 0.5], [0.9, 0.1], [0.55, 0.45], [0.5, 0.5], [0.5, 0.5]])
    reference = np.array([[0.9, 0.1], [0.95, 0.05], [1.0, 0.0], [0.3, 0.7], [0.5, 0.5], [0.5, 0.5]])
    found = asknext.select(
        np.zeros((6, 1)), 6, InformedConfidence(), proba=proba,
        signals={"truth": truth, "reference_proba": reference},
    )  # fmt: skip
    scores = dict(zip(found.ids.tolist(), found.scores, strict=True))  # type: ignore[arg-type]
    np.testing.assert_allclose([scores[i] for i in range(6)], [0.4, 0.05, 0.1, 0.45, 0.0, 0.0])
    assert found.ids[:4].tolist() == [3, 0, 2, 1]


@pytest.mark.parametrize("name", ["informed-confidence", "oracle-batch"])
def test_refused_where_nobody_knows_the_truth(name: str) -> None:
    campaign = asknext.Campaign(X, strategy=name, classes=[0, 1])
    with pytest.raises(AskNextError, match="only a benchmark") as error:
        campaign.ask(3)
    assert f"'{name}' needs the signal" in str(error.value)


def accuracy(ids: np.ndarray) -> float:
    """What logistic regression, which is not the stand-in, makes of these labels."""
    known = np.concatenate([KNOWN, ids])
    model = LogisticRegression().fit(X[known], TRUTH[known])
    return float(model.score(X, TRUTH))


def test_oracle_batch_beats_random_batches() -> None:
    signals = {"truth": TRUTH}
    known = {"labelled": KNOWN, "y": TRUTH[KNOWN]}
    best = asknext.select(X, 6, OracleBatch(tries=60), proba=PROBA, signals=signals, **known)
    random = [asknext.select(X, 6, "random", seed=s, **known) for s in range(40)]
    assert accuracy(best.ids) > np.mean([accuracy(chosen.ids) for chosen in random])
    few = [
        asknext.select(X, 6, OracleBatch(tries=t), proba=PROBA, signals=signals, **known).parts["accuracy"][0]
        for t in (1, 10, 60)
    ]
    assert few == sorted(few)
    assert set(best.parts["strategy"]) <= {"random", "margin", "kmeans", "typiclust", "k-center"}


def test_oracle_batch_parameters() -> None:
    for bad in ({"tries": 0}, {"share": 0.0}, {"strategies": ()}, {"reference": 0}):
        with pytest.raises(AskNextError, match="give at least 1 of each"):
            OracleBatch(**bad)  # type: ignore[arg-type]


def test_reference_model_never_sees_the_pool() -> None:
    wine = load("wine")
    y = class_positions(wine)
    parts = split(y, SMALL, 0)
    known = insight("informed-confidence", wine.X, y, wine.classes, parts, SMALL, seed=0)
    np.testing.assert_array_equal(known["truth"], y[parts.pool])
    model = LogisticRegression(max_iter=1000, random_state=spawn_seed(0, "reference"))
    model.fit(wine.X[parts.test], y[parts.test])
    np.testing.assert_allclose(known["reference_proba"], model.predict_proba(wine.X[parts.pool]))
    scrambled = y.copy()
    scrambled[parts.pool] = RNG.permutation(y[parts.pool])
    again = insight("informed-confidence", wine.X, scrambled, wine.classes, parts, SMALL, seed=0)
    np.testing.assert_array_equal(again["reference_proba"], known["reference_proba"])
    assert set(insight("margin", wine.X, y, wine.classes, parts, SMALL, seed=0)) == {"truth"}


def test_a_comparison_runs_and_repeats_oracles(tmp_path: Path) -> None:
    wine = load("wine")
    claim(tmp_path, SMALL, wine)
    carry_out(tmp_path, SMALL, wine, jobs=1)
    settings, data = finished(tmp_path)
    again = list(repeat(tmp_path, settings, data, 10))
    assert len(again) == 4
    assert all(one.identical for one in again)
