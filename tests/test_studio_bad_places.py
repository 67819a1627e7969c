"""The served page where disk, directory or database fail: one clear sentence, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import uvicorn

import command_line
from asknext.cli import label  # noqa: F401  (it registers)
from asknext.log.reader import DATABASE, read_events
from asknext.studio.people import PEOPLE, People
from asknext.studio.project import EMBEDDING, ITEMS, SETTINGS, Project
from asknext.studio.roles import Role
from page_server import Served, write_items

LABEL = [sys.executable, "-m", "asknext", "label"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits and mounts of Linux")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    found = Served(tmp_path / "project", write_items("table", tmp_path))
    yield found
    found.kill()


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A project that is not served."""
    Project.create(tmp_path / "project", write_items("table", tmp_path), classes=["first"]).close()
    return tmp_path / "project"


def answer(served: Served, item: int, comment: str = "") -> int:
    """The status of the reply to an answer; one that refuses says why in a sentence."""
    body: dict[str, Any] = {"id": f"i{item}", "items": [item], "answer": {"class": "first"}}
    try:
        served.call("/api/answers", body | ({"comment": comment} if comment else {}))
        return 200
    except HTTPError as refusal:
        said = json.load(refusal)
        assert set(said) == {"error"}
        assert said["error"].endswith(".")
        assert "Traceback" not in said["error"]
        return refusal.code


def refused(command: list[str]) -> str:
    """The one line in which the command refuses."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("asknext: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@linux
def test_on_a_full_disk_answers_wait_until_there_is_room(served: Served) -> None:
    import resource

    served.call("/api/cancel", {})
    assert answer(served, 0) == 200
    size = max(part.stat().st_size for part in served.project.glob(f"{DATABASE}*"))
    whole = resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (size, whole[1]))
    long = "a remark " * 1000
    codes = [answer(served, item, long) for item in range(1, 30)]
    assert 503 in codes
    assert set(codes) <= {200, 503}
    assert served.call("/api/items/0")["answer"] == {"class": "first"}, "what is there is shown all the same"
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, whole)
    assert [answer(served, item, long) for item in range(1, 30)] == [200] * 29
    served.kill()
    answered = [event.body["ids"] for event in read_events(served.project) if event.type == "answered"]
    assert sorted(answered) == [[item] for item in range(30)], "each is there once"


@linux
def test_where_nothing_can_be_written_the_command_says_so(left: Path) -> None:
    locked = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    inside = ["unshare", "--mount", "sh", "-c", locked, str(left)]
    if shutil.which("unshare") is None or subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("this user may not mount")
    before = {part.name for part in left.iterdir()}
    for command in ([*LABEL, str(left), "--no-browser"], [*LABEL[:-1], "people", str(left), "add", "ann"]):
        assert "read-only" in refused([*inside, *command]).lower(), command
    assert {part.name for part in left.iterdir()} == before


@pytest.mark.parametrize("content", [b"", b"no database " * 1000, None], ids=["empty", "garbage", "half"])
@pytest.mark.parametrize(
    "part", [pytest.param(DATABASE, marks=pytest.mark.sqlite), ITEMS, EMBEDDING, PEOPLE, SETTINGS]
)
def test_a_damaged_part_is_told_before_anything_is_served(
    left: Path, part: str, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: pytest.fail("it is served"))
    People(left).add("ann", Role.ANNOTATOR)
    whole = (left / part).read_bytes()
    (left / part).write_bytes(whole[: len(whole) // 2] if content is None else content)
    damaged = (left / part).read_bytes()
    said = command_line.refused("label", left, "--no-browser")
    assert any(word in said for word in ("damaged", "no readable log", "lacks")), said
    assert (left / part).read_bytes() == damaged, "what is left of it is not touched"


def test_a_log_that_is_damaged_while_it_is_served(served: Served) -> None:
    served.call("/api/cancel", {})
    assert answer(served, 0) == 200
    for part in served.project.glob(f"{DATABASE}*"):
        part.write_bytes(os.urandom(part.stat().st_size))
    codes = {answer(served, item) for item in range(1, 6)}
    assert codes <= {200, 503}, "never as if the request were wrong, and never a crash"
    assert served.call("/api/status")["answered"] >= 1


def test_a_project_is_served_once(served: Served) -> None:
    token = served.token
    said = refused([*LABEL, str(served.project), "--no-browser"])
    assert "is writing" in said
    served.token = token
    assert served.call("/api/project")["actor"], "the one that runs keeps its address"
