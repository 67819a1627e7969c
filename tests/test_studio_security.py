"""Who is let in, what a page may load, and what a request may hold."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from asknext.studio.desk import Desk
from asknext.studio.security import LARGEST, policy
from studio_project import HOST, PORT, client, project

IMPORTS = '{"imports": {"a": "/static/a.js"}}'
COOKIE = f"asknext-{PORT}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Path]]:
    root = tmp_path_factory.mktemp("security")
    static = root / "static"
    static.mkdir()
    (static / "index.html").write_text(f'<script type="importmap">{IMPORTS}</script>the page')
    (static / "a.js").write_text("export default 1;")
    desk = Desk(project(root))
    yield desk, static
    desk.close()


@pytest.fixture
def let_in(place: tuple[Desk, Path]) -> TestClient:
    return client(place[0], static=place[1])


@pytest.fixture
def stranger(let_in: TestClient, token: str) -> TestClient:  # noqa: ARG001 (it is read before)
    del let_in.headers["Authorization"], let_in.headers["X-Asknext"]
    return let_in


@pytest.fixture
def token(let_in: TestClient) -> str:
    return let_in.headers["Authorization"].removeprefix("Bearer ")


def routes(app: object) -> list[tuple[str, str]]:
    """Every route that there is, with 0 for an item; those of the page and its files too."""
    paths = app.openapi()["paths"]  # type: ignore[attr-defined]
    own = [(method.upper(), path.replace("{item}", "0")) for path in paths for method in paths[path]]
    others = ("/", "/static/a.js", "/static/nothing", "/api/docs", "/api/openapi.json", "/nothing")
    return own + [("GET", path) for path in others]


def test_every_route_of_the_decision_is_there(let_in: TestClient) -> None:
    told = {
        "project", "next", "items/0", "items/0/image", "items/0/why", "items/0/similar", "answers", "retract",
        "comments", "classes", "classes/rename", "classes/merge", "classes/split", "status", "stream",
        "retrain", "cancel", "map", "review", "export",
    }  # fmt: skip
    assert {path.removeprefix("/api/") for _, path in routes(let_in.app)} >= told


def test_nobody_is_let_in_without_the_key(stranger: TestClient) -> None:
    for method, path in routes(stranger.app):
        answer = stranger.request(method, path, headers={"X-Asknext": "1"})
        assert answer.status_code == 401, path
        assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("wrong", ["", "nonsense", "{}x", "{:.42}", "é"])
def test_a_wrong_key_does_not_open(stranger: TestClient, token: str, wrong: str) -> None:
    wrong = wrong.format(token)
    bearer = {"Authorization": f"Bearer {wrong}".encode()}
    assert stranger.get("/api/status", headers=bearer).status_code == 401
    assert stranger.get("/", params={"token": wrong}).status_code == 401
    cookie = {"Cookie": f"{COOKIE}={wrong}".encode()}
    assert stranger.get("/api/status", headers=cookie).status_code == 401


def test_other_hosts_and_origins_are_refused_everywhere(let_in: TestClient) -> None:
    for method, path in routes(let_in.app):
        for foreign in (
            {"Host": "evil.example"}, {"Host": f"evil.example:{PORT}"}, {"Host": f"127.0.0.1:{PORT + 1}"},
            {"Host": ""}, {"Origin": "http://evil.example"}, {"Origin": "null"},
            {"Origin": f"http://127.0.0.1:{PORT + 1}"}, {"Origin": f"https://{HOST}"},
        ):  # fmt: skip
            answer = let_in.request(method, path, headers=foreign)
            assert answer.status_code == 403, (path, foreign)
            assert set(answer.json()) == {"error"}


def test_changes_need_the_header(let_in: TestClient) -> None:
    del let_in.headers["X-Asknext"]
    for method, path in routes(let_in.app):
        if method != "GET":
            assert let_in.request(method, path, json={}).status_code == 403, path
            assert let_in.request(method, path, json={}, headers={"X-Asknext": "0"}).status_code == 403
    assert let_in.get("/api/status").status_code == 200


def test_our_own_origin_is_welcome(let_in: TestClient) -> None:
    for own in (f"http://{HOST}", f"http://localhost:{PORT}"):
        assert let_in.post("/api/cancel", headers={"Origin": own}).status_code == 200


def test_the_address_becomes_a_cookie(stranger: TestClient, token: str) -> None:
    welcome = stranger.get("/", params={"token": token})
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    given = welcome.headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=strict" in given
    assert "the page" in stranger.get("/").text
    assert stranger.get("/api/status").status_code == 200
    assert stranger.post("/api/cancel").status_code == 403  # the header is still wanted
    assert stranger.post("/api/cancel", headers={"X-Asknext": "1"}).status_code == 200


def test_the_token_opens_no_other_address(stranger: TestClient, token: str) -> None:
    assert stranger.get("/api/status", params={"token": token}).status_code == 401


def test_cookies_of_other_programs_do_no_harm(stranger: TestClient, token: str) -> None:
    cookie = {"Cookie": f"a[b]=c d; {COOKIE}=\"{token}\"; ==; other=1"}
    assert stranger.get("/api/status", headers=cookie).status_code in (200, 401)
    assert stranger.get("/api/status", headers={"Cookie": f'x=1; {COOKIE}="{token}"'}).status_code == 200


def test_answers_tell_browsers_to_be_strict(let_in: TestClient) -> None:
    for path in ("/", "/api/status", "/static/a.js", "/nothing", "/api/items/999"):
        headers = let_in.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
    assert let_in.get("/api/status").headers["cache-control"] == "no-store"
    assert let_in.get("/static/a.js").headers["cache-control"] == "no-cache"


def test_the_policy_allows_the_import_map_and_no_other_script() -> None:
    digest = base64.b64encode(hashlib.sha256(IMPORTS.encode()).digest()).decode()
    page = f'<script type="importmap">{IMPORTS}</script><script>evil()</script>'.encode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy(page)
    assert policy(page).count("sha256") == 1
    assert "script-src 'self';" in policy(b"<html>")


def test_large_bodies_are_refused_announced_or_not(let_in: TestClient) -> None:
    large = b" " * (LARGEST + 1)
    assert let_in.post("/api/answers", content=large).status_code == 413
    assert let_in.post("/api/answers", content=iter([large[:9], large])).status_code == 413
    assert let_in.post("/api/answers", content=b"1", headers={"Content-Length": "9" * 30}).status_code == 413
    assert let_in.post("/api/answers", content=b" " * LARGEST).status_code == 400


def test_only_the_files_of_the_page_are_served(let_in: TestClient) -> None:
    for path in ("/static/../x", "/static/%2e%2e/project/project.json", "/static//etc/passwd", "/project.db"):
        assert let_in.get(path).status_code == 404, path
