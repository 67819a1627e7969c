"""Whom the guard lets in, and which role may ask for what."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from PIL import Image
from starlette.testclient import TestClient

from asknext.studio.address import Address
from asknext.studio.attempts import MOST, Attempts
from asknext.studio.desk import Desk
from asknext.studio.people import People
from asknext.studio.project import Project
from asknext.studio.roles import Role
from asknext.studio.routes.access import Access
from studio_project import HOST, PORT, Clock, client, project


def test_a_removed_person_is_shut_out_at_once(desk: Desk) -> None:
    page = client(desk, role=Role.ANNOTATOR)
    people, name = People(desk.project.path), page.get("/api/project").json()["actor"]
    other = {"Authorization": f"Bearer {people.link(name)}"}
    assert page.get("/api/status").status_code == 401, "the old link has ended"
    assert page.get("/api/status", headers=other).status_code == 200
    people.remove(name)
    assert page.get("/api/status", headers=other).status_code == 401


def test_a_removed_person_hears_no_more(desk: Desk) -> None:
    page = client(desk, role=Role.VIEWER)
    people, name = People(desk.project.path), page.get("/api/project").json()["actor"]
    threading.Timer(0.5, people.remove, [name]).start()
    with page.stream("GET", "/api/stream") as stream:  # ends, or the test never does
        assert sum(line.startswith("data: ") for line in stream.iter_lines()) >= 1
    assert page.get("/api/status").status_code == 401


def test_a_damaged_file_lets_nobody_in(desk: Desk) -> None:
    page = client(desk)
    kept = page.app.user_middleware[0].kwargs["people"].path  # type: ignore[attr-defined]
    text = kept.read_text()
    try:
        kept.write_text("[]")
        refusal = page.get("/api/status")
        assert refusal.status_code == 503
        assert "is damaged" in refusal.json()["error"]
    finally:
        kept.write_text(text)
    assert page.get("/api/status").status_code == 200


def test_behind_a_proxy_its_name_is_ours(desk: Desk) -> None:
    where = Address(PORT, names=("https://labels.example.org", "http://lab:9"))
    page = client(desk, where=where)
    token = page.headers["Authorization"].removeprefix("Bearer ")
    for host, origin, code in (
        ("labels.example.org", "https://labels.example.org", 200), ("lab:9", "http://lab:9", 200),
        (HOST, None, 200), ("labels.example.org", "http://labels.example.org", 403), ("lab", None, 403),
        ("example.org", None, 403), ("labels.example.org.evil.example", None, 403),
        ("labels.example.org", "https://example.org", 403),
    ):  # fmt: skip
        headers = {"Host": host} | ({"Origin": origin} if origin else {})
        assert page.post("/api/cancel", headers=headers).status_code == code, (host, origin)
    for host, secure in (("labels.example.org", True), ("lab:9", False), (HOST, False)):
        welcome = page.get("/", params={"token": token}, headers={"Host": host})
        assert welcome.status_code == 303
        assert ("Secure" in welcome.headers["set-cookie"]) == secure, host


def test_wrong_keys_are_soon_too_many(desk: Desk) -> None:
    page = client(desk)
    wrong = {"Authorization": "Bearer wrong"}
    codes = [page.get("/api/status", headers=wrong).status_code for _ in range(MOST + 3)]
    assert codes[:MOST] == [401] * MOST
    assert 429 in codes
    assert "too many wrong keys" in page.get("/", params={"token": "x"}, headers=wrong).json()["error"]
    assert page.get("/api/status").status_code == 200, "the right key is taken all the same"
    assert page.get("/api/status", headers={"Authorization": ""}).status_code == 401, "that tried no key"


def test_attempts_are_counted_by_address_and_forgiven() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    assert [attempts.spent("a") for _ in range(MOST + 2)] == [False] * MOST + [True] * 2
    assert not attempts.spent("b")
    clock.now += 1 / MOST
    assert [attempts.spent("a") for _ in range(2)] == [False, True]
    clock.now += 60
    assert [attempts.spent("a") for _ in range(MOST + 1)] == [False] * MOST + [True]


# ---------------------------------------------------------------- who may ask for what

EVERYBODY, LOOKING, LABELLING, OWNING = "vao", "vo", "ao", "o"
MAY = {
    "GET /api/project": EVERYBODY, "GET /api/next": LABELLING, "GET /api/items/{item}": EVERYBODY,
    "GET /api/items/{item}/image": EVERYBODY, "GET /api/items/{item}/why": EVERYBODY,
    "GET /api/items/{item}/similar": EVERYBODY, "GET /api/status": EVERYBODY, "GET /api/stream": EVERYBODY,
    "GET /api/map": EVERYBODY, "GET /api/review": LOOKING, "GET /api/export": LOOKING,
    "GET /api/people": LOOKING, "POST /api/answers": LABELLING, "POST /api/retract": LABELLING,
    "POST /api/comments": LABELLING, "POST /api/classes": LABELLING, "POST /api/classes/rename": OWNING,
    "POST /api/classes/merge": OWNING, "POST /api/classes/split": OWNING, "POST /api/retrain": OWNING,
    "POST /api/cancel": OWNING, "GET /api/items": LOOKING, "POST /api/release": LABELLING,
    "GET /api/agreement": LOOKING, "GET /api/disagreements": OWNING, "POST /api/adjudicate": OWNING,
    "POST /api/reopen": OWNING,
    "POST /api/review": OWNING,
}  # fmt: skip
"""The roles of each route by their first letters; a route that is not here fails the test."""

OPEN = {"/", "/api/docs", "/api/openapi.json"}
"""What anybody who was let in may see, since it tells nothing of the project."""


def routes(of: Any) -> Iterator[APIRoute]:
    """All routes of an application, those of its routers too."""
    for route in of.routes:
        if isinstance(route, APIRoute):
            yield route
        elif inner := getattr(route, "original_router", None):
            yield from routes(inner)


def test_each_route_is_for_the_roles_that_it_names(desk: Desk) -> None:
    pages = {role: client(desk, role=role) for role in Role}
    found = set()
    for route in routes(pages[Role.OWNER].app):
        if route.path in OPEN:
            continue
        assert any(isinstance(one.call, Access) for one in route.dependant.dependencies), route.path
        for method in route.methods:
            found.add(f"{method} {route.path}")
            for role, page in pages.items():
                page.app.state.ended = lambda: True  # type: ignore[attr-defined]  # a stream ends
                answer = page.request(method, route.path.replace("{item}", "0"))
                refused = answer.status_code == 403 and "and this is for" in answer.json()["error"]
                assert refused != (role[0] in MAY[f"{method} {route.path}"]), (route.path, role)
    assert found == MAY.keys()


def test_what_is_told_of_the_routes_names_the_roles_too(desk: Desk) -> None:
    told = client(desk).get("/api/openapi.json").json()["paths"]
    names = {role[0]: role.value for role in Role}
    for route, roles in MAY.items():
        method, path = route.split()
        deed = told[path][method.lower()]
        assert deed["security"] == [{"token": [names[letter] for letter in roles]}], route
        assert {"400", "401", "403", "429", "503"} <= deed["responses"].keys()


def test_the_project_says_who_asks(desk: Desk) -> None:
    told = client(desk, role=Role.VIEWER).get("/api/project").json()
    assert (told["role"], told["several"], told["overlap"], told["opinions"]) == ("viewer", True, 0, 2)


def members(page: TestClient) -> dict[str, Any]:
    """Who may come, by name."""
    return {one["name"]: one for one in page.get("/api/people").json()["people"]}


def test_people_are_told_with_what_they_did(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path))
    page, other = client(desk), client(desk, role=Role.ANNOTATOR)
    name = other.get("/api/project").json()["actor"]
    red = {"answer": {"class": "red"}}
    for seconds, item in ((1.0, 3), (2.0, 4), (9.0, 5)):
        other.post("/api/answers", json={"id": f"{item}", "items": [item], "seconds": seconds, **red})
    other.post("/api/answers", json={"id": "6", "items": [6], "answer": {"kind": "skipped"}})
    other.post("/api/answers", json={"id": "3", "items": [3], "seconds": 1.0, **red})
    told = members(page)
    assert told["ann"] == {"name": "ann", "role": "owner", "answers": 0, "seconds": None, "last": None}
    assert (told[name]["answers"], told[name]["seconds"]) == (3, 2.0)
    assert told[name]["last"] == list(desk.log)[-1].time
    page.post("/api/answers", json={"id": "7", "items": [7, 8], **red})
    assert {one: did["answers"] for one, did in members(page).items()} == {"ann": 2, name: 3}
    desk.close()


# ---------------------------------------------------------------- what is hostile


def test_pictures_are_reached_by_their_number_alone(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for number in range(4):
        Image.new("RGB", (30, 20), (60 * number, 9, 9)).save(tmp_path / "pictures" / f"{number}.png")
    (tmp_path / "secret.png").write_bytes((tmp_path / "pictures" / "0.png").read_bytes())
    desk = Desk(Project.create(tmp_path / "project", tmp_path / "pictures"))
    page = client(desk)
    for path in (
        "../secret.png", "..%2f..%2fsecret.png", "%2e%2e/%2e%2e/secret.png", "0%00.png", "secret.png",
        "..%5c..%5csecret.png", "%2fetc%2fpasswd", "1/../../../secret.png",
    ):  # fmt: skip
        answer = page.get(f"/api/items/{path}/image")
        assert answer.status_code in (400, 404), path
        assert set(answer.json()) == {"error"}
    (tmp_path / "pictures" / "2.png").unlink()
    (tmp_path / "pictures" / "2.png").symlink_to(tmp_path / "secret.png")
    assert page.get("/api/items/2/image").status_code == 404, "a link leads out"
    picture = page.get("/api/items/1/image", params={"path": "/etc/passwd"})
    assert picture.headers["content-type"] == "image/png"
    desk.close()


HOSTILE = (
    "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "a\u202eb", "' or 1=1 --", "{{7*7}}", "+1", "@SUM(A1)",
)  # fmt: skip


def test_what_people_write_is_text_and_no_formula(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path))
    page = client(desk)
    for item, text in enumerate(HOSTILE):
        body = {"id": text, "items": [item], "answer": {"class": text}, "comment": text}
        assert page.post("/api/answers", json=body).json()["event"] == text
        reply = page.get(f"/api/items/{item}")
        assert reply.json()["answer"] == {"class": text}
        assert reply.headers["content-type"] == "application/json"
        assert reply.headers["x-content-type-options"] == "nosniff"
    wicked = "=HYPERLINK(0)"
    token = People(desk.project.path).add(wicked, Role.ANNOTATOR)
    body = {"id": "x", "items": [60], "answer": {"class": "red"}}
    bearer = {"Authorization": f"Bearer {token}"}
    assert page.post("/api/answers", json=body, headers=bearer).status_code == 200
    for row in csv.reader(page.get("/api/export?format=csv").text.splitlines()):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row), row
    desk.close()


def test_a_class_of_a_megabyte_is_refused_and_told_in_short(desk: Desk) -> None:
    body = {"id": "1", "items": [1], "answer": {"class": "x" * 900_000}}
    refusal = client(desk).post("/api/answers", json=body)
    assert refusal.status_code == 400
    assert len(refusal.text) < 500
