"""The log on the disk: append-only, one writer, all or nothing, and there after a power cut."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import CompileError, DatabaseError

from asknext.errors import AskNextError, DamagedLogError
from asknext.log import Event, EventLog, read_events
from asknext.log.events import (
    ADJUDICATED,
    ANSWERED,
    ASKED,
    CLASS_ADDED,
    CLASS_MERGED,
    CLASS_RENAMED,
    CLASS_SPLIT,
    COMMENTED,
    CORRECTED,
    CREATED,
    FITTED,
    REOPENED,
    REQUIRED,
    RETRACTED,
    REVIEWED,
    SECONDED,
    STOPPED,
)
from asknext.log.migrations import MIGRATIONS, migrations
from asknext.log.reader import integrity
from asknext.log.seals import seal_of
from asknext.log.sqlite import DATABASE
from tampering import behind

BODIES: dict[str, dict[str, Any]] = {
    CREATED: {"n": 3, "data": "d", "seed": 0, "audit": [2], "audit_share": 0.1},
    CLASS_ADDED: {"class": 0, "label": "a"},
    CLASS_RENAMED: {"class": 0, "label": 1.5},
    CLASS_MERGED: {"class": 1, "into": 0},
    CLASS_SPLIT: {"class": 0, "ids": [2], "into": 1},
    ASKED: {"round": 0, "ids": [1], "strategy": "s", "state": "d", "memory": {}, "seconds": {"select": 0.1}},
    ANSWERED: {"ids": [1, 2], "answers": [0, "unsure"]},
    CORRECTED: {"ids": [], "answers": []},
    SECONDED: {"ids": [1], "answers": ["out-of-scope"]},
    ADJUDICATED: {"ids": [1], "answers": [0]},
    REOPENED: {"ids": [1]},
    RETRACTED: {"ids": [1]},
    REVIEWED: {"ids": [1], "answers": [0]},
    COMMENTED: {"ids": [0, 2], "text": "blurred"},
    FITTED: {"round": 1, "labelled": 2, "learner": "l", "columns": {"proba": "k"}, "seconds": {"fit": 1}},
    STOPPED: {"reason": "enough"},
}


def note(reason: str = "done", **more: Any) -> Event:
    return Event(STOPPED, {"reason": reason}, **more)


def database(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path / DATABASE)


# ---------------------------------------------------------------- events


def test_an_unknown_type_or_a_lacking_key_is_refused() -> None:
    with pytest.raises(AskNextError, match="unknown event type 'asked-again'; there is: created"):
        Event("asked-again", {})
    with pytest.raises(AskNextError, match="an event 'created' must say audit, audit_share, data, seed"):
        Event(CREATED, {"n": 3})


def test_the_text_of_an_event_is_canonical() -> None:
    event = Event(STOPPED, {"reason": "ß", "by": {"b": 1, "a": 2}})
    assert event.text == '{"by":{"a":2,"b":1},"reason":"ß"}'


def test_every_event_has_an_id_of_its_own() -> None:
    assert note().id != note().id


@pytest.mark.parametrize("kind", REQUIRED)
def test_every_type_can_be_kept(kind: str, tmp_path: Path) -> None:
    event = Event(kind, BODIES[kind], actor="me")
    with closing(EventLog(tmp_path)) as log:
        log.append(event)
    (kept,) = read_events(tmp_path)
    assert (kept.type, kept.body, kept.id, kept.actor) == (kind, event.body, event.id, "me")
    assert kept.time.endswith("+00:00")


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        (CREATED, "n", "3"), (CREATED, "n", True), (CREATED, "data", None), (CLASS_ADDED, "label", None),
        (ASKED, "ids", ["1"]), (ASKED, "ids", 1), (ASKED, "memory", []), (ASKED, "seconds", {"select": "x"}),
        (ANSWERED, "answers", [0.5]), (FITTED, "columns", {"proba": 3}), (STOPPED, "reason", 1),
        (RETRACTED, "ids", [0.5]), (REOPENED, "ids", 1), (COMMENTED, "text", None),
        (SECONDED, "answers", [0.5]), (ADJUDICATED, "answers", [True]), (REVIEWED, "ids", None),
    ],
)  # fmt: skip
def test_a_value_of_another_form_is_refused(kind: str, key: str, value: Any) -> None:
    with pytest.raises(AskNextError, match=f"an event '{kind}' cannot say {key} = "):
        Event(kind, {**BODIES[kind], key: value})


@pytest.mark.parametrize("wrong", [{"id": 3}, {"actor": None}])
def test_ids_and_actors_are_texts(wrong: dict[str, Any]) -> None:
    with pytest.raises(AskNextError, match=f"{next(iter(wrong))} is (3|None); give a text"):
        note(**wrong)


# ---------------------------------------------------------------- append


def test_events_come_back_in_order(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path / "deep" / "er")) as log:
        for reason in "cab":
            log.append(note(reason))
        log.append(note("x"), note("y"))
        told = [e.body["reason"] for e in log]
    assert told == ["c", "a", "b", "x", "y"]
    with closing(EventLog(tmp_path / "deep" / "er")) as log:
        assert [e.body["reason"] for e in log] == told
        assert len(log) == 5


def test_an_event_is_kept_as_it_will_be_read_back(tmp_path: Path) -> None:
    """So that a campaign goes on in the same way whether or not it was closed in between."""
    with closing(EventLog(tmp_path)) as log:
        memory = {"t": (1, 2), "x": 0.1, "deep": {3: None}}
        (stored,) = log.append(Event(ASKED, {**BODIES[ASKED], "memory": memory}))
    assert stored.body["memory"] == {"t": [1, 2], "x": 0.1, "deep": {"3": None}}
    assert read_events(tmp_path) == [stored]


def test_the_same_event_again_is_ignored(tmp_path: Path) -> None:
    event = note()
    with closing(EventLog(tmp_path)) as log:
        assert [e.id for e in log.append(event, event)] == [event.id]
        assert log.append(event) == []
    with closing(EventLog(tmp_path)) as log:
        assert log.append(event, note("more"))[0].body["reason"] == "more"
        assert len(log) == 2
        assert event.id in log
        assert "other" not in log


@pytest.mark.parametrize(
    "other", [note("other", id="x"), Event(ANSWERED, {"ids": [], "answers": []}, id="x")], ids=["a", "b"]
)
def test_the_same_id_with_other_content_is_an_error(other: Event) -> None:
    log = EventLog()
    log.append(note(id="x"))
    with pytest.raises(AskNextError, match="the event id 'x' was used before for something else"):
        log.append(note(), other)
    with pytest.raises(AskNextError, match="used before"):
        log.append(note(id="y"), note("other", id="y"))
    assert len(log) == 1


@pytest.mark.parametrize("change", ["UPDATE events SET actor = 'x'", "DELETE FROM events"])
def test_the_database_itself_refuses_to_change_the_past(tmp_path: Path, change: str) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note())
    with pytest.raises(DatabaseError, match="append-only"), behind(tmp_path, guarded=True) as raw:
        raw.exec_driver_sql(change)
    assert len(read_events(tmp_path)) == 1


@pytest.mark.sqlite
def test_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log, log._connection.begin():
        pragma = log._connection.exec_driver_sql
        assert pragma("PRAGMA synchronous").scalar() == 2
        assert pragma("PRAGMA journal_mode").scalar() == "wal"


# ---------------------------------------------------------------- transactions


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note("before"))
        with pytest.raises(KeyError), log.transaction():  # noqa: PT012
            log.append(note("one"))
            with log.transaction():
                log.append(note("two"))
            assert len(log) == 3
            assert len(read_events(tmp_path)) == 1
            raise KeyError
        assert [e.body["reason"] for e in log] == ["before"]
        with log.transaction():
            log.append(note("three"))
            log.append(note("four"))
    assert [e.body["reason"] for e in read_events(tmp_path)] == ["before", "three", "four"]


@pytest.mark.sqlite
def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note("before"))
        pragma = log._connection.exec_driver_sql
        pages = pragma("PRAGMA page_count").scalar()
        pragma(f"PRAGMA max_page_count = {pages}")
        log._connection.rollback()
        with pytest.raises(AskNextError, match=r"cannot be written \(database or disk is full\)"):
            log.append(note("x" * 100_000))
        assert [e.body["reason"] for e in log] == ["before"]
        pragma("PRAGMA max_page_count = 100000")
        log._connection.rollback()
        log.append(note("after"))
    assert [e.body["reason"] for e in read_events(tmp_path)] == ["before", "after"]


# ---------------------------------------------------------------- who may write, who may read

WRITER = """
import sys
from pathlib import Path
from asknext.errors import AskNextError
from asknext.log import EventLog
try:
    EventLog(Path(sys.argv[1]), wait=float(sys.argv[2]))
    print("opened")
