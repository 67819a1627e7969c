"""The campaign on the disk: it goes on where it stopped, however it was stopped, and spoils nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.errors import AskNextError
from asknext.learners.fitting import Table
from asknext.log import Event, read_events
from asknext.log.events import ANSWERED, ASKED
from asknext.log.reader import integrity
from asknext.log.verify import verify_log
from asknext.round import Round
from asknext.strategies import Selection, Strategy

X, Y = load_iris(return_X_y=True)
NAMES = ["setosa", "versicolor", "virginica"]


def truth(ids: np.ndarray) -> list[str]:
    return [NAMES[Y[i]] for i in ids]


def plain(n: int = 10, **settings: Any) -> Campaign:
    """A small campaign without a model."""
    return Campaign(np.arange(float(n))[:, None], None, "random", **settings)


# ---------------------------------------------------------------- stopped and gone on

STRATEGIES = ["random", "margin", "kmeans", "badge", "typiclust"]
KINDS = [*NAMES, OUT_OF_SCOPE, UNSURE, SKIPPED, "named on the fly"]


def fickle(ids: np.ndarray) -> list[Any]:
    """Answers of every kind, the same for the same item."""
    return [KINDS[i % 11] if i % 11 >= 3 and i % 11 < 7 else NAMES[Y[i]] for i in ids]


def campaign_at(path: Path | None, strategy: str) -> Campaign:
    return Campaign(X, GaussianNB(), strategy, seed=4, path=path)


def uninterrupted(strategy: str, path: Path | None = None) -> list[list[int]]:
    with campaign_at(path, strategy) as campaign:
        batches = []
        for _ in range(6):
            batches.append(campaign.ask(6).ids)
            campaign.tell(batches[-1][:4], fickle(batches[-1][:4]))
            campaign.tell(batches[-1][4:], fickle(batches[-1][4:]))
        campaign.ask(6)
        return asked(campaign)


def asked(campaign: Campaign) -> list[list[int]]:
    return [event.body["ids"] for event in campaign.log if event.type == ASKED]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_closed_after_every_step_it_asks_the_same(strategy: str, tmp_path: Path) -> None:
    """Between ask and tell, between partial tells, between tell and ask."""
    for _ in range(6):
        with campaign_at(tmp_path, strategy) as campaign:
            ids = campaign.ask(6).ids
        for part in (ids[:4], ids[4:]):
            with campaign_at(tmp_path, strategy) as campaign:
                assert set(part) <= set(campaign.pending)
                campaign.tell(part, fickle(part))
    with campaign_at(tmp_path, strategy) as campaign:
        campaign.ask(6)
        assert asked(campaign) == uninterrupted(strategy)
    assert verify_log(tmp_path).problems == ()


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
import asknext, asknext.campaign
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

X, Y = load_iris(return_X_y=True)
ROUNDS = 25

def work(path):
    with asknext.Campaign(X, GaussianNB(), "badge", seed=4, path=path) as campaign:
        while True:
            for item in campaign.pending:  # one at a time
                campaign.tell([item], [int(Y[item])])
            campaign.record()
            if campaign.round == ROUNDS:
                return
            campaign.ask(2)

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
start = time.perf_counter()
work(folder / "whole")
step = (time.perf_counter() - start) / kills
for kill in range(kills):
    child = os.fork()
    if child == 0:
        work(folder / "killed")
        os._exit(0)
    time.sleep(random.Random(kill).uniform(0.2, 1.5) * step)
    os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
work(folder / "killed")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_killed_again_and_again_it_ends_the_same(tmp_path: Path) -> None:
    ends = subprocess.check_output([sys.executable, "-c", KILLED, tmp_path, "12"], text=True).split()
    assert ends.count("-9") >= 10
    whole, killed = ([(e.type, e.body) for e in read_events(tmp_path / end)] for end in ("whole", "killed"))
    for events in (whole, killed):
        for _, body in events:
            body.pop("seconds", None)
    assert killed == whole
    assert integrity(tmp_path / "killed") == "ok"
    assert verify_log(tmp_path / "killed").problems == ()


# ---------------------------------------------------------------- paths


def test_other_data_or_another_seed_are_refused_and_change_nothing(tmp_path: Path) -> None:
    with Campaign(X, None, "random", path=tmp_path, seed=3) as campaign:
        campaign.tell(campaign.ask(4).ids, ["a", "b", "a", "b"])
    before = read_events(tmp_path)
    changed = X.copy()
    changed[149, 3] += 1e-9
    for table, seed, message in (
        (changed, 3, r"holds a campaign over other data \(150 items; here 150\); choose another path"),
        (X[:149], 3, r"other data \(150 items; here 149\)"),
        (X, 4, "was started with seed 3, not 4; give that seed"),
    ):
        with pytest.raises(AskNextError, match=message):
            Campaign(table, None, "random", path=tmp_path, seed=seed, classes=["x"])
        assert read_events(tmp_path) == before
    with Campaign(X, GaussianNB(), "margin", path=str(tmp_path), seed=3) as campaign:
        assert len(campaign.labels) == 4


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None])
def test_a_seed_is_a_whole_number(seed: Any, tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match=r"seed is .*; give a whole number of at least 0"):
        plain(seed=seed, path=tmp_path / "p")
    assert not (tmp_path / "p").exists()


def test_a_numpy_seed_is_kept(tmp_path: Path) -> None:
    plain(seed=np.int64(3), path=tmp_path).close()
    plain(seed=3, path=tmp_path).close()


def test_one_campaign_at_a_path(tmp_path: Path) -> None:
    with plain(path=tmp_path), pytest.raises(AskNextError, match="something else in this one, is writing"):
        plain(path=tmp_path)
    plain(path=tmp_path).close()


def test_a_failed_start_leaves_a_path_that_can_be_used(tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="no class label"):
        plain(path=tmp_path, classes=["a", None])
    with plain(path=tmp_path, classes=["b"]) as campaign:
        assert campaign.classes == ("b",)


def test_a_campaign_passes_from_thread_to_thread(tmp_path: Path) -> None:
    for path in (None, tmp_path):
        campaign = plain(path=path)
        thread = threading.Thread(target=lambda c=campaign: c.tell([0], ["a"]))
        thread.start()
        thread.join()
        assert campaign.labels == {0: "a"}
        campaign.close()


# ---------------------------------------------------------------- history


@pytest.mark.parametrize("kept", [False, True], ids=["memory", "disk"])
def test_a_history_is_gone_on_from_as_it_was_then(tmp_path: Path, kept: bool) -> None:
    first = Campaign(X, GaussianNB(), "margin", seed=2, path=tmp_path if kept else None)
    batches = []
    for _ in range(4):
        batches.append(first.ask(5).ids)
        first.tell(batches[-1], truth(batches[-1]))
    events = list(first.log)
    third = next(k for k, e in enumerate(events) if e.type == ASKED and e.body["round"] == 2)
    again = Campaign(X, GaussianNB(), "margin", seed=2, history=events[:third])
    assert again.ask(5).ids.tolist() == batches[2].tolist()
    assert len(list(first.log)) == len(events)
    first.close()


def test_a_history_over_other_data_is_refused(tmp_path: Path) -> None:
    with plain(10, path=tmp_path) as campaign:
        events = list(campaign.log)
    with pytest.raises(AskNextError, match="the history holds a campaign over other data"):
        plain(9, history=events)
    with pytest.raises(AskNextError, match="the history was started with seed 0, not 1"):
        plain(10, seed=1, history=events)


def test_a_history_cannot_be_laid_over_another_campaign(tmp_path: Path) -> None:
    with plain(path=tmp_path / "one") as one:
        one.tell([0], ["a"])
        events = list(one.log)
    plain(path=tmp_path / "two").close()
    before = read_events(tmp_path / "two")
    with pytest.raises(AskNextError, match="created before"):
        plain(path=tmp_path / "two", history=events)
    assert read_events(tmp_path / "two") == before


# ---------------------------------------------------------------- failures


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    with plain(path=tmp_path) as campaign:
        before = campaign.pool
        with pytest.raises(KeyError), campaign.transaction():  # noqa: PT012
            campaign.tell([0], ["a"])
            campaign.ask(3)
            assert campaign.round == 1
            raise KeyError
        assert campaign.pool.state.tolist() == before.state.tolist()
        assert (campaign.round, campaign.classes) == (0, ())
        with campaign.transaction():
            campaign.tell([1], ["b"])
            campaign.ask(2)
        assert (campaign.round, campaign.classes) == (1, ("b",))
    with plain(path=tmp_path) as campaign:
        assert campaign.labels == {1: "b"}


def test_a_disk_that_fails_between_two_events_leaves_the_campaign_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new class is noted before the answers; both or none must be there."""
    with plain(path=tmp_path, classes=["a"]) as campaign:
        campaign.tell([0], ["a"])
        append = campaign.log.append

        def full(*events: Event) -> list[Event]:
            if any(event.type == ANSWERED for event in events):
                raise OSError(28, "No space left on device")
            return append(*events)

        with monkeypatch.context() as patch:
            patch.setattr(campaign.log, "append", full)
            with pytest.raises(OSError, match="No space left"):
                campaign.tell([1, 2], ["new", "a"])
        assert campaign.labels == {0: "a"}
        assert campaign.classes == ("a",)
        campaign.tell([1, 2], ["other", "a"])
        state = campaign.state
    with plain(path=tmp_path) as again:
        assert again.labels == {0: "a", 1: "other", 2: "a"}
        assert again.state.digest == state.digest


