"""Checking a log: a sound one passes, a changed one is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from asknext import OUT_OF_SCOPE, Campaign
from asknext.errors import AskNextError
from asknext.log.seals import seal_of
from asknext.log.sqlite import DATABASE
from asknext.log.verify import logs, verify_log
from tampering import behind

X = np.arange(20.0)[:, None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with three rounds, a correction, a rename and a merge."""
    with Campaign(X, None, "random", path=tmp_path / "p", classes=["a", "b", "c"]) as campaign:
        for answers in (["a", "b"], ["c", OUT_OF_SCOPE], ["new", "a"]):
            campaign.tell(campaign.ask(2).ids, answers)
        campaign.correct(list(campaign.labels)[:1], ["b"])
        campaign.rename_class("b", "B")
        campaign.merge_class("c", into="a")
        campaign.ask(2)
    return tmp_path / "p"


def tamper(path: Path, change: str, **values: Any) -> None:
    """Change the past behind the database's back."""
    with behind(path) as raw:
        assert raw.execute(text(change), values).rowcount == 1


def rewrite(path: Path, seq: int, how: Callable[[dict[str, Any]], None]) -> None:
    """Change the body of an event, as a faulty program would that seals what it writes."""
    with behind(path) as raw:
        body = json.loads(raw.scalar(text("SELECT body FROM events WHERE seq = :seq"), {"seq": seq}) or "")
    how(body)
    tamper(path, "UPDATE events SET body = :body WHERE seq = :seq", body=json.dumps(body), seq=seq)
    reseal(path)


def reseal(path: Path) -> None:
    with behind(path) as raw:
        seal = ""
        every = text("SELECT seq, event_id, time, actor, type, body FROM events ORDER BY seq")
        for number, *values in raw.execute(every).fetchall():
            seal = seal_of(seal, *values)
            change = text("UPDATE events SET seal = :seal WHERE seq = :seq")
            raw.execute(change, {"seal": seal, "seq": number})


def seq_of(path: Path, kind: str, number: int = 0) -> int:
    wanted = text("SELECT seq FROM events WHERE type = :kind ORDER BY seq")
    with behind(path) as raw:
        return int(raw.scalars(wanted, {"kind": kind}).all()[number])


def test_a_sound_log_passes(project: Path) -> None:
    report = verify_log(project)
    assert report.problems == ()
    assert report.events == 15
    assert report.as_dict() == {"path": str(project), "events": 15, "problems": []}


@pytest.mark.parametrize(
    "change", ["body = replace(body, '1', '0')", "time = ''", "actor = 'x'", "event_id = 'x'"]
)
@pytest.mark.parametrize("seq", [5, 15])
def test_any_change_is_found(project: Path, change: str, seq: int) -> None:
    tamper(project, f"UPDATE events SET {change} WHERE seq = {seq}")
    (problem,) = verify_log(project).problems
    assert problem.startswith(f"event {seq} of the log cannot be read: it is not as it was written")


def test_a_changed_answer_is_found(project: Path) -> None:
    rewrite(project, seq_of(project, "answered"), lambda body: body.update(answers=[1, 1]))
    problems = verify_log(project).problems
    assert problems[0] == "round 1 was asked from another state than the log gives"


def test_changed_questions_are_found(project: Path) -> None:
    rewrite(project, seq_of(project, "asked", 1), lambda body: body.update(ids=[0, 1]))
    assert "round 2 was asked from another state" in verify_log(project).problems[0]


def test_a_changed_class_name_is_found(project: Path) -> None:
    rewrite(project, seq_of(project, "class-added"), lambda body: body.update(label="A"))
    assert "round 0 was asked from another state" in verify_log(project).problems[0]


def test_a_removed_event_is_found(project: Path) -> None:
    tamper(project, "DELETE FROM events WHERE seq = :seq", seq=seq_of(project, "corrected"))
    assert "the log lacks event" in verify_log(project).problems[0]


def test_another_number_of_labels_is_found(tmp_path: Path) -> None:
    with Campaign(X, "logistic-regression", path=tmp_path, classes=["a", "b"]) as campaign:
        campaign.tell([0, 5], ["a", "b"])
        campaign.record()
    rewrite(tmp_path, seq_of(tmp_path, "fitted"), lambda body: body.update(labelled=3))
    assert "round 0 was fitted on other labels" in verify_log(tmp_path).problems[0]


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        ("answered", {"answers": ["nonsense", 0]}, "'nonsense' is not a valid Answer"),
        ("answered", {"ids": [0, 99]}, "id 99 is no position"),
        ("class-merged", {"into": 77}, "class 77 was never added"),
        ("class-merged", {"class": 0, "into": 0}, "merged into itself"),
        ("created", {"n": "many"}, "cannot say n = 'many'"),
        ("created", {"n": 10**30}, "does not fit"),
    ],
)
def test_an_event_that_no_longer_fits_is_found(
    project: Path, kind: str, change: dict[str, Any], problem: str
) -> None:
    rewrite(project, seq_of(project, kind), lambda body: body.update(change))
    assert problem in " ".join(verify_log(project).problems)


def test_an_unreadable_event_is_found(project: Path) -> None:
    tamper(project, "UPDATE events SET body = '{' WHERE seq = 3")
    assert "cannot be read" in verify_log(project).problems[0]


@pytest.mark.sqlite
def test_a_damaged_file_is_found(project: Path) -> None:
    (project / DATABASE).write_bytes(b"garbage" * 1000)
    assert verify_log(project).problems == ("the database is damaged: file is not a database",)


def test_logs_are_found_at_and_below_a_path(project: Path, tmp_path: Path) -> None:
    Campaign(X, None, "random", path=tmp_path / "deep" / "er").close()
    assert logs(tmp_path) == [tmp_path / "deep" / "er", project]
    assert logs(project) == [project]
    with pytest.raises(AskNextError, match="no asknext project in or below"):
        logs(project / "columns")