except AskNextError as error:
    print(error)
"""


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    told = subprocess.check_output([sys.executable, "-c", WRITER, tmp_path, "0"], text=True)
    assert f"is writing {tmp_path}; close it or choose another place." in told
    with pytest.raises(AskNextError, match="is writing"):
        EventLog(tmp_path)
    waiting = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path, "60"], stdout=subprocess.PIPE, text=True
    )
    log.close()
    assert waiting.communicate()[0].strip() == "opened"


def test_readers_work_beside_the_writer(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note("one"))
        assert len(read_events(tmp_path)) == 1
        with log.transaction():
            log.append(note("two"))
            assert len(read_events(tmp_path)) == 1
        assert len(read_events(tmp_path)) == 2
        assert integrity(tmp_path) == "ok"


def test_a_log_may_pass_from_thread_to_thread(tmp_path: Path) -> None:
    for path in (None, tmp_path):
        log = EventLog(path)
        for deed in (lambda log=log: log.append(note()), log.close):
            thread = threading.Thread(target=deed)
            thread.start()
            thread.join()
        assert len(log) == 1
    EventLog(tmp_path).close()  # the lock was released, too


def test_closing_twice_does_no_harm(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.close()
    log.close()


@pytest.mark.parametrize("name", ["a b", "50%", "x#1", "50%41", "ä", "q?z", "a&b=c"])
def test_any_directory_name_will_do(tmp_path: Path, name: str) -> None:
    with closing(EventLog(tmp_path / name)) as log:
        log.append(note())
    assert len(read_events(tmp_path / name)) == 1
    assert integrity(tmp_path / name) == "ok"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_relative_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(EventLog(Path("here"))) as log:
        log.append(note())
    assert len(read_events(Path("here"))) == 1


# ---------------------------------------------------------------- what is no log


def test_no_log_to_read(tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match=r"there is no asknext project in .* \(no project\.db\)"):
        read_events(tmp_path)


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AskNextError, match=r"cannot hold a log: .*; choose another place"):
        EventLog(tmp_path / "file")


@pytest.mark.sqlite
def test_garbage_is_a_damaged_log(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_text("garbage " * 1000)
    for way in (EventLog, read_events):
        with pytest.raises(DamagedLogError, match="no readable log: file is not a database"):
            way(tmp_path)
    assert integrity(tmp_path) == "file is not a database"
    (tmp_path / DATABASE).unlink()
    EventLog(tmp_path).close()  # the refusal gave the lock back


@pytest.mark.sqlite
def test_overwritten_pages_are_a_damaged_log(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log, log.transaction():
        for k in range(500):
            log.append(note("x" * 200 + str(k)))
    file = tmp_path / DATABASE
    pages = bytearray(file.read_bytes())
    for page in range(5, len(pages) // 4096, 3):
        pages[page * 4096 : (page + 1) * 4096] = np.random.default_rng(page).bytes(4096)
    file.write_bytes(pages)
    for way in (EventLog, read_events):
        with pytest.raises(DamagedLogError, match="malformed"):
            way(tmp_path)
    assert integrity(tmp_path) != "ok"


@pytest.mark.sqlite
def test_many_faults_are_reported_as_the_first(tmp_path: Path) -> None:
    """An index that disagrees with its table has one fault for each row."""
    with closing(EventLog(tmp_path)) as log:
        log.append(*(note(str(k)) for k in range(20)))
    with closing(database(tmp_path)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (event_id)', 'UNIQUE (body)')")
        raw.commit()
    fault = integrity(tmp_path)
    assert fault != "ok"
    assert "\n" not in fault


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "3", '{"other": 1}', "null"])
def test_an_unreadable_event_is_a_damaged_log(tmp_path: Path, body: str) -> None:
    EventLog(tmp_path).close()
    with behind(tmp_path) as raw:
        seal = seal_of("", "x", "", "", "stopped", body)
        row = text("INSERT INTO events VALUES (1, 'x', '', '', 'stopped', :body, :seal)")
        raw.execute(row, {"body": body, "seal": seal})
    with pytest.raises(DamagedLogError, match="event 1 of the log cannot be read"):
        read_events(tmp_path)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note())
        with log.transaction():
            newer = {"number": len(MIGRATIONS) + 1, "name": "m", "applied": ""}
            log._connection.execute(insert(migrations).values(newer))
    with pytest.raises(DamagedLogError, match=r"this log has schema 2, and .* knows 1; upgrade asknext"):
        EventLog(tmp_path)
    assert len(read_events(tmp_path)) == 1


@pytest.mark.sqlite
def test_a_log_cut_short_at_its_creation_starts_anew(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    assert read_events(tmp_path) == []
    with closing(EventLog(tmp_path)) as log:
        log.append(note())
    assert len(read_events(tmp_path)) == 1


@pytest.mark.parametrize("seq", [1, 2])
def test_a_lost_event_is_a_damaged_log(tmp_path: Path, seq: int) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note(), note(), note())
    with behind(tmp_path) as raw:
        raw.execute(text("DELETE FROM events WHERE seq = :seq"), {"seq": seq})
    for read in (read_events, EventLog):
        with pytest.raises(DamagedLogError, match=f"the log lacks event {seq}"):
            read(tmp_path)


@pytest.mark.sqlite
def test_a_log_that_cannot_be_opened_leaves_no_file_open(tmp_path: Path) -> None:
    EventLog(tmp_path).close()
    with closing(database(tmp_path)) as raw:
        raw.execute("INSERT INTO events VALUES (1, 'x', '', '', 'stopped', '{', '')")
        raw.commit()
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("counts open files in /proc")
    with pytest.raises(DamagedLogError):
        EventLog(tmp_path)
    held = [fd.readlink() for fd in Path("/proc/self/fd").iterdir() if fd.exists()]
    assert [name for name in held if tmp_path in name.parents] == []


@pytest.mark.sqlite
def test_a_log_is_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note())
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write everywhere")
        assert len(read_events(tmp_path)) == 1
        assert integrity(tmp_path) == "ok"
    finally:
        tmp_path.chmod(0o755)


# ---------------------------------------------------------------- threads and processes


def test_threads_share_a_log(tmp_path: Path) -> None:
    def write(log: EventLog) -> None:
        for _ in range(50):
            log.append(note())

    with closing(EventLog(tmp_path)) as log:
        threads = [threading.Thread(target=write, args=[log]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(read_events(tmp_path)) == 200


def test_what_another_thread_appends_survives_a_failed_transaction(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        other = threading.Thread(target=log.append, args=[note("kept")])

        def fail() -> None:
            with log.transaction():
                log.append(note("lost"))
                other.start()
                other.join(0.1)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        other.join()
        assert [e.body["reason"] for e in log] == ["kept"]
    assert [e.body["reason"] for e in read_events(tmp_path)] == ["kept"]


FORKED = """
import os, sys
from pathlib import Path
from asknext.errors import AskNextError
from asknext.log import Event, EventLog

