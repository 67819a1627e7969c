"""No answer is lost: the server killed, the tab closed, a reply that never came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from page_server import current, press, project, saved, visit

pytestmark = pytest.mark.browser


def test_the_server_killed_and_started_again(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        told = {current(page): "first"}
        press(page, "1")
        saved(page)
        served.kill()
        for key, answer in [("2", "second"), ("1", "first"), ("o", "out-of-scope")]:
            told[current(page)] = answer
            press(page, key)
        press(page, "z")  # an answer that never left
        back = current(page)
        told.pop(back)
        page.get_by_text("Server lost – 2 kept here").wait_for()
        served.start()
        saved(page)
        assert {item: served.answer(item) for item in told} == told
        assert served.answer(back) is None
        assert served.call("/api/status")["answered"] == 3
        press(page, "1")
        saved(page)
        assert served.answer(back) == "first"


def test_a_tab_closed_while_the_server_is_away(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        served.kill()
        told = {}
        for key, answer in [("2", "second"), ("1", "first")]:
            told[current(page)] = answer
            press(page, key)
        page.get_by_text("Server lost – 2 kept here").wait_for()
        context = page.context
        context.new_page()
        page.close()
        served.start()
        again = context.new_page()
        again.goto(served.url)
        again.wait_for_selector("[data-item]")
        saved(again)
        assert {item: served.answer(item) for item in told} == told


def test_a_reply_that_never_came_is_asked_for_again(chromium: Any, tmp_path: Path) -> None:
    """The first delivery arrives but its reply is lost; the second one changes nothing."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        lost = []

        def swallow(route: Any) -> None:
            if lost:
                route.continue_()
                return
            lost.append(route.fetch().status)
            route.abort()

        page.route("**/api/answers", swallow)
        item = current(page)
        press(page, "1")
        page.get_by_text("Server lost").first.wait_for()
        saved(page)
        assert lost == [200]
        assert served.answer(item) == "first"
        assert [event.body["ids"] for event in served.events() if event.type == "answered"] == [[item]]


def test_undo_of_an_answer_on_its_way(chromium: Any, tmp_path: Path) -> None:
    """It may have arrived, so it is retracted; the next answer counts."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        page.route("**/api/answers", lambda route: (page.wait_for_timeout(400), route.continue_()))
        item = current(page)
        page.keyboard.press("1")
        page.keyboard.press("z")
        page.keyboard.press("2")
        saved(page)
        page.wait_for_timeout(300)
        saved(page)
        assert served.answer(item) == "second"


def test_what_the_server_refuses_is_shown_and_holds_up_nothing(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        refusal = {"status": 400, "json": {"error": "A sentence of the server."}}
        page.route("**/api/comments", lambda route: route.fulfill(**refusal))
        press(page, "c")
        page.keyboard.type("a remark")
        press(page, "Enter")
        page.get_by_text("A sentence of the server.").wait_for()
        item = current(page)
        press(page, "1")
        saved(page)
        assert served.answer(item) == "first"
        page.get_by_role("button", name="Let it go").click()
        assert page.get_by_text("Refused").count() == 0


def test_two_tabs_send_each_answer_once(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        other = page.context.new_page()
        other.goto(served.url)
        other.wait_for_selector("[data-item]")
        for _ in range(4):
            press(page, "1")
        saved(page)
        saved(other)
        assert served.call("/api/status")["answered"] == 4
