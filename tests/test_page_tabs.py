"""What belongs to one tab: its undo over a reload, the item in front, its leases, its conflicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from page_server import current, press, project, saved, visit

pytestmark = pytest.mark.browser


def again(page: Any) -> None:
    """The page anew."""
    page.reload()
    page.wait_for_selector("[data-item]")


@pytest.mark.parametrize("restarted", [False, True])
def test_undo_and_redo_outlive_a_reload(restarted: bool, chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        told = []
        for key in "121":
            told.append(current(page))
            press(page, key)
        press(page, "z")
        saved(page)
        if restarted:
            served.kill()
            served.start()
        again(page)
        press(page, "z")
        page.wait_for_selector(f"[data-item='{told[1]}']")
        saved(page)
        assert [served.answer(item) for item in told] == ["first", None, None]
        press(page, "Shift+z", "Shift+z")
        saved(page)
        assert [served.answer(item) for item in told] == ["first", "second", "first"]


def test_a_correction_undone_after_a_reload_gives_way_to_what_was(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        item = current(page)
        press(page, "1")
        saved(page)
        page.locator(".recent button").first.click()
        page.wait_for_selector(f"[data-item='{item}']")
        press(page, "2")
        saved(page)
        assert served.answer(item) == "second"
        again(page)
        press(page, "z")
        page.wait_for_selector(f"[data-item='{item}']")
        saved(page)
        assert served.answer(item) == "first"


def test_a_reload_keeps_the_item_in_front(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        press(page, "1", "2")
        saved(page)
        item = current(page)
        served.kill()
        served.start()  # it has forgotten all leases
        again(page)
        assert current(page) == item


def test_tabs_have_items_of_their_own_and_give_them_back(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        page.get_by_text("ranking of round 0").wait_for()  # from now on the order is fixed
        other = page.context.new_page()
        other.goto(page.url)
        other.wait_for_selector("[data-item]")
        mine, its = current(page), current(other)
        assert mine != its
        other.close(run_before_unload=True)
        page.wait_for_timeout(300)
        third = page.context.new_page()
        third.goto(page.url)
        third.wait_for_selector("[data-item]")
        assert current(third) == its


def test_a_copied_tab_is_another_tab(chromium: Any, tmp_path: Path) -> None:
    """A browser copies the storage of a tab along with it."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        press(page, "1")
        saved(page)
        with page.context.expect_page() as opened:
            page.evaluate("void window.open(location.href)")
        copy = opened.value
        copy.wait_for_selector("[data-item]")
        ids = "Object.entries(sessionStorage).filter(([k]) => k.startsWith('asknext tab'))[0][1]"
        assert page.evaluate(f"JSON.parse({ids}).id") != copy.evaluate(f"JSON.parse({ids}).id")
        press(copy, "z")
        copy.get_by_text("There is nothing to undo.").wait_for()


def test_an_item_answered_in_another_tab_is_a_notice_in_passing(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        item = current(page)
        served.call("/api/answers", {"id": "other", "items": [item], "answer": {"class": "second"}})
        press(page, "1")
        page.get_by_text("1 answer was not taken").wait_for()
        after = current(page)
        press(page, "1")
        saved(page)
        assert [served.answer(item), served.answer(after)] == ["second", "first"]
        assert page.locator("[role=alert]").count() == 0
        page.get_by_role("button", name="Send as a correction").click()
        saved(page)
        assert served.answer(item) == "first"
        assert page.get_by_text("was not taken").count() == 0