@pytest.mark.sqlite
def test_a_full_disk_is_one_sentence_and_work_goes_on(tmp_path: Path) -> None:
    with plain(path=tmp_path) as campaign:
        campaign.tell([0], ["a"])
        pragma = campaign.log._connection.exec_driver_sql
        pages = pragma("PRAGMA page_count").scalar()
        pragma(f"PRAGMA max_page_count = {pages}")
        campaign.log._connection.rollback()
        with pytest.raises(AskNextError, match="database or disk is full"):
            campaign.tell([1], ["x" * 50_000])
        assert campaign.labels == {0: "a"}
        assert campaign.classes == ("a",)
        pragma("PRAGMA max_page_count = 100000")
        campaign.log._connection.rollback()
        campaign.tell([1], ["x" * 50_000])
        campaign.ask(1)
    with plain(path=tmp_path) as again:
        assert again.labels == {0: "a", 1: "x" * 50_000}


@dataclass(frozen=True)
class Fractions(Strategy):
    """A faulty strategy: its ids are no whole numbers."""

    name = "fractions"

    def select(self, round: Round, n: int, _: np.random.Generator) -> Selection:
        return Selection(round.candidates[:n].astype(float))


def test_what_the_state_refuses_is_not_in_the_log(tmp_path: Path) -> None:
    """Nothing can be taken out of a log again, so one such event would close it for ever."""
    with Campaign(X, None, Fractions(), path=tmp_path) as campaign:
        with pytest.raises(AskNextError):
            campaign.ask(2)
        assert campaign.round == 0
    with Campaign(X, None, "random", path=tmp_path) as again:
        assert len(again.ask(2)) == 2
    assert verify_log(tmp_path).problems == ()


