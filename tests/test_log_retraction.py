"""Answers taken back, comments, and rounds that were worked out while answers came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.datasets import load
from asknext.errors import AskNextError, DamagedLogError
from asknext.log import Event, EventLog, fold, ledger, read_events
from asknext.log.events import ANSWERED, ASKED, COMMENTED, CREATED, FITTED, RETRACTED
from asknext.log.verify import verify_log
from asknext.monitor.explanations import explanations
from asknext.monitor.looks import looks, stored
from asknext.monitor.metrics import METRICS
from asknext.monitor.trail import SUBSETS, trail

DIGITS = load("digits")
X, Y = DIGITS.X[:300], DIGITS.y[:300]


def campaign(path: Path | None = None, **more: Any) -> Campaign:
    return Campaign(X, "logistic-regression", "margin", seed=1, path=path, **more)


def told(path: Path | None = None) -> Campaign:
    """Two rounds, all answered."""
    one = campaign(path)
    for _ in range(2):
        ids = one.ask(10).ids
        one.tell(ids, Y[ids].tolist())
    return one


# ---------------------------------------------------------------- taking back


def test_what_is_taken_back_waits_again_and_may_be_told_again() -> None:
    one = told()
    first, second = list(one.labels)[:2]
    one.retract([first, second], actor="me")
    assert one.pending.tolist() == [first, second]
    assert not {first, second} & set(one.labels)
    assert first not in one.ask(5).ids
    one.tell([first], ["other"])
    assert one.labels[first] == "other"
    with pytest.raises(AskNextError, match=f"item {second} was not yet answered; use tell"):
        one.correct([second], ["other"])


@pytest.mark.parametrize("answer", [OUT_OF_SCOPE, UNSURE, SKIPPED, 3])
def test_every_kind_of_answer_can_be_taken_back(answer: Any) -> None:
    one = campaign()
    one.tell([4], [answer])
    one.retract([4])
    assert one.pending.tolist() == [4]
    assert one.labels == {}


def test_only_an_answer_can_be_taken_back_and_nothing_changes_else() -> None:
    one = told()
    asked = one.ask(1).ids[0]
    labelled, unasked = next(iter(one.labels)), one.pool.candidates[0]
    before, count = one.state.digest, len(one.log)
    for bare in (asked, unasked):
        with pytest.raises(AskNextError, match=f"item {bare} has no answer that could be taken back"):
            one.retract([labelled, bare])
    with pytest.raises(AskNextError, match="stands twice"):
        one.retract([labelled, labelled])
    assert (one.state.digest, len(one.log)) == (before, count)


def test_a_retraction_delivered_twice_counts_once() -> None:
    one = told()
    first, second = list(one.labels)[:2]
    one.retract([first], id="undo-1")
    one.retract([first], id="undo-1")
    one.tell([first], ["other"])
    one.retract([first], id="undo-1")
    assert one.labels[first] == "other"
    with pytest.raises(AskNextError, match="the event id 'undo-1' was used before for something else"):
        one.retract([second], id="undo-1")


def test_a_second_delivery_goes_through_no_state_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is compared with what the deed had come to then; that takes its own items and the classes alone."""
    one = told()
    first, second, third = list(one.labels)[:3]
    one.split_class(Y[third].item(), [third], "new", id="split")
    deeds: list[Callable[[], object]] = [
        lambda: one.retract([first], id="retract"),
        lambda: one.rename_class("new", "newer", id="rename"),
        lambda: one.review([second], id="review"),
        lambda: one.tell([first], ["newer"], id="tell"),
        lambda: one.adjudicate([first], [3], id="last"),
        lambda: one.merge_class("newer", into=3, id="merge"),
        lambda: one.split_class(Y[third].item(), [third], "new", id="split"),
    ]
    for deed in deeds:
        deed()
    unasked, before = one.pool.candidates[0], (one.state.digest, len(one.log))
    monkeypatch.setattr(ledger, "fold", None)
    for deed in deeds:
        deed()
    wrong: list[Callable[[], object]] = [
        lambda: one.retract([unasked], id="retract"),
        lambda: one.rename_class("no such class", "newer", id="rename"),
        lambda: one.tell([second], [3], id="tell"),
        lambda: one.tell([first], [4], id="tell"),
    ]
    for deed in wrong:
        with pytest.raises(AskNextError, match="was used before for something else"):
            deed()
    assert (one.state.digest, len(one.log)) == before


