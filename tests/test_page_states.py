"""Every main state of the page: readable by all, harmless whatever the items hold, offline."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from page_people import shared
from page_server import Served, current, press, project, saved, visit

pytestmark = pytest.mark.browser
AXE = "axe-core@4.14.1"


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The accessibility checker, fetched for this run."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not there to fetch axe-core")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run([npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", AXE],
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    if done.returncode:
        pytest.skip("axe-core could not be fetched")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


STATES: dict[str, list[str]] = {
    "label": [], "new class": ["n", "f"], "find": ["/"], "comment": ["c"], "why": ["w"],
    "bulk": ["b", "Space"], "review": ["r"], "map": ["v"], "keys": ["h"], "classes": ["e"],
    "disagreements": ["Shift+r"],
}  # fmt: skip


def violations(page: Any, state: str) -> list[Any]:
    """What the checker finds, with the place and the reason."""
    return [(state, one["id"], one["nodes"][0]["html"][:200], one["nodes"][0].get("failureSummary"))
            for one in page.evaluate("axe.run()")["violations"]]  # fmt: skip


@pytest.mark.parametrize("kind", ["image", "text", "table"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_in_any_state(kind: str, scheme: str, chromium: Any, axe: str, tmp_path: Path) -> None:
    settings = {"color_scheme": scheme, "bypass_csp": True}
    with project(kind, tmp_path) as served, visit(chromium, served.url, **settings) as page:
        shared(page, served)
        page.reload()
        page.wait_for_selector("[data-item]")
        for key in "12" * 6:
            press(page, key)
        saved(page)
        page.evaluate(axe)
        found = []
        for state, keys in STATES.items():
            press(page, *keys)
            page.wait_for_timeout(400)
            found += violations(page, state)
            press(page, "Escape", "Escape")
        assert not found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_where_several_people_are(scheme: str, chromium: Any, axe: str, tmp_path: Path) -> None:
    """Agreement with a pair open, the overview of those who look on, a lost server, who is shut out."""
    settings = {"color_scheme": scheme, "bypass_csp": True}
    with project("text", tmp_path) as served, visit(chromium, served.url, **settings) as page:
        shared(page, served)
        page.reload()
        page.locator(".agreement td button").first.click()
        page.evaluate(axe)
        found = violations(page, "agreement")
        shared(page, served, "viewer")
        page.reload()
        page.locator(".overview .agreement td").first.wait_for()
        page.evaluate(axe)
        found += violations(page, "overview")
        page.unroute_all()
        page.reload()
        page.wait_for_selector("[data-item]")
        page.evaluate(axe)
        served.call("/api/answers", {"id": "other", "items": [current(page)], "answer": {"class": "first"}})
        press(page, "1")
        page.get_by_text("was not taken").wait_for()
        found += violations(page, "conflict")
        served.kill()
        page.get_by_text("The server is lost").wait_for()
        found += violations(page, "lost")
        while page.locator("[data-item]").count():
            press(page, "2")
        page.get_by_role("heading", name="Waiting for the server").wait_for()
        found += violations(page, "waiting")
        out = {"status": 401, "json": {"error": "you were shut out."}}
        page.route("**/api/*", lambda route: route.fulfill(**out))
        page.get_by_role("heading", name="This page is closed to you").wait_for()
        found += violations(page, "shut")
        assert not found


HOSTILE = [
    "<script>window.hit = 1</script>", "<img src=x onerror='window.hit = 2'>",
    "</p><style>*{display:none}</style>",
    "مرحبا بالعالم، كيف حالك؟", "\u202eright to left override", "x" * 1_000_000, "javascript:window.hit=3",
]  # fmt: skip


def hostile(folder: Path) -> Served:
    lines = [HOSTILE[i % len(HOSTILE)] + (f" {i}" if i >= len(HOSTILE) else "") for i in range(28)]
    (folder / "hostile.txt").write_text("\n".join(lines) + "\n")
    return Served(folder / "project", folder / "hostile.txt")


def test_hostile_text_is_only_text(chromium: Any, tmp_path: Path) -> None:
    served = hostile(tmp_path)
    try:
        with visit(chromium, served.url) as page:
            seen = ""
            for _ in range(21):
                seen += page.locator(".text-item p").inner_text()
                press(page, "1")
            assert "<script>window.hit = 1</script>" in seen
            assert "onerror='window.hit = 2'" in seen
            press(page, "n")
            page.keyboard.type("<b onclick=alert(1)>bold</b>")
            press(page, "Enter")
            saved(page)
            assert page.locator("b[onclick]").count() == 0
            press(page, "b")
            page.wait_for_selector("[data-cell]")
            assert page.evaluate("window.hit") is None
            assert page.locator("script").count() == 1
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        served.kill()


def test_right_to_left_text_runs_right_to_left(chromium: Any, tmp_path: Path) -> None:
    (tmp_path / "arabic.txt").write_text("\n".join(f"هذا نص عربي رقم {i}" for i in range(24)) + "\n")
    served = Served(tmp_path / "project", tmp_path / "arabic.txt")
    try:
        with visit(chromium, served.url) as page:
            assert page.eval_on_selector(".text-item p", "(p) => getComputedStyle(p).direction") == "rtl"
    finally:
        served.kill()


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (1024, 768), (820, 1180), (390, 844)])
def test_item_and_answers_fit_the_screen(size: tuple[int, int], chromium: Any, tmp_path: Path) -> None:
    settings = {"viewport": {"width": size[0], "height": size[1]}}
    with project("image", tmp_path) as served, visit(chromium, served.url, **settings) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for place in ("[data-item]", ".class", ".others button"):
            box = page.locator(place).first.bounding_box()
            assert box["height"] >= 30
            assert box["y"] + box["height"] <= size[1]


STREAM = """(told) => {
  window.EventSource = class extends EventTarget {
    constructor() {
      super();
      setTimeout(() => {
        this.dispatchEvent(new Event("open"));
        this.dispatchEvent(new MessageEvent("message", { data: told }));
      });
    }
  };
}"""
"""A stream that tells one status and goes on."""


@pytest.mark.parametrize("job", ["idle", "running"])
def test_the_header_is_one_row(job: str, chromium: Any, tmp_path: Path) -> None:
    """Also with a long name, of several people, far on in a large pool, while the model learns."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        status = served.call("/api/status") | {"answered": 123_456}
        status["job"] = {"state": job, "kind": "new answers", "since": time.time() - 100, "error": None}
        page.add_init_script(f"({STREAM})({json.dumps(json.dumps(status))})")
        about = served.call("/api/project") | {"n": 1_000_000, "name": "letters of a year", "several": True}
        page.route("**/api/project", lambda route: route.fulfill(json=about))
        page.reload()
        page.get_by_text("Cancel" if job == "running" else "Learn now").wait_for()
        for width in (1440, 1280, 1100, 1024):
            page.set_viewport_size({"width": width, "height": 768})
            assert page.locator("header.top").bounding_box()["height"] < 50, width
            last = page.locator("header.top nav > *").last.bounding_box()
            assert last["x"] + last["width"] <= width


