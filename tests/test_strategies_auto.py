"""Auto against its formula, written plainly; its sample; what it makes of duplicates and of nothing known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

import asknext
from asknext.errors import AskNextError
from asknext.kernels.kcenter import k_center
from asknext.kernels.self_tuning import spaces
from asknext.kernels.softmax_head import softmax_head
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies.auto import Auto, _chances, _places, rarities, sharpened, tail_of, unseen


def plain(
    X: Any, doubt: Any, n: int, inside: Any, outside: Any, y: Any, scope: Any = None, reach: int = 0
) -> list[int]:
    """The rule, as it is written down: all tables in memory; `scope` is the model of what is in scope."""
    N, answered = len(X), np.concatenate([inside, outside]).astype(int)
    u = np.array(doubt, dtype=float)
    u[answered] = 0.0
    open_ = np.setdiff1d(np.arange(N), answered)
    q = reach or max(1, int(np.rint(N * u[open_].mean() / (len(answered) + n))))
    H = X - X.mean(axis=0)
    H = H / np.linalg.norm(H, axis=1, keepdims=True)
    labels_a_class = len(inside) / max(1, len(set(y)))
    t = np.clip(np.log(labels_a_class) / np.log(10), 0, 1) if len(inside) else 0.0
    exponent = np.zeros((N, N))
    for space in (X, H):
        d = cdist(space, space)
        s = np.sort(d, axis=1)[:, min(q, N - 1)]
        s = np.maximum(s, 0.05 * np.median(s))
        exponent += d**2 / (s[:, None] ** (1 - t) * s[None, :] ** (1 + t))
    K = np.exp(-exponent / 2)
    if len(outside):
        a, share = 0.5, len(inside) / len(answered)
        V = (K[inside].sum(axis=0) + a * share) / (K[answered].sum(axis=0) + a)
        u *= np.sqrt(V * scope)
    m = K[answered].max(axis=0) if len(answered) else np.zeros(N)
    picked: list[int] = []
    for _ in range(n):
        gains = np.maximum(0, K - m) @ u
        gains[[*answered, *picked]] = -1
        picked.append(int(gains.argmax()))
        m = np.maximum(m, K[picked[-1]])
    return picked


@pytest.fixture
def X() -> Any:
    rng = np.random.default_rng(3)
    return np.concatenate([rng.normal(size=(40, 3)), 0.2 * rng.normal(size=(40, 3)) + 4])


def proba(n: int) -> Any:
    return np.random.default_rng(4).dirichlet(np.ones(3), size=n)


def asked(most: int) -> Round:
    """A hundred items; the first have an answer, one of the second class and so many of the first."""
    state = np.full(100, -1, dtype=np.int32)
    state[: most + 1] = np.repeat([0, 1], [most, 1])
    p = np.random.default_rng(0).dirichlet([5.0, 1.0], size=100)
    return Round.of(Pool(state, ("a", "b")), Signals(100, {"proba": p}), {"proba"})


def test_nothing_known(X: Any) -> None:
    picked = asknext.select(X, n=6, strategy="auto", proba=np.full((80, 3), 1 / 3))
    assert picked.ids.tolist() == plain(X, np.ones(80), 6, [], [], [])
    assert {i // 40 for i in picked.ids[:2].tolist()} == {0, 1}, "each cloud gets one of the first two"


@pytest.mark.parametrize("labels", [3, 12, 50])
def test_labels_and_a_model(X: Any, labels: int) -> None:
    inside = np.random.default_rng(5).choice(80, labels, replace=False)
    y, p = np.arange(labels) % 3, proba(80)
    top = np.sort(p, axis=1)
    doubt = 1 - (top[:, 2] - top[:, 1])
    picked = asknext.select(X, n=7, strategy="auto", labelled=inside, y=y, proba=p)
    assert picked.ids.tolist() == plain(X, doubt, 7, inside, [], y)
    np.testing.assert_allclose(picked.parts["doubt"], doubt[picked.ids])
    assert {*picked.parts} == {"reach", "coverage", "doubt"}, "nothing is rare or out of scope"


def test_out_of_scope_weighs_down_what_is_like_it(X: Any) -> None:
    inside, outside = np.arange(6), np.arange(40, 46)
    y, p = np.arange(6) % 3, proba(80)
    top = np.sort(p, axis=1)
    found = asknext.select(X, n=10, strategy=Auto(), labelled=inside, y=y, out_of_scope=outside, proba=p)
    told = np.concatenate([inside, outside])
    centred = X - X.mean(axis=0)
    kind = np.concatenate([y, np.full(6, 3)])  # what is out of scope is one class more
    scope = 1 - softmax_head(centred[told], kind, 4, strength=0.1).proba(centred)[:, 3]
    assert found.ids.tolist() == plain(X, 1 - (top[:, 2] - top[:, 1]), 10, inside, outside, y, scope)
    assert np.mean(found.ids < 40) >= 0.7
    assert (found.parts["purity"] < 1).all()


@pytest.mark.parametrize(("most", "tail"), [(5, 0.0), (11, np.log(2) / np.log(10)), (59, 1.0), (90, 1.0)])
def test_a_tail_is_told_by_the_answers(most: int, tail: float) -> None:
    """One answer of the rarest class, and one more for each: six is three times two, twelve twice that."""
    assert tail_of(asked(most)) == pytest.approx(tail)


def test_in_a_tail_doubt_counts_by_its_rank_and_classes_as_a_whole() -> None:
    view = asked(59)
    p = view.read("proba")
    np.testing.assert_allclose(rarities(view, 0.5), (r := (p / p.mean(axis=0) ** 0.5).sum(axis=1)) / r.mean())
    assert (rarities(view, 0.0) == 1).all()
    doubt = np.array([0.9, 0.5, 0.7, 0.9])
    np.testing.assert_allclose(sharpened(doubt, 1.0), (np.array([3.5, 1, 2, 3.5]) / 4) ** 9)
    np.testing.assert_allclose(sharpened(doubt, 0.5), np.sqrt(doubt * sharpened(doubt, 1.0)))
    assert sharpened(np.linspace(0.8, 1, 1001), 1.0).mean() == pytest.approx(0.1, abs=1e-3)
    assert sharpened(doubt, 0.0) is doubt


def test_the_pick_follows_the_rule_in_a_tail(X: Any) -> None:
    inside, y, p = np.arange(60), np.repeat([0, 1], [59, 1]), proba(80)[:, :2]
    p = p / p.sum(axis=1, keepdims=True)
    found = asknext.select(X, n=3, strategy="auto", labelled=inside, y=y, proba=p)
    left = p[60:]
    doubt = 1 - np.abs(left[:, 0] - left[:, 1])
    rarity = (left / left.mean(axis=0)).sum(axis=1)
    keen = (rankdata(doubt) / 20) ** 9
    weight = np.zeros(80)
    weight[60:] = keen * rarity / rarity.mean()
    reach = max(1, round(80 * keen.mean() / 63))
    assert found.ids.tolist() == plain(X, weight, 3, inside, [], y, reach=reach)
    np.testing.assert_allclose(found.parts["rarity"], (rarity / rarity.mean())[found.ids - 60])


def test_what_may_be_rare_is_asked_for() -> None:
    """Two clouds of like doubt: the small one, whose class has one answer of 41, is asked about more often
    than its share of the pool."""
    rng = np.random.default_rng(1)
    X = np.concatenate([rng.normal(size=(400, 2)), rng.normal(size=(20, 2)) + 8])
    p = np.repeat([[0.9, 0.1], [0.1, 0.9]], [400, 20], axis=0)
    labelled, y = np.append(np.arange(40), 400), np.repeat([0, 1], [40, 1])
    found = asknext.select(X, n=10, strategy="auto", labelled=labelled, y=y, proba=p)
    even = asknext.select(X, n=10, strategy="auto", labelled=[0, 400], y=[0, 1], proba=p)
    assert (found.ids >= 400).sum() >= 3 > (even.ids >= 400).sum()


def test_sparse_rows_are_taken_as_dense_ones_from_zero() -> None:
    rng = np.random.default_rng(0)
    X = rng.poisson(0.4, size=(90, 12)).astype(float)
    X[:, 0] += 0.01 * np.arange(90)
    p = proba(90)
    (E, _), (H, _) = spaces(sparse.csr_matrix(X), sparse.csr_matrix(X))
    np.testing.assert_allclose(H.toarray(), X / np.linalg.norm(X, axis=1, keepdims=True))
    np.testing.assert_allclose(E.toarray(), X)
    given = {"n": 8, "strategy": "auto", "labelled": [0, 1, 2], "y": [0, 1, 2], "proba": p}
    found = asknext.select(sparse.csr_matrix(X), **given)
    assert len(set(found.ids.tolist())) == 8


def test_a_sample_of_a_large_pool_covers_nearly_as_well() -> None:
    """Twenty blobs of very different sizes; a tenth of the items looked at."""
    rng = np.random.default_rng(2)
    sizes = rng.integers(20, 300, 20)
    centres = 9 * rng.normal(size=(20, 3))
    X = np.concatenate([c + rng.normal(size=(m, 3)) for c, m in zip(centres, sizes, strict=True)])
    blob = np.repeat(np.arange(20), sizes)
    flat = np.full((len(X), 2), 0.5)
    found = asknext.select(X, n=20, strategy=Auto(sample=len(X) // 10), proba=flat)
    exact = asknext.select(X, n=20, strategy=Auto(sample=len(X)), proba=flat)

    def error(ids: Any) -> float:
        return float(cdist(X, X[ids]).min(axis=1).mean())

    assert error(found.ids) < 1.15 * error(exact.ids)
    assert len(np.unique(blob[found.ids])) >= 18


def test_a_sample_is_drawn_by_doubt() -> None:
    chance = _chances(np.array([100.0, 1.0, 1.0, 1.0, 1.0]), 3)
    np.testing.assert_allclose(chance, [1, 0.5, 0.5, 0.5, 0.5])
    rng = np.random.default_rng(0)
    doubt = rng.uniform(size=500) ** 8
    seen, weights = Auto(sample=100)._seen(doubt, 2, rng)
    assert 95 <= len(seen) <= 105
    assert len(set(seen.tolist())) == len(seen)
    assert weights.sum() == pytest.approx(doubt.sum(), rel=0.1)


def test_places() -> None:
    assert _places(np.array([7, 2, 9]), np.array([9, 3, 7, 11])).tolist() == [2, -1, 0, -1]


def test_all_alike_and_all_sure() -> None:
    X, sure = np.ones((30, 2)), np.tile([1.0, 0.0], (30, 1))
    picked = asknext.select(X, n=5, strategy="auto", labelled=[0, 1], y=[0, 1], proba=sure)
    assert len(set(picked.ids.tolist())) == 5
    whole = asknext.select(X, n=28, strategy="auto", labelled=[0, 1], y=[0, 1], proba=sure)
    assert sorted(whole.ids.tolist()) == list(range(2, 30))


@pytest.mark.parametrize("name", ["floor", "prior"])
def test_parameters_out_of_range(name: str) -> None:
    with pytest.raises(AskNextError, match=f"{name} is 0; give a number above 0"):
        Auto(**{name: 0})
    with pytest.raises(AskNextError, match="ramp is 1; give a number above 1"):
        Auto(ramp=1)
    with pytest.raises(AskNextError, match="sample is 0"):
        Auto(sample=0)


@pytest.mark.parametrize(("answers", "part"), [([0], 1.0), ([0, 0, 1, 2], 0.5**0.5), ([0, 0, 1, 1], 0.0)])
def test_how_much_looks_for_further_classes(answers: list[int], part: float) -> None:
    """Good and Turing: classes with a single answer, of all answers; no class is alone, and nothing looks."""
    state = np.full(80, -1, dtype=np.int32)
    state[: len(answers)] = answers
    assert unseen(Round.of(Pool(state, ("a", "b", "c")), Signals(80, {}), set())) == pytest.approx(part)


@pytest.mark.parametrize("began", ["abc", "ab"])
def test_once_a_class_was_added_a_part_lies_far_from_all_answers(X: Any, began: str) -> None:
    """Two of five answers are alone in their class: √(2 / 5) of ten items are six."""
    state = np.full(80, -1, dtype=np.int32)
    state[:5] = [0, 0, 0, 1, 2]
    signals = Signals(80, {"embedding": X, "proba": proba(80)})
    view = Round.of(Pool(state, ("a", "b", "c")), signals, Auto().needs, 2, {"began": [*began]})
    found = Auto().select(view, 10, np.random.default_rng(0))
    assert found.memory == {"began": [*began]}
    far, distances = k_center(X[5:], 6, np.random.default_rng(0), X[:5])
    if began == "abc":
        assert "distance" not in found.parts
        assert set(found.ids[:6].tolist()) != set((far + 5).tolist())
        return
    assert found.ids[:6].tolist() == (far + 5).tolist()
    np.testing.assert_allclose(found.parts["distance"], [*distances, *[np.nan] * 4])
    assert len(set(found.ids.tolist())) == 10
    assert (np.diff(found.scores[6:]) <= 0).all(), "then by what they cover beside those"


def test_a_class_merged_away_does_not_hide_one_that_was_added(X: Any, tmp_path: Path) -> None:
    """Opened again each time: two classes became one, which was renamed; then one is added."""
    given: Any = {"strategy": "auto", "path": tmp_path, "classes": ["a", "b", "c"]}
    with asknext.Campaign(X, **given) as campaign:
        campaign.tell(campaign.ask(4).ids, ["a", "a", "b", "c"])
    with asknext.Campaign(X, **given) as campaign:
        campaign.merge_class("c", into="b")
        campaign.rename_class("b", "other")
        found = campaign.ask(4)
        assert "distance" not in found.parts, "no class was added"
        campaign.tell(found.ids, ["a", "other", "other", "new"])
        assert campaign.classes == ("a", "other", "new")
    with asknext.Campaign(X, **given) as campaign:
        found = campaign.ask(8)
        assert np.isfinite(found.parts["distance"]).sum() == np.rint(8 * np.sqrt(1 / 8))
        assert found.memory == {"began": [0, 1, 2]}


@pytest.mark.parametrize("unit", [1e-100, 1e-30, 1e30, 1e100])
def test_the_unit_of_the_features_does_not_matter(X: Any, unit: float) -> None:
    given: Any = {"n": 7, "labelled": range(12), "y": np.arange(12) % 3, "proba": proba(80)}
    given["out_of_scope"] = [40, 41]
    assert asknext.select(unit * X, **given).ids.tolist() == asknext.select(X, **given).ids.tolist()