def test_it_learns_from_what_is_left_as_if_the_item_had_never_been_told(tmp_path: Path) -> None:
    one, other = campaign(tmp_path / "a"), campaign()
    one.tell(range(20), Y[:20].tolist())
    one.retract([19])
    other.tell(range(20), [*Y[:19].tolist(), UNSURE])
    assert np.array_equal(one.proba(), other.proba())
    one.close()
    with campaign(tmp_path / "a") as again:
        assert again.pending.tolist() == [19]
    assert verify_log(tmp_path / "a").problems == ()


def test_a_retraction_that_does_not_fit_is_refused() -> None:
    created = Event(CREATED, {"n": 3, "data": "", "seed": 0, "audit": [], "audit_share": 0})
    answered = Event(ANSWERED, {"ids": [0], "answers": ["unsure"]})
    with pytest.raises(DamagedLogError, match=r"items \[1\] have no answer"):
        fold([created, answered, Event(RETRACTED, {"ids": [0, 1]})])
    with pytest.raises(DamagedLogError, match="id 7 is no position"):
        fold([created, answered, Event(RETRACTED, {"ids": [], "skipped": [7]})])


# ---------------------------------------------------------------- comments


def test_a_comment_is_kept_and_changes_nothing(tmp_path: Path) -> None:
    with told(tmp_path) as one:
        pool, digest = one.pool, one.state.digest
        one.comment([3, 5], "a smudge = 8?", id="c", actor="me")
        one.comment([3, 5], "a smudge = 8?", id="c", actor="me")
        assert one.pool is pool
        assert one.state.digest == digest
        for bad, why in (([300], "no position"), ([1, 1], "twice")):
            with pytest.raises(AskNextError, match=why):
                one.comment(bad, "x")
        with pytest.raises(AskNextError, match="text is 3; give a text"):
            one.comment([1], 3)  # type: ignore[arg-type]
    last = read_events(tmp_path)[-1]
    assert (last.type, last.body, last.actor) == (COMMENTED, {"ids": [3, 5], "text": "a smudge = 8?"}, "me")


# ---------------------------------------------------------------- rounds worked out beside


def beside(path: Path, batch: int, meanwhile: Any) -> tuple[int, list[int]]:
    """A round by a worker that reads the log, while `meanwhile` happens to the campaign; then published."""
    with campaign(path) as one:
        seen = len(one.log)
        worker = campaign(history=list(one.log), columns=one._columns)
        worker.record()
        ids = worker.ask(batch).ids.tolist()
        made = [replace(e, body={**e.body, "seen": seen}) for e in list(worker.log)[seen:]]
        assert [e.type for e in made] == [FITTED, ASKED]
        meanwhile(one, ids)
    log = EventLog(path)
    log.append(*made)
    log.close()
    return seen, ids


def test_an_item_answered_meanwhile_keeps_its_answer(tmp_path: Path) -> None:
    told(tmp_path).close()

    def meanwhile(one: Campaign, ids: list[int]) -> None:
        one.tell(ids[:3], ["a", OUT_OF_SCOPE, SKIPPED])
        one.tell([ids[3]], ["a"])
        one.retract([ids[3]])

    _, ids = beside(tmp_path, 8, meanwhile)
    assert verify_log(tmp_path).problems == ()
    with campaign(tmp_path) as one:
        assert one.round == 3
        assert sorted(one.pending) == sorted(ids[3:])
        assert (one.labels[ids[0]], one.labels[ids[1]]) == ("a", OUT_OF_SCOPE)
        assert one.pool.state[ids[2]] == fold(list(one.log)[:-2]).pool.state[ids[2]], "skipped it stays"


