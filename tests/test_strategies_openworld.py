"""ALOE and novel-margin: which clusters come first, what counts as new, and what happens at the edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

import asknext
from asknext import Campaign
from asknext.errors import AskNextError, MissingSignalError
from asknext.signals import softmax
from asknext.strategies import Selection, Strategy, check_strategy
from asknext.strategies.aloe import Aloe
from asknext.strategies.novel_margin import NovelMargin
from asknext.strategies.typiclust import TypiClust

OOD = Aloe(score="ood")
KNOWN = 20  # labelled items, with the scores 1 … 20: 19 is the limit


def blobs(*scores: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, scores and blob of each item: labelled items far away, a tight blob for each list."""
    known = np.arange(1.0, KNOWN + 1)
    blob = np.concatenate([np.full(KNOWN, -1), *(np.full(len(own), i) for i, own in enumerate(scores))])
    X = np.random.default_rng(0).normal(size=(len(blob), 2)) + 100.0 * blob[:, None]
    return X, np.concatenate([known, *scores]), blob


def asked(
    n: int, strategy: Strategy, scores: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int = 0
) -> Selection:
    """What is asked, the far items labelled with two classes."""
    X, ood, _ = scores
    known, proba = np.arange(KNOWN), np.full((len(X), 2), 0.5)
    return asknext.select(
        X, n, strategy, labelled=known, y=known % 2, proba=proba, signals={"ood": ood}, seed=seed
    )


# ---------------------------------------------------------------- ALOE: the order of clusters

HALF = [0.0, 0.0, 0.0, 900.0, 900.0, 900.0]  # half of it flagged, the largest mean
ALL = [20.0, 21.0, 20.0, 20.0]  # all flagged
MORE = [20.0, 22.0, 20.0, 20.0]  # the same with a larger mean
NONE = [0.0, 19.0, 18.0, 19.0]  # 19 is the limit itself


def test_the_share_of_flagged_items_comes_first_then_the_mean() -> None:
    scores = blobs(HALF, ALL, MORE, NONE)
    picked = asked(2, OOD, scores)
    assert scores[2][picked.ids].tolist() == [2, 1]
    assert picked.parts["score"].tolist() == [22, 21]  # the largest score of each
    assert picked.parts["ratio"].tolist() == [1, 1]
    assert picked.parts["mean_score"].tolist() == [20.5, 20.25]
    assert picked.parts["cluster_size"].tolist() == [4, 4]
    third = asked(3, Aloe(score="ood", multiplier=1), blobs(HALF, ALL, MORE))
    assert third.parts["ratio"].tolist() == [1, 1, 0.5]


def test_the_mean_alone() -> None:
    scores = blobs(HALF, ALL, MORE, NONE)
    assert scores[2][asked(2, Aloe(score="ood", rank="mean"), scores).ids].tolist() == [0, 2]


def test_the_larger_cluster_where_share_and_mean_are_equal() -> None:
    scores = blobs([20.0, 30.0], [22.0, 25.0, 28.0], [25.0], [0.0])
    assert scores[2][asked(2, OOD, scores).ids].tolist() == [1, 0]


def test_the_share_alone_leaves_ties_to_chance() -> None:
    scores = blobs(ALL, MORE, NONE, HALF)
    first = {int(scores[2][asked(2, Aloe(score="ood", rank="ratio"), scores, s).ids[0]]) for s in range(20)}
    assert first == {0, 1}
    assert {int(scores[2][asked(2, OOD, scores, seed).ids[0]]) for seed in range(20)} == {1}


def test_what_is_told_for_the_report() -> None:
    memory = asked(2, OOD, blobs(HALF, ALL, MORE, NONE)).memory
    assert memory == {"flagged": 11 / 18, "tau": 19.0, "ood_clusters": 3, "tied": 0}
    assert asked(1, OOD, blobs(HALF, ALL, MORE, NONE)).memory["tied"] == 2
    assert asked(2, OOD, blobs(ALL, ALL, ALL, NONE)).memory["tied"] == 3
    assert asked(2, OOD, blobs(ALL, NONE, NONE, NONE)).memory == {
        "flagged": 4 / 16, "tau": 19.0, "ood_clusters": 1, "tied": 3,
    }  # fmt: skip


def test_as_many_clusters_as_classes_with_labels_where_these_are_more() -> None:
    """Six blobs: one item wanted, three classes found, two clusters for each."""
    X, ood, blob = blobs(*[[20.0 + i, 30.0 + i] for i in range(6)])
    y = np.arange(KNOWN) % 3
    picked = asknext.select(X, 1, OOD, labelled=np.arange(KNOWN), y=y, signals={"ood": ood})
    assert picked.parts["cluster_size"].tolist() == [2]
    assert blob[picked.ids].tolist() == [5]
    two = asknext.select(X, 1, OOD, labelled=np.arange(KNOWN), y=y % 2, signals={"ood": ood})
    assert two.parts["cluster_size"][0] > 2


