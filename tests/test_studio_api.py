"""The routes: what they tell, and that nothing that is sent breaks them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient

from asknext.errors import AskNextError, UnwritableLogError
from asknext.studio.desk import Desk
from asknext.studio.project import Project
from asknext.studio.requests import MOST
from asknext.studio.routes.watching import watching
from asknext.studio.serving import FIRST, listen
from asknext.studio.thumbnails import picture
from studio_project import N, client, project, round_of, told


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(project(tmp_path))
    yield found
    found.close()


@pytest.fixture
def page(desk: Desk) -> TestClient:
    return client(desk)


def test_the_project_is_told(page: TestClient) -> None:
    told = page.get("/api/project").json()
    expected = {
        "name": "project", "kind": "table", "n": N, "strategy": "auto", "learner": "logistic-regression",
        "batch": 10, "retrain_every": 10, "audit": 0.2, "actor": "ann",
        "classes": [{"name": "red", "count": 0, "provisional": False}],
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert {"encoder", "encoder_note", "id"} <= told.keys()


def test_an_item_is_served_answered_and_taken_back(page: TestClient, desk: Desk) -> None:
    round_of(desk)
    first, second = page.get("/api/next?n=2").json()["items"]
    assert first["slot"] == "asked"
    assert first["round"] == 0
    assert (first["answer"], first["model"]) == (None, None)
    assert [name for name, _ in first["content"]["columns"]] == ["a", "b", "c"]
    held = page.get("/api/next", params={"n": 2, "held": f"{first['item']},{second['item']}"}).json()["items"]
    assert not {one["item"] for one in held} & {first["item"], second["item"]}
    item = first["item"]
    body = {"id": "1", "items": [item], "answer": {"class": "green"}, "seconds": 1.5, "comment": "sure"}
    done = page.post("/api/answers", json=body)
    assert done.json() == {
        "event": "1",
        "counts": {"answered": 1, "labelled": 1, "out_of_scope": 0, "unsure": 0, "skipped": 0, "left": N - 1},
    }
    assert page.post("/api/answers", json=body).json() == done.json()
    assert page.get(f"/api/items/{item}").json()["answer"] == {"class": "green"}
    other = {**body, "id": "2", "answer": {"kind": "unsure"}}
    refused = page.post("/api/answers", json=other)
    assert refused.status_code == 409
    assert f"item {item} was answered" in refused.json()["error"]
    assert page.post("/api/answers", json={**other, "replace": True}).status_code == 200
    assert page.post("/api/answers", json={**other, "replace": True, "items": [0]}).status_code == 409
    assert page.get(f"/api/items/{item}").json()["answer"] == {"kind": "unsure"}
    assert page.post("/api/retract", json={"id": "3", "items": [item]}).json()["counts"]["answered"] == 0
    assert page.get("/api/next?n=1").json()["items"][0]["slot"] in ("asked", "again")
    assert page.post("/api/comments", json={"id": "4", "items": [item], "text": "hm"}).status_code == 200


def test_classes_are_made_renamed_united_and_split(page: TestClient) -> None:
    assert page.post("/api/classes", json={"name": "blue"}).json() == {
        "name": "blue", "count": 0, "provisional": False,
    }  # fmt: skip
    assert page.post("/api/classes", json={"name": "blue"}).json()["name"] == "blue"
    assert page.post("/api/classes", json={}).json() == {"name": "unnamed-1", "count": 0, "provisional": True}
    page.post("/api/answers", json={"id": "1", "items": [1, 2, 3], "answer": {"class": "unnamed-1"}})
    named = page.post("/api/classes/rename", json={"id": "2", "name": "unnamed-1", "to": "teal"}).json()
    assert named["classes"][-1] == {"name": "teal", "count": 3, "provisional": False}
    split = page.post("/api/classes/split", json={"name": "teal", "items": [1], "to": "new"}).json()
    sizes = [(c["name"], c["count"]) for c in split["classes"]]
    assert sizes == [("red", 0), ("blue", 0), ("teal", 2), ("new", 1)]
    united = page.post("/api/classes/merge", json={"name": "new", "into": "blue"}).json()["classes"]
    assert [(c["name"], c["count"]) for c in united] == [("red", 0), ("blue", 1), ("teal", 2)]
    for path, body in (
        ("rename", {"name": "nothing", "to": "x"}), ("rename", {"name": "red", "to": "blue"}),
        ("merge", {"name": "red", "into": "red"}), ("split", {"name": "red", "items": [9], "to": "x"}),
        ("split", {"name": "red", "items": [], "to": "x"}), ("rename", {"name": "red", "to": " "}),
    ):  # fmt: skip
        refused = page.post(f"/api/classes/{path}", json=body)
        assert refused.status_code == 400, (path, body)
        assert set(refused.json()) == {"error"}


def test_what_is_answered_is_shown_everywhere(page: TestClient, desk: Desk) -> None:
    for _ in range(2):
        round_of(desk)
        for item in desk.pool.pending.tolist():
            page.post("/api/answers", json={"id": f"i{item}", "items": [item], "answer": told(item)})
    round_of(desk)
    status = page.get("/api/status").json()
    assert status["round"] == 3
    assert status["advice"].keys() == {"action", "sentence", "evidence"}
    assert page.get("/api/map?color=uncertainty").json()["ids"] == list(range(N))
    assert page.get("/api/review").json().keys() == {"suspects", "duplicates"}
    audit = set(desk.campaign.state.audit.ids.tolist())
    item = next(i for i in desk.pool.pending.tolist() if i not in audit)
    assert page.get(f"/api/items/{item}/why").json()["strategy"] == "auto"
    assert len(page.get(f"/api/items/{item}/similar?n=5").json()["items"]) == 5
    hidden = next(i for i in audit if not desk.settled(i))
    assert page.get(f"/api/items/{hidden}/why").status_code == 403


def test_a_round_is_asked_for_and_ended(page: TestClient) -> None:
    assert page.post("/api/retrain").json() == {"job": "idle"}
    assert page.post("/api/cancel").json() == {"cancelled": False}


def test_the_routes_are_told_without_loading_anything(page: TestClient) -> None:
    shown = page.get("/api/docs").text
    assert "POST /api/answers" in shown
    assert not re.findall(r"(?:src|href)=.?https?:", shown)
    assert "/api/next" in page.get("/api/openapi.json").json()["paths"]


def test_the_stream_tells_at_once_and_on_every_change(desk: Desk) -> None:
    async def listening() -> list[int]:
        told = watching(lambda: desk.changes, lambda: {"changes": desk.changes}, lambda: desk.closed)
        first = await anext(told)
        asyncio.get_running_loop().call_later(0.2, desk.touch)
        second = await anext(told)
        desk.closed = True
        with pytest.raises(StopAsyncIteration):
            await anext(told)
        return [json.loads(part.removeprefix("data: "))["changes"] for part in (first, second)]

    before = desk.changes
    assert asyncio.run(listening()) == [before, before + 1]


# ---------------------------------------------------------------- whatever is sent

IS_JSON = {"Content-Type": "application/json"}
BAD: list[tuple[str, str]] = [
    ("answers", body)
    for body in (
        "", "{", "null", "[]", "1", '"x"', "{}", "\x00", "[" * 20_000,
        '{"id": "1", "items": [], "answer": {"class": "red"}}',
        '{"id": "1", "items": [-1], "answer": {"class": "red"}}',
        f'{{"id": "1", "items": [{N}], "answer": {{"class": "red"}}}}',
        f'{{"id": "1", "items": [{10**40}], "answer": {{"class": "red"}}}}',
        f'{{"id": "1", "items": [{"9" * 5000}], "answer": {{"class": "red"}}}}',
        f'{{"id": "1", "items": [{",".join(["1"] * (MOST + 1))}], "answer": {{"class": "red"}}}}',
        '{"id": "1", "items": [1, 1], "answer": {"class": "red"}}',
        '{"id": "1", "items": [1.5], "answer": {"class": "red"}}',
        '{"id": "1", "items": ["1"], "answer": {"class": "red"}}',
        '{"id": "1", "items": [true], "answer": {"class": "red"}}',
        '{"id": "1", "items": [null], "answer": {"class": "red"}}',
        '{"id": "1", "items": [NaN], "answer": {"class": "red"}}',
        '{"id": "1", "items": 1, "answer": {"class": "red"}}',
        '{"id": "1", "items": {"0": 1}, "answer": {"class": "red"}}',
        '{"id": "1", "items": [1], "answer": "red"}',
        '{"id": "1", "items": [1], "answer": null}',
        '{"id": "1", "items": [1], "answer": {}}',
        '{"id": "1", "items": [1], "answer": {"class": null}}',
        '{"id": "1", "items": [1], "answer": {"class": ""}}',
        '{"id": "1", "items": [1], "answer": {"class": "  "}}',
        '{"id": "1", "items": [1], "answer": {"class": NaN}}',
        '{"id": "1", "items": [1], "answer": {"class": Infinity}}',
        '{"id": "1", "items": [1], "answer": {"class": 1e999}}',
        f'{{"id": "1", "items": [1], "answer": {{"class": {10**40}}}}}',
        '{"id": "1", "items": [1], "answer": {"class": ["red"]}}',
        '{"id": "1", "items": [1], "answer": {"class": "\\ud800"}}',
        f'{{"id": "1", "items": [1], "answer": {{"class": "{"x" * 201}"}}}}',
        '{"id": "1", "items": [1], "answer": {"kind": "nonsense"}}',
        '{"id": "1", "items": [1], "answer": {"kind": "unsure", "class": "red"}}',
        '{"id": "", "items": [1], "answer": {"class": "red"}}',
        '{"id": 1, "items": [1], "answer": {"class": "red"}}',
        '{"id": "\\udfff", "items": [1], "answer": {"class": "red"}}',
        f'{{"id": "{"x" * 201}", "items": [1], "answer": {{"class": "red"}}}}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "seconds": NaN}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "seconds": -1}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "seconds": 1e400}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "seconds": "long"}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "comment": 1}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "comment": "\\ud800"}',
        f'{{"id": "1", "items": [1], "answer": {{"class": "red"}}, "comment": "{"x" * 10_001}"}}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "replace": 1}',
        '{"id": "1", "items": [1], "answer": {"class": "red"}, "more": 1}',
    )
] + [
    ("retract", '{"id": "1", "items": []}'), ("retract", '{"id": "1"}'), ("retract", "[]"),
    ("comments", '{"id": "1", "items": [1], "text": ""}'), ("comments", '{"id": "1", "items": [1]}'),
    ("comments", '{"id": "1", "items": [1], "text": "\\ud800"}'),
    ("classes", '{"name": ""}'), ("classes", '{"name": "\\ud800"}'), ("classes", '{"name": NaN}'),
    ("classes", "[]"), ("classes", f'{{"name": {10**30}}}'),
    ("classes/rename", '{"name": "red"}'), ("classes/rename", '{"name": "\\ud800", "to": "x"}'),
    ("classes/merge", '{"name": "red", "into": null}'),
    ("classes/split", '{"name": "red", "items": [1], "to": ""}'),
]  # fmt: skip


def test_nothing_bad_is_taken_and_each_is_told_in_a_sentence(page: TestClient, desk: Desk) -> None:
    before = len(desk.log)
    for path, body in BAD:
        answer = page.post(f"/api/{path}", content=body.encode(), headers=IS_JSON)
        assert answer.status_code == 400, (path, body[:100], answer.text[:200])
        said = answer.json()
        assert set(said) == {"error"}
        assert said["error"].endswith(".")
        assert "\n" not in said["error"]
        assert len(said["error"]) < 400
        assert "Traceback" not in said["error"]
    assert len(desk.log) == before


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"id": "\xff"}', b'{"a": ' * 3000])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", "x"])
def test_bodies_that_are_no_json_are_refused(page: TestClient, body: bytes, kind: str) -> None:
    answer = page.post("/api/answers", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("next?n=0", 400), ("next?n=-1", 400), ("next?n=1e3", 400), (f"next?n={10**30}", 400),
        ("next?n=x", 400),
        ("next?held=1,,2", 400), ("next?held=-1", 400), ("next?held=%F0%9F%98%80", 400), ("next?held=²", 400),
        (f"next?held={10**17}", 200), (f"next?held={N}", 200), ("next?held=0,0", 200),
        (f"next?held={'9' * 40}", 400), ("items/-1", 404), (f"items/{N}", 404), (f"items/{10**30}", 404),
        ("items/x", 400), ("items/1.5", 400), (f"items/{'9' * 6000}", 400), (f"items/{N}/why", 404),
        (f"items/{N}/similar", 404), ("items/0/similar?n=0", 400), (f"items/{N}/image", 404),
        ("items/0/image", 404), ("items/0/image?size=x", 400), ("map?color=", 400),
        ("map?color=%ED%A0%80", 400),
        ("nothing", 404), ("answers", 405), ("items/0/nothing", 404),
    ],
)  # fmt: skip
def test_odd_addresses(page: TestClient, path: str, code: int) -> None:
    answer = page.get(f"/api/{path}")
    assert answer.status_code == code, answer.text
    if code != 200:
        assert set(answer.json()) == {"error"}
        assert answer.json()["error"].endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["red", "unsure"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("id", "items", "answer", "seconds", "comment", "replace", "name", "to", "into", "text", "kind")
SOME = st.lists(st.integers(0, N - 1), max_size=3)
POSTS = ("answers", "retract", "comments", "classes", "classes/rename", "classes/merge", "classes/split")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(POSTS),
    body=st.dictionaries(st.sampled_from(FIELDS), JSON | SOME, max_size=6),
)
def test_no_body_breaks_the_server(page: TestClient, path: str, body: dict[str, Any]) -> None:
    answer = page.post(f"/api/{path}", content=json.dumps(body).encode(), headers=IS_JSON)
    assert answer.status_code in (200, 400, 409), answer.text
    if answer.status_code != 200:
        assert set(answer.json()) == {"error"}


def test_a_disk_that_is_full_is_no_fault_of_the_request(
    page: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page sends again what meets 503, and gives up what meets 400."""

    def full(*_: Any, **__: Any) -> None:
        raise UnwritableLogError("the log cannot be written.")

    body = {"id": "1", "items": [1], "answer": {"class": "red"}}
    with monkeypatch.context() as patch:
        patch.setattr(desk.campaign, "tell", full)
        assert page.post("/api/answers", json=body).status_code == 503
    assert page.post("/api/answers", json=body).status_code == 200


