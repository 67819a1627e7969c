"""A log in PostgreSQL: who may write it, what becomes of it when connections break, and what is refused."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from asknext import Campaign
from asknext.cli import export, import_, label, next_, status, verify  # noqa: F401  (they register)
from asknext.errors import AskNextError, BusyLogError, DamagedLogError, UnwritableLogError
from asknext.log import Event, EventLog, fold, read_events
from asknext.log.place import ADDRESS, named, settle
from asknext.log.postgres import Schema
from asknext.log.reader import count_events, integrity
from asknext.log.verify import verify_log
from asknext.studio.project import Project, open_or_create
from command_line import refused, run
from tampering import behind
from wire import Wire

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgres

X = np.arange(30.0)[:, None]


def note(reason: str = "done", **more: str) -> Event:
    return Event("stopped", {"reason": reason}, **more)


def text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def server(database: URL) -> Iterator[psycopg.Connection]:
    """A connection of our own, on which every statement stands for itself."""
    with psycopg.connect(text_of(database), autocommit=True) as connection:
        yield connection


def schemas(server: psycopg.Connection) -> set[str]:
    found = server.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'asknext%'").fetchall()
    return {name for (name,) in found}


def cut(server: psycopg.Connection) -> None:
    """End the connections of all others, as an administrator would."""
    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'asknext'"
    server.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}")


def in_step(campaign: Campaign) -> bool:
    return campaign.state.digest == fold(campaign.log).digest and campaign.state.events == len(campaign.log)


# ---------------------------------------------------------------- what guards it


@pytest.mark.parametrize(
    "change",
    ["UPDATE events SET actor = 'x' WHERE false", "DELETE FROM events WHERE false", "TRUNCATE events",
     "INSERT INTO events SELECT * FROM events ON CONFLICT (seq) DO UPDATE SET actor = 'x'"],
)  # fmt: skip
def test_the_past_cannot_be_changed(tmp_path: Path, change: str) -> None:
    with closing(EventLog(tmp_path)) as log:
        log.append(note())
    with pytest.raises(DBAPIError, match="append-only"), behind(tmp_path, guarded=True) as raw:
        raw.exec_driver_sql(change)
    assert [event.actor for event in read_events(tmp_path)] == [""]


@pytest.mark.parametrize("action", ["UPDATE", "DELETE", "TRUNCATE"])
def test_a_guard_that_is_off_is_found(tmp_path: Path, action: str) -> None:
    EventLog(tmp_path).close()
    assert integrity(tmp_path) == "ok"
    with behind(tmp_path, guarded=True) as raw:
        raw.exec_driver_sql(f"ALTER TABLE events DISABLE TRIGGER events_no_{action.lower()}")
    assert integrity(tmp_path) == f"its table no longer refuses {action}"
    assert verify_log(tmp_path).problems == (
        f"the database is damaged: its table no longer refuses {action}",
    )


def test_numbers_have_no_gaps_after_what_failed(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path)) as log:
        for k in range(3):
            with pytest.raises(KeyError), log.transaction():  # noqa: PT012
                log.append(note("lost"))
                raise KeyError
            log.append(note(str(k)), note("and"))
    with behind(tmp_path, guarded=True) as raw:
        numbers = raw.exec_driver_sql("SELECT seq FROM events ORDER BY seq").scalars().all()
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_a_commit_waits_for_the_disk_whatever_the_role_says(
    tmp_path: Path, server: psycopg.Connection
) -> None:
    server.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
    try:
        with closing(EventLog(tmp_path)) as log:
            assert log._connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            log._connection.rollback()
    finally:
        server.execute("ALTER ROLE CURRENT_USER RESET synchronous_commit")


def test_reading_cannot_write(tmp_path: Path) -> None:
    EventLog(tmp_path).close()
    place = named(tmp_path)
    assert place is not None
    with pytest.raises(DBAPIError, match="read-only"):
        place.peek(lambda connection: connection.exec_driver_sql("CREATE TABLE more (x integer)"))


# ---------------------------------------------------------------- one writer


def test_a_second_writer_is_refused_wherever_it_runs(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with closing(EventLog(here)) as log:
        log.append(note())
        there.mkdir()
        shutil.copy(here / ADDRESS, there)
        with pytest.raises(BusyLogError, match=r"^another process is writing the schema .*; close it, whe"):
            EventLog(there)
        assert len(read_events(there)) == 1
    with closing(EventLog(there)) as log:
        log.append(note())
    assert len(read_events(here)) == 2


def test_a_writer_that_was_shut_out_cannot_write_on(tmp_path: Path, server: psycopg.Connection) -> None:
    """Its connection is cut, another writer takes over, and the first one comes back."""
    here, there = tmp_path / "here", tmp_path / "there"
    first = EventLog(here)
    first.append(note("one"))
    there.mkdir()
    shutil.copy(here / ADDRESS, there)
    cut(server)
    with closing(EventLog(there)) as second:
        second.append(note("two"))
        with pytest.raises(BusyLogError, match="another process is writing"):
            first.append(note("three"))
    with pytest.raises(UnwritableLogError, match="holds more than was known here; nothing was done, try a"):
        first.append(note("three"))
    first.append(note("four"))
    first.close()
    assert [event.body["reason"] for event in read_events(here)] == ["one", "two", "four"]


def test_two_projects_share_a_database(tmp_path: Path, database: URL) -> None:
    paths = [tmp_path / "a" / "same", tmp_path / "b" / "same"]
    for path in paths:
        path.mkdir(parents=True)
        settle(path, database, path.name)
    logs = [EventLog(path) for path in paths]
    try:
        for k in range(6):
            logs[k % 2].append(note(str(k)))
    finally:
        for log in logs:
            log.close()
    assert [[event.body["reason"] for event in read_events(path)] for path in paths] == [
        ["0", "2", "4"],
        ["1", "3", "5"],
    ]
    for path in paths:
        schema = named(path)
        assert schema is not None
        assert schema.name.startswith("asknext_same_")
        schema.drop()


# ---------------------------------------------------------------- connections that break


def test_a_connection_cut_between_two_answers_is_not_noticed(
    tmp_path: Path, server: psycopg.Connection
) -> None:
    with Campaign(X, None, "random", path=tmp_path) as campaign:
        for k in range(4):
            cut(server)
            campaign.tell([k], ["a"])
            assert in_step(campaign)
    assert len(verify_log(tmp_path).problems) == 0
    assert count_events(tmp_path, "answered") == 4


def test_a_connection_cut_within_a_transaction(tmp_path: Path, server: psycopg.Connection) -> None:
    with Campaign(X, None, "random", path=tmp_path, classes=["a"]) as campaign:
        campaign.tell([0], ["a"])
        said = r"cannot be written \(.*\); what was acknowledged before is safe"
        with pytest.raises(UnwritableLogError, match=said), campaign.transaction():  # noqa: PT012
            campaign.tell([1], ["a"])
            cut(server)
            campaign.tell([2], ["a"])
        assert in_step(campaign)
        assert campaign.labels == {0: "a"}
        campaign.tell([1], ["a"])
        assert in_step(campaign)
    assert verify_log(tmp_path).problems == ()
    assert count_events(tmp_path, "answered") == 2


@pytest.fixture
def wired(tmp_path: Path, database: URL) -> Iterator[tuple[Path, Wire]]:
    """A directory whose log is reached over a wire."""
    wire = Wire(database.host or "127.0.0.1", database.port or 5432)
    path = tmp_path / "wired"
    path.mkdir()
    settle(path, database.set(host="127.0.0.1", port=wire.port), "wired")
    yield path, wire
    wire.down = False
    schema = named(path)
    assert schema is not None
    schema.drop()
    wire.close()


def test_a_commit_whose_word_was_lost_is_found_to_be_done(wired: tuple[Path, Wire]) -> None:
    path, wire = wired
    with Campaign(X, None, "random", path=path, classes=["a"]) as campaign:
        cuts: list[str] = []
        wire.cut_after(b"COMMIT", lambda: cuts.append("cut"))
        campaign.tell([1], ["a"], id="told")
        assert cuts == ["cut"]
        assert campaign.labels == {1: "a"}
        assert in_step(campaign)
        campaign.tell([2], ["a"])
    assert [event.id for event in read_events(path)].count("told") == 1
    assert verify_log(path).problems == ()


def test_an_insert_whose_word_was_lost_is_found_not_to_be_done(wired: tuple[Path, Wire]) -> None:
    path, wire = wired
    with Campaign(X, None, "random", path=path, classes=["a"]) as campaign:
        wire.cut_after(b"told")  # the id, in the row that is inserted
        with pytest.raises(UnwritableLogError, match="cannot be written"):
            campaign.tell([1], ["a"], id="told")
        assert campaign.labels == {}
        assert in_step(campaign)
        campaign.tell([1], ["a"], id="told")
    assert [event.id for event in read_events(path)].count("told") == 1


def test_a_commit_whose_word_was_lost_and_no_way_to_ask(wired: tuple[Path, Wire]) -> None:
    """As long as nobody can say whether it was done, nothing is taken in; then the log says it."""
    path, wire = wired
    with Campaign(X, None, "random", path=path, classes=["a"]) as campaign:
        wire.cut_after(b"COMMIT", lambda: setattr(wire, "down", True))
        for _ in range(3):
            with pytest.raises(UnwritableLogError):
                campaign.tell([1], ["a"], id="told")
            assert campaign.labels == {}
            assert in_step(campaign)
        wire.down = False
        with pytest.raises(UnwritableLogError, match="holds more than was known here"):
            campaign.tell([1], ["b"])
        assert campaign.labels == {1: "a"}
        assert in_step(campaign)
        campaign.tell([1], ["a"], id="told")
        campaign.tell([2], ["b"])
    events = read_events(path)
    assert [event.id for event in events].count("told") == 1
    assert verify_log(path).problems == ()


@pytest.mark.parametrize("word", [b"COMMIT", b"stopped"])
def test_any_number_of_cuts_lose_and_double_nothing(wired: tuple[Path, Wire], word: bytes) -> None:
    path, wire = wired
    told, cuts = [], []
    with closing(EventLog(path)) as log:
        for k in range(20):
            event = note(str(k), id=f"e{k}")
            wire.cut_after(word, lambda k=k: cuts.append(k))  # type: ignore[misc]
            while event.id not in told:
                try:
                    log.append(event)
                    told.append(event.id)
                except UnwritableLogError:
                    assert word == b"stopped"  # whether a commit was done is read from the log
    assert cuts == list(range(20))
    assert [event.id for event in read_events(path)] == told == [f"e{k}" for k in range(20)]


def test_a_server_that_restarts(tmp_path: Path) -> None:
    command = os.environ.get("ASKNEXT_POSTGRES_RESTART")
    if command is None:
        pytest.skip("needs a server that may be restarted, as .ci/postgres has one")
    with Campaign(X, None, "random", path=tmp_path, classes=["a"]) as campaign:
        campaign.tell([0], ["a"])
        with pytest.raises(UnwritableLogError), campaign.transaction():  # noqa: PT012
            campaign.tell([1], ["a"])
            subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)
        assert campaign.labels == {0: "a"}
        campaign.tell([1], ["a"])
        subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)
        campaign.tell([2], ["a"])
        assert in_step(campaign)
    assert verify_log(tmp_path).problems == ()
    assert count_events(tmp_path, "answered") == 3


def test_a_schema_that_is_gone_is_no_new_log(tmp_path: Path, server: psycopg.Connection) -> None:
    with Campaign(X, None, "random", path=tmp_path, classes=["a"]) as campaign:
        schema = named(tmp_path)
        assert schema is not None
        server.execute(f"DROP SCHEMA {schema.name} CASCADE")
        for _ in range(2):
            with pytest.raises(AskNextError, match="schema"):
                campaign.tell([0], ["a"])
    for read in (read_events, EventLog):
        with pytest.raises(DamagedLogError, match=f"lacks the schema {schema.name}"):
            read(tmp_path)
    assert schema.name not in schemas(server)


# ---------------------------------------------------------------- projects, and what is refused


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = np.random.default_rng(0).normal(size=(40, 3)).round(3)
    np.savetxt(tmp_path / "points.csv", rows, delimiter=",", header="a,b,c", comments="", fmt="%.3f")
    return tmp_path / "points.csv"


def test_a_project_keeps_to_its_database(tmp_path: Path, table: Path, database: URL) -> None:
    db = text_of(database)
    Project.create(tmp_path / "p", table, db=db, classes=["a"]).close()
    open_or_create(tmp_path / "p", db=db).close()
    with open_or_create(tmp_path / "p", table) as project, project.campaign() as campaign:
        campaign.tell(campaign.ask(2).ids, ["a", "b"])
    with pytest.raises(AskNextError, match=r"p has its log in postgresql://.*; leave the database out, or"):
        open_or_create(tmp_path / "p", db="postgresql://elsewhere/x")
    assert "2, 38 left" in run("status", tmp_path / "p").output
    assert "0 with problems" in run("verify", tmp_path / "p").output
    assert run("next", tmp_path / "p", "-n", "1").exit_code == 0
    assert run("export", tmp_path / "p", "--out", tmp_path / "all.jsonl", "--format", "events").exit_code == 0
    Project.create(tmp_path / "q", table, db=db).close()
    assert run("import", tmp_path / "q", tmp_path / "all.jsonl").exit_code == 0
    assert [e.text for e in read_events(tmp_path / "q")] == [e.text for e in read_events(tmp_path / "p")]


def test_a_project_in_its_directory_stays_there(
    tmp_path: Path, table: Path, database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    from asknext.log.place import place_of

    monkeypatch.setattr("asknext.log.store.place_of", place_of)
    Project.create(tmp_path / "p", table).close()
    with pytest.raises(AskNextError, match="p has its log in itself; leave the database out, or choose"):
        open_or_create(tmp_path / "p", db=text_of(database))


def test_a_creation_that_fails_leaves_no_schema(
    tmp_path: Path, table: Path, database: URL, server: psycopg.Connection
) -> None:
    before = schemas(server)
    table.write_text("a,b\n1,2\n")
    with pytest.raises(AskNextError, match="holds a single item"):
        Project.create(tmp_path / "p", table, db=text_of(database))
    assert schemas(server) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["points.csv"]


KILLED = """
import os, signal, sys
from asknext.studio import project