# ---------------------------------------------------------------- the record


def test_record_keeps_the_probabilities_once_a_round(tmp_path: Path) -> None:
    with Campaign(Table(X[:100], holdout=X[100:]), GaussianNB(), path=tmp_path) as campaign:
        campaign.tell([0, 1, 60, 61], ["a", "a", "b", "b"])
        campaign.record()
        (fitted,) = campaign.state.fitted.values()
        campaign.record()
        campaign.tell([2], ["a"])
        campaign.record()
        assert list(campaign.state.fitted) == [0]
        campaign.ask(1)
        campaign.record()
        assert list(campaign.state.fitted) == [0, 1]
    by_hand = GaussianNB().fit(X[[0, 1, 60, 61]], [0, 0, 1, 1])
    stored = np.load(next((tmp_path / "columns").rglob(f"{fitted['columns']['proba']}.npy")))
    assert np.allclose(stored, by_hand.predict_proba(X))
    assert fitted["labelled"] == 4
    assert set(fitted["seconds"]) == {"fit", "predict"}


def test_record_needs_a_learner_and_a_place(tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="give the campaign a path"):
        Campaign(X, GaussianNB()).record()
    with plain(path=tmp_path) as campaign, pytest.raises(AskNextError, match="no learner"):
        campaign.record()


# ---------------------------------------------------------------- threads


def test_threads_tell_and_ask_in_turn(tmp_path: Path) -> None:
    """Every acknowledged answer is on the disk, new classes too, and nothing is asked twice."""
    told: list[int] = []

    def work(campaign: Campaign, number: int) -> None:
        for step in range(12):
            (item,) = campaign.ask(1).ids
            campaign.tell([item], [f"class {number} {step % 3}"])
            told.append(int(item))

    with Campaign(np.arange(100.0)[:, None], None, "random", path=tmp_path) as campaign:
        threads = [threading.Thread(target=work, args=[campaign, number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        labels = campaign.labels
    assert sorted(told) == sorted(labels)
    assert len(set(told)) == 48
    with Campaign(np.arange(100.0)[:, None], None, "random", path=tmp_path) as campaign:
        assert campaign.labels == labels
        assert len(campaign.classes) == 12