def test_a_server_that_ends_refuses_nothing_for_good(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path))
    page = client(desk)
    desk.close()
    answer = page.post("/api/answers", json={"id": "1", "items": [1], "answer": {"class": "red"}})
    assert answer.status_code == 503


def test_what_nobody_expected_is_told_in_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret details")

    monkeypatch.setattr(desk, "answer", broken)
    page = client(desk)
    page = TestClient(page.app, str(page.base_url), headers=page.headers, raise_server_exceptions=False)
    answer = page.post("/api/answers", json={"id": "1", "items": [1], "answer": {"class": "red"}})
    assert answer.status_code == 500
    assert "secret" not in answer.text


# ---------------------------------------------------------------- pictures


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    root = tmp_path_factory.mktemp("gallery")
    (root / "pictures").mkdir()
    for number in range(6):
        Image.new("RGB", (300 + number, 200), (40 * number, 90, 10)).save(root / "pictures" / f"{number}.png")
    desk = Desk(Project.create(root / "project", root / "pictures"))
    yield desk
    desk.close()


def test_pictures_are_served_as_they_are_or_small(gallery: Desk) -> None:
    page = client(gallery)
    served = page.get("/api/items/2").json()["content"]
    assert served == {"image": "/api/items/2/image", "width": 302, "height": 200, "name": "2.png"}
    whole = page.get(served["image"])
    assert whole.headers["content-type"] == "image/png"
    assert whole.content == gallery.project.items.image_path(2).read_bytes()
    small = page.get(served["image"], params={"size": 64})
    assert small.headers["content-type"] == "image/jpeg"
    assert small.headers["x-content-type-options"] == "nosniff"
    assert len(small.content) < 3000
    for size in (-5, 0, 10**30):
        assert page.get(served["image"], params={"size": size}).status_code == 200
    gallery.project.items.image_path(3).write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    for size in ({}, {"size": 64}):
        assert page.get("/api/items/3/image", params=size).status_code == 404
    gallery.project.items.image_path(4).unlink()
    assert page.get("/api/items/4/image").status_code == 404