log = EventLog(Path(sys.argv[1]))
log.append(Event("stopped", {"reason": "parent"}))
child = os.fork()
try:
    log.append(Event("stopped", {"reason": "child" if child == 0 else "parent"}))
except AskNextError as error:
    print(error, flush=True)
    log.close()
    sys.exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
try:
    EventLog(Path(sys.argv[1]))
except AskNextError as error:
    print("still locked", flush=True)
log.append(Event("stopped", {"reason": "parent"}))
log.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_process_cannot_write_the_log_of_its_parent(tmp_path: Path) -> None:
    said = subprocess.check_output([sys.executable, "-c", FORKED, tmp_path], text=True).splitlines()
    assert "was opened before the process was forked" in said[0]
    assert said[1:] == ["3", "still locked"]
    assert [e.body["reason"] for e in read_events(tmp_path)] == ["parent"] * 3
    assert integrity(tmp_path) == "ok"


def test_a_process_forked_while_a_thread_is_at_work_does_not_wait_for_it(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("needs fork")
    code = """
import os, signal, sys, threading
from pathlib import Path
from asknext.log import EventLog

log, inside = EventLog(Path(sys.argv[1])), threading.Event()

def work():
    with log.transaction():
        inside.set()
        threading.Event().wait(2)

threading.Thread(target=work, daemon=True).start()
inside.wait()
if os.fork() == 0:
    signal.alarm(2)
    try:
        with log.turn():
            pass
    except ValueError:
        os._exit(3)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    said = subprocess.check_output([sys.executable, "-W", "ignore", "-c", code, tmp_path], text=True)
    assert said == "3\n"


# ---------------------------------------------------------------- faults in a transaction


def test_what_could_not_be_committed_is_not_known_afterwards(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note("safe", id="safe"))

        def fail() -> None:
            with log.transaction():
                log.append(note("lost", id="lost"))
                log._connection.exec_driver_sql("SELECT * FROM nothing")

        with pytest.raises(DatabaseError):  # a fault of the body stays what it is
            fail()
        assert "lost" not in log
        log.append(note("later", id="later"))
    assert [event.id for event in read_events(tmp_path)] == ["safe", "later"]


def test_what_the_disk_refused_is_not_known_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(EventLog(tmp_path)) as log:
        monkeypatch.setattr("asknext.log.store.as_rows", lambda *_: [{"seq": 1, "seal": "s", "no": "column"}])
        for _ in range(2):
            with pytest.raises((AskNextError, CompileError)):
                log.append(note("lost", id="lost"))
        assert len(log) == 0
        monkeypatch.undo()
        assert [event.id for event in log.append(note("lost", id="lost"))] == ["lost"]
    assert len(read_events(tmp_path)) == 1


def test_a_log_that_cannot_be_read_back_takes_nothing_more_in(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.append(note())
    with behind(tmp_path) as raw:
        raw.exec_driver_sql("UPDATE events SET body = '{'")

    def fail() -> None:
        with log.transaction():
            raise ZeroDivisionError

    with pytest.raises(DamagedLogError):
        fail()
    with pytest.raises(AskNextError, match="this log is closed"):
        log.append(note())
    log.close()


def test_no_closing_in_a_transaction(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log, log.transaction():
        log.append(note("kept"))
        with pytest.raises(AskNextError, match="a transaction is at work; close the campaign after it"):
            log.close()
    assert len(read_events(tmp_path)) == 1


@pytest.mark.parametrize("more", [{"id": 7}, {"actor": "\ud800"}])
def test_keys_of_the_body_do_not_hide_the_events_own(more: dict[str, Any]) -> None:
    with pytest.raises(AskNextError):
        Event(STOPPED, {"reason": "x", "id": "t", "actor": "u"}, **more)
    with pytest.raises(AskNextError, match="no Unicode text"):
        Event(ASKED, {**BODIES[ASKED], "memory": {"deep": ["\ud800"]}})


# ---------------------------------------------------------------- SIGKILL

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from asknext.log import Event, EventLog

def write(path, acknowledged, opened):
    log = EventLog(path)
    os.write(opened, b"x")
    while True:
        size = random.randrange(5000)
        batch = [Event("stopped", {"reason": "x" * size}) for _ in range(random.randint(1, 3))]
        log.append(*batch)
        os.write(acknowledged, "".join(e.id + "\\n" for e in batch).encode())

EventLog(Path(sys.argv[1])).close()  # imports all that is needed
said, opened = os.pipe()
for kill in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        random.seed(kill)
        write(Path(sys.argv[1]), 1, opened)
    if kill % 4:  # else it may be killed while it opens the log
        os.read(said, 1)
    time.sleep(random.Random(kill).uniform(0.02, 0.25))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_every_acknowledged_event_survives_sigkill(tmp_path: Path) -> None:
    """Twelve writers, one after the other, each killed at some moment: opening, committing, in between."""
    EventLog(tmp_path).close()  # it says where the log is
    acknowledged = subprocess.check_output([sys.executable, "-c", KILLED, tmp_path, "12"], text=True).split()
    assert len(acknowledged) > 12
    assert integrity(tmp_path) == "ok"
    kept = [event.id for event in read_events(tmp_path)]
    assert [event for event in kept if event in set(acknowledged)] == acknowledged
    assert len(kept) - len(acknowledged) <= 12 * 3  # each writer may have been killed before it could say so
    with closing(EventLog(tmp_path)) as log:
        log.append(Event(ASKED, BODIES[ASKED]))
        assert len(log) == len(kept) + 1
