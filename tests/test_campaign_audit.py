"""The audit slice: drawn before anything is chosen, hidden from strategy and learner, and honest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from asknext import OUT_OF_SCOPE, SKIPPED, Campaign
from asknext.errors import AskNextError
from asknext.log.audit import MOST, AuditSlice, mixed
from asknext.log.verify import verify_log
from asknext.pool import Pool
from asknext.strategies import Selection

X, Y = load_iris(return_X_y=True)


def carry_on(campaign: Campaign, n: int, rounds: int) -> None:
    for _ in range(rounds):
        ids = campaign.ask(n).ids
        campaign.tell(ids, Y[ids].tolist())


def start(**more: Any) -> Campaign:
    return Campaign(X, "logistic-regression", "margin", audit=0.2, **more)


def test_strategy_and_learner_never_see_its_answers() -> None:
    campaign = start(seed=3)
    audit = campaign.state.audit.ids
    assert len(audit) == 30
    for _ in range(8):
        before = set(campaign.fitting.pool.candidates.tolist())
        assert not before & set(audit.tolist())
        ids = campaign.ask(10).ids
        chosen = [i for i in ids if i not in audit]
        assert set(chosen) <= before
        campaign.tell(ids, Y[ids].tolist())
        trained = campaign.fitting.pool.labelled
        assert not set(trained) & set(audit)
        assert set(trained) | set(audit) >= set(campaign.pool.labelled)


def test_a_batch_holds_its_share_at_random_places_and_in_the_order_of_the_draw() -> None:
    places, asked = [], []
    for seed in range(60):
        campaign = start(seed=seed)
        audit = campaign.state.audit.ids.tolist()
        ids = campaign.ask(10).ids.tolist()
        assert len(ids) == 10
        inside = [i for i in ids if i in audit]
        assert inside == audit[:2]
        places += [ids.index(i) for i in inside]
        asked += inside
    assert set(places) == set(range(10))  # blind: no place gives it away
    assert len(set(asked)) > 60  # and it differs between seeds


@settings(max_examples=30)
@given(st.integers(1, 40), st.floats(0, 0.95), st.integers(1, 17), st.integers(0, 99))
def test_every_item_is_asked_once_in_full_batches(n: int, share: float, batch: int, seed: int) -> None:
    campaign = Campaign(np.arange(float(n))[:, None], None, "random", seed=seed, audit=share)
    asked: list[int] = []
    while len(ids := campaign.ask(batch).ids):
        assert len(ids) == min(batch, n - len(asked))
        asked += ids.tolist()
        campaign.tell(ids, ["a"] * len(ids))
    assert sorted(asked) == list(range(n))


def test_no_share_changes_nothing() -> None:
    one, other = Campaign(X, seed=1), Campaign(X, seed=1, audit=0)
    for campaign in (one, other):
        carry_on(campaign, 7, 3)
    assert list(one.labels) == list(other.labels)
    with pytest.raises(AskNextError, match=r"has no audit slice; start it with audit=0\.1"):
        one.audit()


def test_the_report_is_that_of_the_present_model_on_items_it_does_not_know() -> None:
    campaign = start(seed=5)
    assert campaign.audit().items == 0
    assert campaign.audit().accuracy is None
    carry_on(campaign, 15, 4)
    told = [i for i in campaign.state.audit.ids if i in campaign.labels]
    known = np.setdiff1d(campaign.pool.labelled, campaign.state.audit.ids)
    model = LogisticRegression(max_iter=1000).fit(X[known], Y[known])
    report = campaign.audit()
    assert report.items == len(told) == 12
    assert report.accuracy is not None
    assert report.accuracy.estimate == pytest.approx(np.mean(model.predict(X[told]) == Y[told]))
    assert report.class_shares is not None
    assert {c: share.estimate for c, share in report.class_shares.items()} == {
        c: pytest.approx(np.mean(Y[told] == c)) for c in campaign.classes
    }
    assert report.out_of_scope is not None
    assert report.out_of_scope.estimate == 0


def test_what_belongs_to_no_class_counts_apart() -> None:
    campaign = start(seed=5)
    audit = campaign.state.audit.ids
    asked = campaign.ask(25).ids
    assert set(audit[:5]) <= set(asked)
    campaign.tell(np.setdiff1d(asked, audit)[[0, -1]], [0, 1])
    campaign.tell(audit[:5], [OUT_OF_SCOPE, OUT_OF_SCOPE, 0, SKIPPED, 1])
    report = campaign.audit()
    assert report.items == 4
    assert report.out_of_scope is not None
    assert report.out_of_scope.estimate == pytest.approx(0.5)
    assert report.unseen is not None
    assert report.unseen.estimate == pytest.approx(1)  # both classes were seen once
    assert report.accuracy is not None
    assert report.accuracy.n == 2


def test_it_goes_on_after_reopening(tmp_path: Path) -> None:
    with start(seed=2, path=tmp_path / "a") as whole:
        carry_on(whole, 9, 4)
        whole.record()
        labels = whole.labels
    for _ in range(4):
        with Campaign(X, "logistic-regression", "margin", seed=2, path=tmp_path / "b", audit=0.2) as halved:
            carry_on(halved, 9, 1)
    with Campaign(X, seed=2, path=tmp_path / "b") as halved:  # the share is known
        assert halved.labels == labels
        assert halved.audit().items > 0
    assert verify_log(tmp_path / "a").problems == ()
    with pytest.raises(AskNextError, match=r"was started with audit=0\.2, not 0\.1; give that"):
        Campaign(X, seed=2, path=tmp_path / "a", audit=0.1)


@pytest.mark.parametrize("share", [-0.1, 1, "0.1", float("nan"), [0.1]])
def test_a_share_that_is_none_is_refused(share: Any) -> None:
    with pytest.raises(AskNextError, match=r"the audit share is .*; give a number from 0 to below 1"):
        Campaign(X, audit=share)


def test_without_a_model_or_an_answer_there_is_no_accuracy() -> None:
    campaign = start(seed=5)
    others = np.setdiff1d(np.arange(150), campaign.state.audit.ids)
    campaign.tell(others[[0, 60, 110]], [0, 1, 2])
    assert campaign.audit().accuracy is None  # no audit item was answered
    campaign = start(seed=5)
    audit = campaign.state.audit.ids
    asked = campaign.ask(20).ids
    inside = asked[np.isin(asked, audit)]
    campaign.tell(inside, Y[inside].tolist())
    report = campaign.audit()
    assert (report.items, report.accuracy) == (len(inside), None)  # nothing was learnt


def test_of_items_told_without_being_asked_only_those_before_the_last_one_asked_count() -> None:
    campaign = start(seed=5)
    audit = campaign.state.audit.ids
    campaign.tell(audit[[0, 20]], Y[audit[[0, 20]]].tolist())
    assert campaign.audit().items == 0
    asked = campaign.ask(10).ids
    assert audit[[1, 2]].tolist() == [i for i in asked if i in audit]
    campaign.tell(asked, Y[asked].tolist())
    assert campaign.audit().items == 3


def test_skipped_audit_items_come_back_at_the_end() -> None:
    campaign = Campaign(np.arange(10.0)[:, None], None, "random", seed=0, audit=0.4)
    skipped = 0
    while len(ids := campaign.ask(5).ids) and skipped < 10:
        inside = np.isin(ids, campaign.state.audit.ids)
        skipped += inside.sum()
        campaign.tell(ids, [SKIPPED if here and skipped < 5 else "a" for here in inside])
    assert len(campaign.labels) == 10


def test_the_slice_is_in_the_log(tmp_path: Path) -> None:
    with start(path=tmp_path) as campaign:
        (created, *_) = campaign.log
        assert created.body["audit"] == campaign.state.audit.ids.tolist()


def test_a_large_pool_has_a_limited_slice() -> None:
    assert len(AuditSlice.draw(100_000, 0.1, 0).ids) == MOST


def test_scores_and_parts_stay_with_their_items() -> None:
    chosen = Selection(np.array([7, 3]), np.array([2.0, 1.0]), {"cluster": np.array([4, 5])}, {"m": 1})
    batch = mixed(chosen, np.array([9]), np.random.default_rng(0))
    place = {int(i): k for k, i in enumerate(batch.ids)}
    assert place[7] < place[3]
    assert batch.scores is not None
    assert (batch.scores[place[7]], batch.parts["cluster"][place[3]]) == (2, 5)
    assert np.isnan(batch.scores[place[9]])
    assert batch.memory == {"m": 1}
    assert mixed(chosen, np.empty(0, dtype=np.intp), np.random.default_rng(0)) is chosen


def test_hiding_leaves_the_pool_as_it_is() -> None:
    pool = Pool.fresh(5, ["a"])
    pool.state[:] = 0
    assert AuditSlice(np.array([2]), 0.2).hide(pool).labelled.tolist() == [0, 1, 3, 4]
    assert len(pool.labelled) == 5
