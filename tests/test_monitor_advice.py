"""Advice: each signal fires where it should, the sentence says so, and a live campaign gets it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from asknext import Campaign
from asknext.datasets import load
from asknext.errors import AskNextError
from asknext.monitor import advice as controller
from asknext.monitor.advice import EASIER, EXPLORE, HARDER, KEEP, STOP, advise
from asknext.monitor.audit import AuditReport
from asknext.monitor.interval import Interval
from asknext.monitor.readings import Accord, Gaps, Reading

CALM = Reading(
    round=5, labelled=100, candidates=900, numbers=np.arange(2), contradiction=0.1, turnover=0.2,
    gain=0.05, left=0.03, kappa=0.8, confidence=0.7, max_entropy=0.6, mean_uncertainty=0.4,
    uncertainty_variance=0.01,
    contradictory_information=2.0, batch_accuracy=0.5, gaps=Gaps(0.02, 0.02, 0.02), accord=Accord(0.4, 0.9),
    audited=0, audit_accuracy=None,
    predicted=np.zeros(1000, dtype=np.intp), _batch=np.empty(0, dtype=np.intp), _batch_proba=np.empty((0, 2)),
)  # fmt: skip
DIGITS = load("digits")


def course(**now: object) -> list[Reading]:
    """Six calm rounds of falling contradiction, then one with these figures."""
    past = [replace(CALM, contradiction=0.3 - 0.04 * t) for t in range(6)]
    return [*past, replace(CALM, **now)]  # type: ignore[arg-type]


def test_each_signal_alone() -> None:
    assert advise(course()).action == KEEP
    wild = controller.EXPLORE_ABOVE + 0.01
    easy = Accord(0.9, 0.91)
    assert advise(course(turnover=wild, accord=easy, gaps=Gaps(0.01, 0.05, 0.02))).action == EXPLORE
    assert advise(course(turnover=wild, accord=easy, gaps=Gaps(0.03, 0.05, 0.02))).action == KEEP
    assert advise(course(turnover=wild, gaps=Gaps(0.01, 0.05, 0.02))).action == EASIER  # both fire
    assert advise(course(turnover=controller.EASIER_ABOVE + 0.01)).action == EASIER
    assert advise(course(accord=Accord(0.9, 0.91))).action == HARDER
    assert advise(course(accord=Accord(0.9, 0.91), turnover=0.95, gaps=Gaps(0.1, 0.1, 0.1))).action == KEEP
    settled = [replace(one, left=0.004, turnover=0.01) for one in course()]
    assert advise(settled).action == STOP


def test_a_flat_but_high_figure_never_stops() -> None:
    stuck = [replace(CALM, left=0.05, contradiction=0.2) for _ in range(12)]
    assert advise(stuck).action != STOP


def test_stopping_comes_first_and_all_evidence_is_shown() -> None:
    both = [replace(CALM, left=0.001, turnover=0.004, accord=Accord(0.99, 0.99)) for _ in range(6)]
    told = advise(both)
    assert told.action == STOP
    assert [one.fired for one in told.evidence[:2]] == [True, True]
    assert [one.speaks_for for one in told.evidence] == [STOP, HARDER, EASIER, EXPLORE]


def test_the_sentence_names_figures_and_the_audit() -> None:
    audit = AuditReport(50, Interval(0.9, 0.8, 0.95, 50), None, None, None)
    told = advise([replace(CALM, left=0.004, turnover=0.01) for _ in range(6)], audit)
    assert told.sentence.startswith("Stop: the last third of your labels changed 1.0 % (")
    assert told.sentence.endswith("The model is right on 90 % of the audit items (80 % to 95 %).")
    assert json.loads(json.dumps(told.as_dict()))["accuracy"]["high"] == 0.95
    assert str(told) == told.sentence


def test_too_early_to_say() -> None:
    nothing = replace(CALM, left=None, turnover=None, gain=None, gaps=None, accord=None, contradiction=None)
    told = advise([nothing])
    assert told.action == KEEP
    assert "too few rounds" in told.sentence


def test_a_campaign_is_advised_to_stop_when_it_has_learnt() -> None:
    with Campaign(DIGITS.X, seed=0, audit=0.1) as campaign:
        assert campaign.advice().action == KEEP
        actions = {}
        for number in range(24):
            ids = campaign.ask(20).ids
            campaign.tell(ids, [int(DIGITS.y[i]) for i in ids])
            if number in (2, 23):
                events = len(campaign.log)
                actions[number] = campaign.advice().action
                assert len(campaign.log) == events, "advice writes nothing"
        assert actions[2] != STOP
        assert actions[23] == STOP
        named = np.array(campaign.classes)[campaign.proba().argmax(axis=1)]
        assert np.mean(named == DIGITS.y.astype(named.dtype)) > 0.93


def test_advice_changes_no_question() -> None:
    picks = []
    for advised in (False, True):
        with Campaign(DIGITS.X, strategy="badge", seed=1, audit=0.1) as campaign:
            for _ in range(4):
                ids = campaign.ask(10).ids
                campaign.tell(ids, [int(DIGITS.y[i]) for i in ids])
                if advised:
                    campaign.advice()
            picks.append(campaign.ask(10).ids.tolist())
    assert picks[0] == picks[1]


def test_answers_still_open_and_classes_that_come_and_go() -> None:
    with Campaign(DIGITS.X, seed=0) as campaign:
        for number in range(4):
            ids = campaign.ask(20).ids
            campaign.tell(ids[:10], [f"new {number}" if i % 7 == 0 else str(DIGITS.y[i]) for i in ids[:10]])
            campaign.advice()
        campaign.merge_class("new 1", into="new 0")
        advice = campaign.advice()
        assert len(campaign.pending) == 10 + 10 * 3
        assert advice.round == 3  # the moment at which the open batch was asked


def test_no_learner_no_advice() -> None:
    campaign = Campaign(DIGITS.X, learner=None, strategy="kmeans")
    with pytest.raises(AskNextError, match="learner"):
        campaign.advice()


def test_harder_items_are_not_advised_where_these_belong_to_no_class_or_there_is_one_class() -> None:
    easy = course(accord=Accord(0.9, 0.91))
    assert advise(easy, family="diversity").action == HARDER
    assert advise(easy, family="uncertainty").action == advise(easy, family="open-set").action == KEEP
    alone = advise(course(accord=Accord(1.0, 1.0), numbers=np.arange(1), left=None, turnover=0.0))
    assert alone.action == KEEP
    assert not any("0.0 points" in one.why for one in alone.evidence)
