"""The worker and its supervisor: the same round in a process of its own; failures, cancelling, kills."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asknext.log import events as kinds
from asknext.log import read_events
from asknext.log.reader import integrity
from asknext.log.verify import verify_log
from asknext.studio import rounds
from asknext.studio.desk import Desk
from asknext.studio.people import People
from asknext.studio.project import SETTINGS, Project
from asknext.studio.roles import Role
from asknext.studio.supervisor import Supervisor, command
from asknext.studio.worker import work
from studio_project import N, project, round_of, told

posix = pytest.mark.skipif(os.name == "nt", reason="needs process groups and SIGKILL")
PATIENCE = 60.0


def until(true: Callable[[], Any]) -> None:
    """Wait for something that another thread or process does."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(project(tmp_path))
    yield found
    found.close()


class Office:
    """A desk that always has nothing to do, and counts what is published."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.jobs, self.published = folder, 0, 0

    def due(self) -> str:
        return ""

    def work(self) -> tuple[Path, int, Path]:
        self.jobs += 1
        return self.folder, 0, self.folder / str(self.jobs)

    def publish(self, folder: Path) -> None:
        assert folder.is_dir()
        self.published += 1


def python(code: str) -> Callable[[Path, int, Path], list[str]]:
    """A worker that runs some code; `target` is the folder to make."""
    return lambda _path, _seen, target: [
        sys.executable, "-S", "-c", f"import os, sys, time; target = {str(target)!r}; {code}",
    ]  # fmt: skip


@pytest.fixture
def hired(tmp_path: Path) -> Iterator[Callable[..., tuple[Office, Supervisor]]]:
    """An office, and a supervisor at work in it."""
    found = []

    def hire(code: str, **how: Any) -> tuple[Office, Supervisor]:
        office = Office(tmp_path)
        supervisor = Supervisor(office, command=python(code), **how)
        supervisor.start()
        found.append(supervisor)
        return office, supervisor

    yield hire
    for supervisor in found:
        supervisor.stop()


def test_a_process_of_its_own_finds_the_same(desk: Desk) -> None:
    round_of(desk)
    for item in desk.pool.pending.tolist():
        desk.answer("ann", str(item), [item], "red" if item % 4 == 0 else "green")
    path, seen, target = desk.work()
    with Project.open(path) as opened:
        work(opened, seen, target)
    other = target.with_name("other")
    process = subprocess.Popen(command(path, seen, other), stdin=subprocess.PIPE)
    assert process.wait(PATIENCE) == 0
    process.communicate()

    def told_by(folder: Path) -> Any:
        found = rounds.read(folder)
        events = [(e["type"], {k: v for k, v in e["body"].items() if k != "seconds"}) for e in found.events]
        return replace(found, events=events), found.points()

    (mine, my_map), (its, its_map) = told_by(target), told_by(other)
    assert mine == its
    assert np.array_equal(my_map, its_map)
    desk.publish(other)


def test_a_worker_ends_with_its_parent(desk: Desk) -> None:
    path, seen, target = desk.work()
    process = subprocess.Popen(command(path, seen, target), stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(PATIENCE) == 1
    assert not target.exists()


def test_a_worker_that_fails_says_why_and_one_that_works_is_published(desk: Desk) -> None:
    settings = desk.project.path / SETTINGS
    sound = settings.read_text()
    settings.write_text(json.dumps(json.loads(sound) | {"learner": "crystal-ball"}))
    seen: list[str] = []
    supervisor = Supervisor(desk, lambda: seen.append(supervisor.job.state))
    supervisor.start()
    until(lambda: supervisor.job.state == "failed")
    assert supervisor.job.kind == "first round"
    assert "crystal-ball" in (supervisor.job.error or "")
    assert "\n" not in (supervisor.job.error or "")
    assert desk.rounds == []
    assert desk.next("ann", 3)  # labelling goes on
    time.sleep(0.6)
    assert supervisor.job.state == "failed"  # and is not tried again and again
    settings.write_text(sound)
    supervisor.request()
    until(lambda: desk.rounds and supervisor.job.state == "idle")
    supervisor.stop()
    assert supervisor.job.error is None
    assert seen == ["running", "failed", "running", "idle"]
    assert len(desk.pool.pending) == 10
    assert [e.body["seen"] for e in desk.log if e.type in (kinds.ASKED, kinds.FITTED)] == [2, 2]


def test_the_last_line_of_stderr_is_the_error(hired: Any) -> None:
    office, supervisor = hired("sys.stderr.write('a warning\\n\\nit broke\\n'); sys.exit(3)")
    supervisor.request()
    until(lambda: supervisor.job.state == "failed")
    assert supervisor.job.error == "it broke"
    assert office.published == 0


@pytest.mark.parametrize("code", ["pass", "sys.exit(3)", "os.mkdir(target); sys.exit(3)"])
def test_a_worker_that_says_nothing_has_failed_too(hired: Any, code: str) -> None:
    office, supervisor = hired(code)
    supervisor.request()
    until(lambda: supervisor.job.state == "failed")
    assert "without a word" in supervisor.job.error
    assert office.published == 0
    assert not (office.folder / "1").exists()


def test_one_runs_and_one_waits(hired: Any, tmp_path: Path) -> None:
    wait = f"\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(.01)"
    office, supervisor = hired(f"os.mkdir(target){wait}")
    supervisor.request()
    until(lambda: (tmp_path / "1").exists())
    for _ in range(5):
        supervisor.request()
    assert office.jobs == 1
    (tmp_path / "go").touch()
    until(lambda: office.published == 2 and supervisor.job.state == "idle")
    time.sleep(0.6)
    assert office.jobs == 2


def test_a_job_that_takes_too_long_is_ended(hired: Any) -> None:
    office, supervisor = hired("time.sleep(60)", timeout=0.3)
    supervisor.request()
    until(lambda: supervisor.job.state == "failed")
    assert "longer than" in supervisor.job.error
    assert office.published == 0


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody asked for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@posix
@pytest.mark.parametrize("deed", ["cancel", "stop"])
def test_the_whole_group_is_ended(hired: Any, tmp_path: Path, deed: str) -> None:
    child = "import subprocess; c = subprocess.Popen(['sleep', '300']); "
    note = f"open({str(tmp_path / 'pids')!r}, 'w').write(f'{{os.getpid()}} {{c.pid}} .'); time.sleep(300)"
    office, supervisor = hired(child + note)
    supervisor.request()
    pids = tmp_path / "pids"
    until(lambda: pids.exists() and pids.read_text().endswith("."))
    supervisor.request()  # cancelling forgets this one as well
    getattr(supervisor, deed)()
    until(lambda: not any(alive(int(pid)) for pid in pids.read_text().split()[:2]))
    if deed == "cancel":
        until(lambda: supervisor.job.state == "idle")
    assert (office.jobs, office.published) == (1, 0)


def test_nothing_can_be_cancelled_where_nothing_runs(hired: Any) -> None:
    _, supervisor = hired("os.mkdir(target)")
    assert not supervisor.cancel()
    supervisor.request()
    until(lambda: supervisor.job.state == "idle" and supervisor.desk.published == 1)


# ---------------------------------------------------------------- kills


@posix
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_a_worker_killed_at_any_moment_leaves_the_project_sound(tmp_path: Path, kills: int) -> None:
    rng, desk = np.random.default_rng(kills), Desk(project(tmp_path, audit=0.0))
    supervisor = Supervisor(desk, desk.touch)
    supervisor.start()
    path, failed = desk.project.path, 0
    for _ in range(kills):
        supervisor.request()
        until(lambda: supervisor._process is not None)
        time.sleep(rng.uniform(0.0, 3.0))
        process = supervisor._process
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
        until(lambda: supervisor.job.state != "running")
        failed += supervisor.job.state == "failed"
        assert verify_log(path).problems == ()
        assert len(list((path / "rounds").glob("*"))) == len(desk.rounds)
    supervisor.stop()
    assert failed
    desk.close()
    assert verify_log(path).problems == ()


SERVER = """
import os, sys
from asknext.studio.project import Project
from asknext.studio.serving import address, listen, serve
import asknext.studio.api, asknext.studio.desk, asknext.studio.supervisor, uvicorn
for _ in sys.stdin:
    if (pid := os.fork()) == 0:
        listening = listen(None)
        port = listening.getsockname()[1]
        print(os.getpid(), port, flush=True)
        serve(Project.open(sys.argv[1]), listening, address(listening), str)
    os.waitpid(pid, 0)