def plain(scores: np.ndarray, cluster: np.ndarray, tau: float, n: int) -> list[int]:
    """The default rule, cluster by cluster, for scores without ties."""
    found = []
    for c in set(cluster.tolist()):
        mine = np.flatnonzero(cluster == c)
        best = mine[np.argmax(scores[mine])]
        found.append((np.mean(scores[mine] > tau), np.mean(scores[mine]), len(mine), int(best)))
    return [best for *_, best in sorted(found, reverse=True)[:n]]


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_rule_written_plainly(seed: int) -> None:
    """On 16 tight blobs, which k-means finds."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(17), [12, *rng.integers(1, 9, 16)])
    X = 0.01 * rng.normal(size=(len(cluster), 3)) + 10.0 * rng.normal(size=(17, 3))[cluster]
    proba = rng.dirichlet(np.ones(4), len(cluster))
    known, left = np.arange(12), np.arange(12, len(cluster))
    picked = asknext.select(
        X, 4, Aloe(multiplier=4, quantile=0.5), labelled=known, y=known % 4, proba=proba, seed=seed
    )
    scores = -proba.max(axis=1)
    tau = np.sort(scores[known])[5]
    assert picked.memory["tau"] == tau
    assert picked.ids.tolist() == left[plain(scores[left], cluster[left], tau, 4)].tolist()


# ---------------------------------------------------------------- edges


def hostile() -> dict[str, dict[str, Any]]:
    """Pools whose first 8 items are labelled, that algorithms dislike."""
    rng = np.random.default_rng(0)
    X, proba, y = rng.normal(size=(40, 3)), rng.dirichlet(np.ones(2), 40), np.arange(8) % 2
    sure, doubtful = rng.uniform(0.8, 0.9, 40), rng.uniform(0.5, 0.6, 40)
    known = np.arange(40) < 8
    flagged, unflagged = np.where(known, sure, doubtful), np.where(known, doubtful, sure)
    return {
        "fewer candidates than clusters": {"X": X[:20], "proba": proba[:20], "y": y},
        "equal features": {"X": np.ones((40, 3)), "proba": proba, "y": y},
        "three distinct rows": {"X": X[np.arange(40) % 3], "proba": proba, "y": y},
        "one class": {"X": X, "proba": np.ones((40, 1)), "y": np.zeros(8)},
        "all flagged": {"X": X, "proba": np.stack([flagged, 1 - flagged], axis=1), "y": y},
        "none flagged": {"X": X, "proba": np.stack([unflagged, 1 - unflagged], axis=1), "y": y},
    }


@pytest.mark.parametrize("title", hostile())
@pytest.mark.parametrize("strategy", [Aloe(), Aloe.published(), Aloe(rank="mean"), NovelMargin()], ids=repr)
def test_exactly_so_many_different_candidates(title: str, strategy: Strategy) -> None:
    case = hostile()[title]
    X, known = case.pop("X"), np.arange(8)
    for n in (1, 10, 32):
        picked, again = (asknext.select(X, n, strategy, labelled=known, seed=3, **case) for _ in range(2))
        assert len(np.unique(picked.ids)) == len(picked.ids) == min(n, len(X) - 8)
        assert picked.ids.min() >= 8
        assert picked.ids.tolist() == again.ids.tolist()
    share = {"all flagged": 1.0, "none flagged": 0.0}.get(title)
    assert share is None or strategy.score != "msp" or picked.memory["flagged"] == share


def test_copies_are_made_good_by_the_largest_scores() -> None:
    """Two distinct rows give two clusters; the other two items are those of the largest scores left."""
    X, ood, _ = blobs([20.0, 25.0, 30.0, 35.0, 26.0], [21.0, 22.0, 23.0, 24.0])
    X[KNOWN : KNOWN + 5], X[KNOWN + 5 :] = 1.0, 2.0
    picked = asked(4, OOD, (X, ood, ood))
    assert picked.parts["score"].tolist() == [35, 24, 30, 26]


@pytest.mark.parametrize("strategy", [Aloe(), NovelMargin()], ids=repr)
@pytest.mark.parametrize("classes", [0, 1])
def test_where_nothing_is_known_to_be_new_typical_items_are_asked(strategy: Strategy, classes: int) -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    state: dict[str, Any] = {"labelled": [0, 1], "y": ["a", "a"]} if classes else {}
    picked, typical = (
        asknext.select(X, 6, s, proba=np.ones((60, classes)), signals={"embedding": X}, **state)
        for s in (strategy, TypiClust())
    )
    assert picked.ids.tolist() == typical.ids.tolist()


def test_without_labels_there_is_no_limit_but_an_order() -> None:
    proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.8, 0.2]])
    X, classes = np.arange(4.0)[:, None], ["a", "b"]
    for strategy in (Aloe(), NovelMargin()):
        campaign = Campaign(X, None, strategy, classes=classes, signals={"proba": proba})
        assert campaign.ask(2).ids.tolist() == [1, 2]
        assert campaign.state.memory["tau"] is None
        assert campaign.state.memory["flagged"] == 0


@pytest.mark.parametrize(("quantile", "due"), [(0.95, 19), (0.951, 20), (1.0, 20), (0.5, 10), (0.01, 1)])
@pytest.mark.parametrize("kind", [Aloe, NovelMargin])
def test_the_limit_is_the_least_that_so_many_do_not_exceed(kind: Any, quantile: float, due: int) -> None:
    assert asked(2, kind(score="ood", quantile=quantile), blobs(HALF, ALL)).memory["tau"] == due


# ---------------------------------------------------------------- scores and learners


@pytest.mark.parametrize("score", ["msp", "max-logit", "energy", "gradnorm", "ood"])
@pytest.mark.parametrize("kind", [Aloe, NovelMargin])
def test_every_score(kind: Any, score: str) -> None:
    rng = np.random.default_rng(0)
    X, logits = rng.normal(size=(30, 4)), rng.normal(size=(30, 3))
    known, signals = np.arange(9), {"logits": logits, "ood": X[:, 0]}
    picked = asknext.select(X, 5, kind(score=score), labelled=known, y=known % 3, signals=signals)
    p = softmax(logits)
    due = {
        "msp": -p.max(axis=1),
        "max-logit": -logits.max(axis=1),
        "energy": -np.log(np.exp(logits).sum(axis=1)),
        "gradnorm": -np.abs(X).sum(axis=1) * np.abs(3 * p - 1).sum(axis=1) / 3,
        "ood": X[:, 0],
    }[score]
    np.testing.assert_allclose(picked.parts["score"], due[picked.ids])
    assert picked.memory["tau"] == pytest.approx(due[:9].max())


@pytest.mark.parametrize(
    "learner",
    [LogisticRegression(), RandomForestClassifier(10), MLPClassifier((8,), max_iter=20)],
    ids=lambda learner: type(learner).__name__,
)
@pytest.mark.parametrize("strategy", [Aloe(), Aloe.published(), NovelMargin()], ids=repr)
def test_learners_of_scikit_learn_suffice(learner: Any, strategy: Strategy) -> None:
    X, y = load_iris(return_X_y=True)
    campaign = Campaign(X, learner, strategy)
    for _ in range(4):
        ids = campaign.ask(6).ids
        campaign.tell(ids, y[ids].tolist())
    assert len(campaign.classes) == 3
    assert campaign.state.memory["tau"] is not None


def test_a_score_of_logits_says_what_it_lacks() -> None:
    with pytest.raises(MissingSignalError, match=r"'aloe' needs the signal 'logits'.*score='msp'"):
        Campaign(np.eye(4), "random-forest", Aloe(score="energy")).ask(1)


def test_only_what_the_score_reads_is_needed() -> None:
    assert Aloe().needs == {"proba", "embedding"}
    assert Aloe.published().needs == {"proba", "embedding"}
    assert Aloe(score="energy").needs == {"logits", "embedding"}
    assert NovelMargin(score="ood").needs == {"ood", "proba", "embedding"}


@pytest.mark.parametrize("norm", ["l2", "zscore", "none"])
def test_what_is_done_to_the_embedding(norm: Any) -> None:
    """Two rays and two lengths, the second feature in small units: each norm sees other pairs."""
    angle = np.repeat([0.01, 0.02], 4)
    length = np.tile([1.0, 1.01, 9.0, 9.01], 2)
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1) * length[:, None]
    if norm == "zscore":
        X = np.stack([np.tile([0.0, 300.0, 600.0, 900.0], 2) / 900, np.repeat([0.0, 1e-3], 4)], axis=1)
    X = np.vstack([X, np.full((2, 2), 50.0) * (norm != "zscore")])
    state = {"labelled": [8, 9], "y": ["a", "a"]}
    signals = {"ood": np.arange(10.0)}
    picked = asknext.select(X, 1, Aloe(score="ood", feature_norm=norm), **state, signals=signals)
    pair = {"l2": [4, 5, 6, 7], "zscore": [4, 5, 6, 7], "none": [2, 3, 6, 7]}[norm]
    assert picked.parts["mean_score"][0] == np.mean(pair)


# ---------------------------------------------------------------- novel-margin


def suspected(n: int, *sizes: int, index: int = 1, clusters: int | None = 3) -> tuple[Selection, Any, Any]:
    """What is asked of new items in blobs; also the blob of each item, and its margin."""
    X, ood, blob = blobs(*[[30.0] * size for size in sizes])
    ood[-1] = 31.0  # or all would be alike
    margin = np.random.default_rng(1).permutation(len(X)) / len(X)
    proba = np.stack([1 + margin, 1 - margin], axis=1) / 2
    known = np.arange(KNOWN)
    strategy = NovelMargin(score="ood", clusters=clusters)
    picked = asknext.select(
        X, n, strategy, labelled=known, y=known % 2, proba=proba, signals={"ood": ood}, index=index
    )
    return picked, blob, margin


def test_turns_over_the_clusters_the_largest_first() -> None:
    picked, blob, _ = suspected(7, 3, 9, 5)
    assert blob[picked.ids].tolist() == [1, 2, 0, 1, 2, 0, 1]
    assert picked.parts["cluster_size"].tolist() == [9, 5, 3, 9, 5, 3, 9]
    emptied, blob, _ = suspected(16, 3, 9, 5)
    assert blob[emptied.ids].tolist() == [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2, 1, 1, 1]


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_large_margins_first_and_small_ones_from_the_adaptive_round_on(index: int) -> None:
    picked, blob, margin = suspected(6, 3, 9, 5, index=index)
    np.testing.assert_allclose(picked.parts["margin"], margin[picked.ids])
    for b in range(3):
        mine = np.sort(margin[blob == b])
        due = mine[::-1][:2] if index < 2 else mine[:2]
        np.testing.assert_allclose(margin[picked.ids][blob[picked.ids] == b], due)


def test_one_item_of_each_cluster_unless_told_otherwise() -> None:
    picked, blob, _ = suspected(3, 4, 5, 6, clusters=None)
    assert blob[picked.ids].tolist() == [2, 1, 0]


def test_too_few_new_items_are_made_good_by_the_largest_scores() -> None:
    scores = blobs([30.0, 40.0], [7.0, 8.0, 9.0])
    picked = asked(4, NovelMargin(score="ood"), scores)
    assert sorted(picked.parts["score"][:2]) == [30, 40]
    assert picked.parts["score"][2:].tolist() == [9, 8]
    assert picked.parts["cluster"][2:].tolist() == [-1, -1]
    assert picked.parts["cluster_size"][2:].tolist() == [0, 0]
    assert picked.memory == {"flagged": 2 / 5, "tau": 19.0}


# ---------------------------------------------------------------- what is promised and refused


@pytest.mark.parametrize(
    "strategy",
    [
        Aloe.published(), Aloe(score="energy", rank="mean", multiplier=1, feature_norm="zscore"),
        Aloe(score="ood", feature_norm="l2"), NovelMargin(score="ood", clusters=100, adaptive_round=0),
    ],
    ids=repr,
)  # fmt: skip
def test_promises_are_kept_with_other_parameters(strategy: Strategy) -> None:
    check_strategy(strategy)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"score": "vim"}, "score is 'vim'; it is one of msp, gradnorm, energy, max-logit, ood"),
        ({"quantile": 0.0}, "quantile is 0.0; give a share above 0 and up to 1"),
        ({"quantile": 1.1}, "quantile is 1.1"),
        ({"rank": "best"}, "rank is 'best'; it is one of ratio_mean, ratio, mean"),
        ({"feature_norm": "l1"}, "feature_norm is 'l1'; it is one of none, l2, zscore"),
        ({"multiplier": 0}, "multiplier is 0; give a whole number of at least 1"),
        ({"clusters": 0}, "clusters is 0; give a whole number of at least 1"),
        ({"adaptive_round": -1}, "adaptive_round is -1; give a whole number of at least 0"),
    ],
)
def test_parameters_are_checked(wrong: dict[str, Any], complaint: str) -> None:
    kind: Any = NovelMargin if {"clusters", "adaptive_round"} & wrong.keys() else Aloe
    with pytest.raises(AskNextError, match=complaint):
        kind(**wrong)


# ---------------------------------------------------------------- what it is for


def test_aloe_finds_rare_classes() -> None:
    """60 classes, a few of them common and most rare: with 180 labels it finds 8 more than chance does."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, 64))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    y = np.repeat(np.arange(60), (300 * 0.01 ** (np.arange(60) / 59)).astype(int))
    X = centres[y] + 0.165 * rng.normal(size=(len(y), 64))
    campaign = Campaign(X, LogisticRegression(C=30), "aloe")
    for _ in range(9):
        ids = campaign.ask(20).ids
        campaign.tell(ids, y[ids].tolist())
    by_chance = [len(np.unique(y[rng.choice(len(y), 180, replace=False)])) for _ in range(20)]
    assert len(campaign.classes) >= np.mean(by_chance) + 8