project.read_source = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
project.Project.create(sys.argv[1], sys.argv[2], db=sys.argv[3])
"""


def test_what_a_killed_creation_left_is_removed_by_the_next(
    tmp_path: Path, table: Path, database: URL, server: psycopg.Connection
) -> None:
    before = schemas(server)
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "p", table, text_of(database)])
    assert len(schemas(server) - before) == 1
    assert not (tmp_path / "p").exists()
    Project.create(tmp_path / "p", table, db=text_of(database)).close()
    schema = named(tmp_path / "p")
    assert schema is not None
    assert schemas(server) - before == {schema.name}


@pytest.fixture
def role(server: psycopg.Connection) -> Iterator[Callable[[str], str]]:
    """Makes a role with a name, which is dropped afterwards."""
    made: list[str] = []

    def make(name: str, how: str = "") -> str:
        server.execute(f"CREATE ROLE {name} LOGIN {how}")
        made.append(name)
        return name

    yield make
    for name in made:
        server.execute(f"DROP OWNED BY {name} CASCADE")
        server.execute(f"DROP ROLE {name}")


def test_what_cannot_be_used_is_one_sentence(
    tmp_path: Path, table: Path, database: URL, role: Callable[[str], str], server: psycopg.Connection
) -> None:
    role("may_nothing")
    server.execute("CREATE DATABASE no_unicode ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    before = schemas(server)
    try:
        for db, message in (
            (database.set(port=1), "cannot be used: connection .* failed: Connection refused"),
            (database.set(database="none_such"), 'cannot be used: database "none_such" does not exist'),
            (database.set(username="nobody_here"), 'cannot be used: role "nobody_here" does not exist'),
            (database.set(username="may_nothing"), "cannot be used: permission denied for database"),
            (database.set(database="no_unicode"), "holds SQL_ASCII texts; choose one with the encoding UTF8"),
        ):
            said = refused("label", tmp_path / "p", "--items", table, "--no-browser", "--db", text_of(db))
            assert len(said) < 250
            with pytest.raises(AskNextError, match=message):
                Project.create(tmp_path / "p", table, db=text_of(db))
            assert not (tmp_path / "p").exists()
        assert schemas(server) == before
    finally:
        server.execute("DROP DATABASE no_unicode")


@pytest.mark.parametrize(
    "db",
    ["mysql://me:tr1cky@host/x", "tr1cky", "postgresql://me@host:tr1cky/x", "",
     "postgresql://h/x?password=tr1cky"],
)  # fmt: skip
def test_no_address_is_refused_and_not_repeated(tmp_path: Path, table: Path, db: str) -> None:
    said = refused("label", tmp_path / "p", "--items", table, "--no-browser", "--db", db)
    assert "in a form that is not known; give postgresql://user@host:port/database" in said
    assert "tr1cky" not in said


def test_psycopg_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EventLog(tmp_path).close()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "psycopg", None)
        for read in (read_events, EventLog):
            with pytest.raises(AskNextError, match=r"needs the package psycopg; .* 'asknext\[team\]'"):
                read(tmp_path)
    EventLog(tmp_path).close()  # the refusal gave the lock back


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"url": "postgresql://x", "schema": "a b"}', '{"url": 1}']
)
def test_a_damaged_address(tmp_path: Path, content: str) -> None:
    (tmp_path / ADDRESS).write_text(content)
    for read in (read_events, EventLog):
        with pytest.raises(DamagedLogError, match=r"database\.json names no database; restore it from a"):
            read(tmp_path)


def test_a_password_is_used_and_never_kept(
    tmp_path: Path,
    table: Path,
    database: URL,
    role: Callable[..., str],
    server: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    role("with_password", "PASSWORD 'tr1cky: p@ss'")
    server.execute(f"GRANT CREATE ON DATABASE {database.database} TO with_password")
    monkeypatch.setenv("PGPASSWORD", "")
    bare = database.set(username="with_password")
    path = tmp_path / "p"
    said = refused("label", path, "--items", table, "--no-browser", "--db", text_of(bare))
    if "password" not in said:
        pytest.skip("this server asks nobody for a password, as that of .ci/postgres does")
    wrong = text_of(bare.set(password="wr0ng"))
    said = refused("label", path, "--items", table, "--no-browser", "--db", wrong)
    assert 'password authentication failed for user "with_password"' in said
    assert "wr0ng" not in said
    right = text_of(bare.set(password="tr1cky: p@ss"))
    with pytest.raises(AskNextError, match="holds a password, which is never kept"):
        Project.create(path, table, db=right)

    monkeypatch.setattr("asknext.studio.serving.serve", lambda *_, **__: None)
    told = run("label", path, "--items", table, "--no-browser", "--db", right)
    assert told.exit_code == 0
    assert "The password is not kept: next time give it by PGPASSWORD" in told.output
    assert os.environ["PGPASSWORD"] == "tr1cky: p@ss"  # for the workers
    for file in path.rglob("*"):
        assert not file.is_file() or b"tr1cky" not in file.read_bytes()
    assert "tr1cky" not in told.output
    assert len(read_events(path)) == 1
    schema = named(path)
    assert schema == Schema(bare, schema.name if schema else "")
    monkeypatch.setenv("PGPASSWORD", "")
    assert "no password supplied; give it by PGPASSWORD" in refused("status", path)


# ---------------------------------------------------------------- the labelling page


def test_an_answer_in_doubt_is_counted_once_the_log_tells(wired: tuple[Path, Wire], tmp_path: Path) -> None:
    """The page sends again what met 503; what was done meanwhile is known, and counts as an answer."""
    from asknext.studio.desk import Desk
    from studio_project import client
    from studio_project import project as made

    path, wire = wired
    project = made(tmp_path / "items", classes=["red"])
    shutil.copy(path / ADDRESS, project.path)
    desk = Desk(project)
    page = client(desk)
    body = {"id": "1", "items": [1], "answer": {"class": "red"}, "comment": "blurred"}
    wire.cut_after(b"COMMIT", lambda: setattr(wire, "down", True))
    assert [page.post("/api/answers", json=body).status_code for _ in range(2)] == [503, 503]
    assert page.get("/api/next").status_code == 200  # reading goes on
    wire.down = False
    assert page.post("/api/answers", json={**body, "id": "2", "items": [2]}).status_code == 503
    assert page.post("/api/answers", json=body).json()["counts"]["answered"] == 1
    assert desk.age == 1
    assert page.post("/api/answers", json=body).status_code == 200
    assert desk.age == 1
    assert [event.id for event in read_events(project.path)][-2:] == ["1", "1/comment"]
    desk.close()


def test_a_round_waits_for_a_server_that_is_away(wired: tuple[Path, Wire], tmp_path: Path) -> None:
    from asknext.studio.desk import Desk
    from asknext.studio.supervisor import Supervisor
    from asknext.studio.worker import work
    from studio_project import project as made

    path, wire = wired
    project = made(tmp_path / "items")
    shutil.copy(path / ADDRESS, project.path)
    desk = Desk(project)
    where, seen, target = desk.work()
    with Project.open(where) as opened:
        work(opened, seen, target)
    wire.down = True
    wire.cut()
    Timer(1.0, lambda: setattr(wire, "down", False)).start()
    Supervisor(desk)._published(target)
    assert [one.round for one in desk.rounds] == [0]
    assert count_events(project.path, "asked") == 1
    desk.close()