def test_without_answers_meanwhile_the_round_is_that_of_one_process(tmp_path: Path) -> None:
    told(tmp_path / "a").close()
    _, ids = beside(tmp_path / "a", 8, lambda *_: None)
    with told(tmp_path / "b") as one:
        one.record()
        assert one.ask(8).ids.tolist() == ids
        digest = one.state.digest
    assert fold(read_events(tmp_path / "a")).digest == digest


def test_a_skipped_item_that_was_asked_again_is_pending(tmp_path: Path) -> None:
    with Campaign(X[:3], None, "random", path=tmp_path) as one:
        one.tell([0, 1, 2], [SKIPPED, "a", "b"])
        known = {"state": one.state.digest, "seen": len(one.log)}
        body = {"round": 0, "ids": [0], "strategy": "s", "memory": {}, "seconds": {}}
        one._ledger.append(Event(ASKED, {**body, **known}))
        assert one.pending.tolist() == [0]
    assert verify_log(tmp_path).problems == ()


def test_verify_compares_with_the_state_that_was_seen(tmp_path: Path) -> None:
    """A round that says another `seen` was asked from another state."""
    told(tmp_path / "a").close()
    seen, _ = beside(tmp_path / "a", 5, lambda one, ids: one.tell(ids[:1], ["a"]))
    events = read_events(tmp_path / "a")
    for wrong, problems in ((seen, 0), (seen + 1, 1), (seen + 2, 2), (99, 2)):
        log = EventLog(tmp_path / f"{wrong}")
        log.append(*(replace(e, body={**e.body, "seen": wrong}) if "seen" in e.body else e for e in events))
        log.close()
        found = [p for p in verify_log(tmp_path / f"{wrong}").problems if "column" not in p]
        assert len(found) == problems, found


@pytest.mark.parametrize("seen", ["3", 1.0, None, True])
def test_seen_is_a_whole_number(seen: Any) -> None:
    body = {"round": 0, "ids": [0], "strategy": "s", "state": "", "memory": {}, "seconds": {}, "seen": seen}
    with pytest.raises(AskNextError, match="cannot say seen"):
        Event(ASKED, body)


def test_monitors_see_the_moment_at_which_the_worker_looked(tmp_path: Path) -> None:
    """Figures of a round that was worked out beside are those of one that was not, retractions or none."""

    def meanwhile(one: Campaign, ids: list[int]) -> None:
        one.tell(ids[:4], Y[ids[:4]].tolist())
        one.retract([ids[1], other])

    with told(tmp_path / "a") as one:
        other = int(one.pool.candidates[0])
        one.tell([other], [1])
    beside(tmp_path / "a", 8, meanwhile)
    with told(tmp_path / "b") as one:
        one.tell([other], [1])
        one.record()
        one.ask(8)
    found = {}
    for name in "ab":
        with campaign(tmp_path / name) as one:
            events, store = list(one.log), one._columns
            assert store is not None
            found[name] = list(looks(events, stored(events, store)))
            plain = {key: metric for key, metric in METRICS.items() if not metric.needs}
            points = list(trail(events, store, plain, SUBSETS, X))
            assert points
            assert one.advice().sentence
            (*_, last) = explanations(events)
            assert (last.round, last.asked) == (2, 8)
            assert last.in_scope == (3 if name == "a" else 0)
    a, b = found["a"][-1], found["b"][-1]
    assert (a.round, a.batch.tolist()) == (b.round, b.batch.tolist())
    assert np.array_equal(a.pool.state, b.pool.state)
    assert np.array_equal(a.proba(a.batch), b.proba(b.batch))