def test_a_picture_is_zoomed_by_keys_and_wheel(chromium: Any, tmp_path: Path) -> None:
    with project("image", tmp_path) as served, visit(chromium, served.url) as page:
        scale = "new DOMMatrix(getComputedStyle(document.querySelector('.frame img')).transform).a"
        press(page, "+", "+")
        assert page.evaluate(scale) == pytest.approx(1.69)
        press(page, "-")
        assert page.evaluate(scale) == pytest.approx(1.3)
        page.mouse.move(400, 300)
        page.mouse.wheel(0, -100)
        page.wait_for_timeout(60)
        assert page.evaluate(scale) == pytest.approx(1.69)
        press(page, "0")
        assert page.evaluate(scale) == 1


def test_a_panel_that_fails_stops_nobody(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        broken = {"action": "stop", "sentence": "?", "evidence": [{"value": "no number"}]}
        status = served.call("/api/status") | {"advice": broken}
        body = f"data: {json.dumps(status)}\n\n"
        page.route("**/api/stream", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
        page.goto(f"http://127.0.0.1:{served.port}/")
        page.get_by_text("The side panel could not be shown").wait_for()
        item = current(page)
        press(page, "1")
        assert current(page) != item
        with page.expect_response("**/api/answers"):
            press(page, "2")
        assert served.answer(item) == "first"