"""
"""Servers, one after the other, without the seconds that it takes to import all that they need."""


Letter = dict[str, Any]
IS_JSON = {"Content-Type": "application/json"}


class Annotator(threading.Thread):
    """Answers what is served until the server is gone; what was not acknowledged is sent again first."""

    def __init__(self, port: int, token: str, letters: list[Letter], acknowledged: list[Letter]) -> None:
        super().__init__()
        self.headers = {"Authorization": f"Bearer {token}", "X-Asknext": "1", **IS_JSON}
        self.port, self.letters, self.acknowledged = port, letters, acknowledged
        self.served = threading.Event()

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/{path}", data, self.headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def run(self) -> None:
        try:
            while True:
                if not self.letters:
                    items = [one["item"] for one in self.call("next?n=3")["items"]]
                    self.served.set()
                    self.letters += [{"id": f"ann {i}", "items": [i], "answer": told(i)} for i in items]
                if not self.letters:
                    return
                self.call("answers", self.letters[0])
                self.acknowledged.append(self.letters.pop(0))
        except urllib.error.HTTPError as error:
            self.acknowledged.append({"id": f"refused: {error.read()!r}"})
        except (OSError, ValueError, http.client.HTTPException):
            return  # the server was killed


@posix
@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_a_server_killed_at_any_moment_loses_nothing(tmp_path: Path, kills: int) -> None:
    """Nothing acknowledged is lost, nothing is there twice, and no round is there by half."""
    rng = np.random.default_rng(kills)
    path = project(tmp_path, n=N if kills < 10 else 20_000, retrain_every=5, batch=5).path
    token = People(path).add("ann", Role.OWNER)
    servers = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert servers.stdin is not None
    assert servers.stdout is not None
    letters: list[Letter] = []
    acknowledged: list[Letter] = []
    for number in range(kills):
        servers.stdin.write("go\n")
        servers.stdin.flush()
        pid, port = map(int, servers.stdout.readline().split())
        annotator = Annotator(port, token, letters, acknowledged)
        annotator.start()
        if number % 4:  # else even before it serves anything
            assert annotator.served.wait(PATIENCE)
        time.sleep(rng.uniform(0.0, 4.0 if kills > 5 else 1.0))
        os.kill(pid, signal.SIGKILL)
        annotator.join(PATIENCE)
        assert integrity(path) == "ok"
    servers.stdin.close()
    servers.wait(PATIENCE)
    servers.stdout.close()
    assert verify_log(path).problems == ()
    found = [event for event in read_events(path) if event.type == kinds.ANSWERED]
    assert len({event.id for event in found}) == len(found)
    answered = [item for event in found for item in event.body["ids"]]
    assert len(set(answered)) == len(answered)
    stored = {event.id: event.body["ids"] for event in found}
    assert acknowledged
    assert {one["id"]: one.get("items") for one in acknowledged}.items() <= stored.items()
    assert stored.keys() <= {one["id"] for one in (*acknowledged, *letters)}
    desk = Desk(Project.open(path))
    assert all(event["id"] in desk.log for one in desk.rounds for event in one.events)
    assert {f.name for f in (path / "rounds").glob("*")} == {one.folder.name for one in desk.rounds}
    desk.close()