def test_only_pictures_are_sent_whatever_they_are_called(tmp_path: Path) -> None:
    html = tmp_path / "page.png"
    html.write_text("<html><script>evil()</script>")
    svg = tmp_path / "drawing.png"
    svg.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>evil()</script></svg>')
    for path in (html, svg):
        for size in (None, 64):
            with pytest.raises(AskNextError):
                picture(path, size)
    named = tmp_path / "photo.html"
    Image.new("RGB", (9, 9)).save(named, "GIF")
    assert picture(named, None)[1] == "image/gif"
    Image.new("CMYK", (9, 9)).save(tmp_path / "scan.tif")
    assert picture(tmp_path / "scan.tif", None)[1] == "image/jpeg"
    Image.new("RGBA", (900, 9)).save(tmp_path / "clear.png")
    assert picture(tmp_path / "clear.png", 64)[1] == "image/png"


def test_a_bomb_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (2000, 2000)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    with pytest.raises(AskNextError):
        picture(tmp_path / "bomb.png", 64)


# ---------------------------------------------------------------- the command


def test_the_next_free_port_is_taken_unless_one_was_wanted() -> None:
    with listen(None) as first, listen(None) as second:
        ports = [one.getsockname()[1] for one in (first, second)]
        assert ports[0] != ports[1]
        assert ports[0] >= FIRST
        assert first.getsockname()[0] == "127.0.0.1"
        with pytest.raises(AskNextError, match=f"port {ports[0]} is taken"):
            listen(ports[0])


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    source = tmp_path / "points.csv"
    source.write_text("a,b\n" + "".join(f"{i % 7},{i % 5}\n" for i in range(40)))
    code = "from asknext.cli import main; main()"
    arguments = ["label", str(tmp_path / "p"), "--items", str(source), "--classes", "x, y", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.fullmatch(r"Label at (http://127\.0\.0\.1:(\d+)/)\?token=(\S+)\n", line)
        assert address, line
        where, port, token = address.groups()
        headers = {"Authorization": f"Bearer {token}"}
        with urllib.request.urlopen(urllib.request.Request(f"{where}api/project", headers=headers)) as answer:
            assert [c["name"] for c in json.load(answer)["classes"]] == ["x", "y"]
        stream = urllib.request.urlopen(urllib.request.Request(f"{where}api/stream", headers=headers))
        assert json.loads(stream.readline().removeprefix(b"data: "))["left"] == 40
        with socket.socket() as taken, pytest.raises(OSError, match="in use"):
            taken.bind(("127.0.0.1", int(port)))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        stream.close()
        assert process.returncode == 130
        assert errors == "Stopped. Nothing is lost: the same command goes on from here.\n"
    with Project.open(tmp_path / "p") as left, left.campaign() as campaign:
        assert campaign.classes == ("x", "y")
