"""The server is gone for a while: the page says so, the person works on, nothing is lost or doubled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from page_server import current, press, project, saved, visit

pytestmark = pytest.mark.browser
NAMES = {"1": "first", "2": "second", "o": "out-of-scope", "u": "unsure"}


def test_two_minutes_without_the_server(chromium: Any, tmp_path: Path) -> None:
    """A reserve of two minutes' work is answered, one answer taken back; then it goes on."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        page.clock.install()
        page.reload()
        page.wait_for_selector("[data-item]")
        page.wait_for_timeout(300)
        served.kill()
        told = {}
        for key in "12o1":
            told[current(page)] = NAMES[key]
            press(page, key)
        press(page, "z")
        told.popitem()
        page.get_by_text("The server is lost").wait_for()
        assert "3 answers wait in this browser" in page.locator(".notices").inner_text()
        while page.locator("[data-item]").count():
            told[current(page)] = NAMES["2"]
            press(page, "2")
        assert len(told) >= 48, "two minutes' work lies here"
        page.get_by_role("heading", name="Waiting for the server").wait_for()
        page.clock.fast_forward("02:00")
        assert re.search(r"It has been gone for [2-9] min", page.locator(".empty").inner_text())
        assert f"{len(told)} kept here" in page.locator(".saved").inner_text()
        served.start()
        for _ in range(20):
            page.clock.fast_forward("00:10")
            page.wait_for_timeout(100)
            if page.locator("[data-item]").count():
                break
        saved(page)
        assert page.get_by_text("The server is lost").count() == 0
        assert current(page) not in told
        assert {item: served.answer(item) for item in told} == told
        sent = [item for event in served.events() if event.type == "answered" for item in event.body["ids"]]
        assert sorted(sent) == sorted(told)
